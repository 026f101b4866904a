import numpy as np
import pytest

from retriever.errors import SettingsError
from training.evaluation.ranking import ExactRanker, nearest


def test_nearest_is_best_first() -> None:
    query = np.array([[0.1, 0.9, 0.3]], dtype=np.float32)
    positions, scores = nearest(query, np.eye(3, dtype=np.float32), 2)
    assert positions.tolist() == [[1, 2]]
    assert scores.tolist() == pytest.approx([pytest.approx([0.9, 0.3])])


def test_nearest_agrees_with_sorting_everything() -> None:
    rng = np.random.default_rng(0)
    pool = rng.integers(0, 3, size=(300, 4)).astype(np.float32)  # many ties
    queries = rng.integers(0, 3, size=(40, 4)).astype(np.float32)
    positions, _ = nearest(queries, pool, 25, chunk=7)
    expected = np.argsort(-(queries @ pool.T), axis=1, kind="stable")[:, :25]
    assert positions.tolist() == expected.tolist()


def test_exact_ranker_gives_ids_and_all_there_is() -> None:
    ranker = ExactRanker(["x", "y"], np.eye(2, dtype=np.float32), lambda texts: np.eye(2)[::-1])
    assert ranker(["a", "b"], 10) == [[("y", 1.0), ("x", 0.0)], [("x", 1.0), ("y", 0.0)]]


def test_exact_ranker_refuses_a_pool_that_does_not_fit() -> None:
    with pytest.raises(SettingsError, match="3 product ids"):
        ExactRanker(["x", "y", "z"], np.eye(2, dtype=np.float32), lambda texts: np.eye(2))

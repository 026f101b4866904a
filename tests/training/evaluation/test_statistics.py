import numpy as np
import pytest

from retriever.errors import SettingsError
from training.evaluation.statistics import compare, mean_interval


def test_the_interval_covers_the_true_mean_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    covered = 0
    for seed in range(100):
        found = mean_interval(rng.binomial(1, 0.3, 200).astype(float), seed=seed)
        assert found.low < found.mean < found.high
        covered += found.low <= 0.3 <= found.high
    assert 88 <= covered <= 100


def test_grouped_queries_count_as_few() -> None:
    values = np.repeat(np.random.default_rng(2).normal(size=20), 10)
    groups = [str(row // 10) for row in range(200)]
    alone, together = mean_interval(values), mean_interval(values, groups)
    assert alone.mean == together.mean
    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_a_difference_is_found_and_chance_is_not() -> None:
    rng = np.random.default_rng(3)
    baseline = rng.binomial(1, 0.4, 400).astype(float)
    better = np.maximum(baseline, rng.binomial(1, 0.1, 400))
    found = compare(better, baseline)
    assert found.p < 0.001
    assert 0 < found.difference.low < found.difference.mean < found.difference.high
    chances = [compare(rng.normal(size=60), rng.normal(size=60)).p for _ in range(60)]
    assert sum(p < 0.05 for p in chances) <= 9
    assert 0.35 < float(np.mean(chances)) < 0.65


def test_p_by_hand() -> None:
    # Of the 8 assignments of signs to (1, 1, 1), two reach a sum of 3 or -3.
    assert compare(np.ones(3), np.zeros(3)).p == pytest.approx(0.25, abs=0.02)
    assert compare(np.ones(3), np.ones(3)).p == 1.0


def test_same_seed_same_answer() -> None:
    values = np.random.default_rng(4).normal(size=50)
    assert compare(values, np.zeros(50), seed=7) == compare(values, np.zeros(50), seed=7)


def test_what_cannot_be_compared() -> None:
    with pytest.raises(SettingsError, match="no queries"):
        mean_interval(np.array([]))
    with pytest.raises(SettingsError, match="cannot be paired"):
        compare(np.ones(2), np.ones(3))
    with pytest.raises(SettingsError, match="1 groups for 2"):
        mean_interval(np.ones(2), ["a"])

import numpy as np
import pytest

from training.suites import (
    Query,
    attribute_suite,
    known_item_suite,
    mean_reciprocal_rank,
    precision_at,
    rank,
    recall_at,
)


def test_known_item_counts_products_that_share_title_or_picture() -> None:
    suite = known_item_suite(["red mug", "red mug", "blue mug", ""], ["a", "b", "b", "c"])
    assert suite == [
        Query("red mug", frozenset({0, 1})),
        Query("red mug", frozenset({0, 1, 2})),
        Query("blue mug", frozenset({1, 2})),
    ]


def test_attribute_suite_keeps_queries_with_enough_answers() -> None:
    suite = attribute_suite(["red", "red", "blue", None], lambda p: str(p) if p else None, least=2)
    assert suite == [Query("red", frozenset({0, 1}))]


def test_rank_is_by_cosine_best_first() -> None:
    pool = np.eye(3, dtype=np.float32)
    query = np.array([[0.1, 0.9, 0.3]], dtype=np.float32)
    assert rank(query, pool, 2).tolist() == [[1, 2]]


def test_metrics_by_hand() -> None:
    suite = [Query("a", frozenset({0})), Query("b", frozenset({3, 4}))]
    ranked = np.array([[2, 0, 1, 5], [3, 4, 0, 1]])
    assert recall_at(ranked, suite, 1) == 0.5
    assert recall_at(ranked, suite, 2) == 1.0
    assert precision_at(ranked, suite, 2) == pytest.approx((0.5 + 1.0) / 2)
    assert mean_reciprocal_rank(ranked, suite) == pytest.approx((0.5 + 1.0) / 2)

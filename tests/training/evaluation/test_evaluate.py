from collections.abc import Sequence

import pytest

from training.evaluation.evaluate import index_costs, measure_all, query_ranks, slices
from training.evaluation.ranking import Ranking
from training.evaluation.suites import Query


def queries(count: int) -> list[Query]:
    return [
        Query(f"q{i}", f"{i}", frozenset({f"p{i}"}), "known-item", frozenset({"colour"}), "shoe")
        for i in range(count)
    ]


def exact(texts: Sequence[str], k: int) -> list[Ranking]:
    return [[(f"p{(int(text) + step) % 50}", 1.0) for step in range(k)] for text in texts]


def lossy(texts: Sequence[str], k: int) -> list[Ranking]:
    """Misses the nearest product of every other text."""
    return [found[int(text) % 2 :] for text, found in zip(texts, exact(texts, k), strict=True)]


def test_what_an_index_loses() -> None:
    (cost,) = index_costs(queries(50), exact, lossy, index="shop", products=50)
    assert cost.overlap.mean == pytest.approx(0.95)  # nine of ten are left to half of the queries
    assert (cost.exact.mean, cost.approximate.mean) == (1.0, 0.5)
    assert cost.approximate.difference == -0.5
    assert cost.approximate.p is not None
    assert cost.approximate.p < 0.001


def test_breakdowns_leave_out_what_is_too_small() -> None:
    found = slices(measure_all(queries(5), {"exact": exact, "lossy": lossy}))
    assert [(part.by, part.name, part.queries) for part in found] == [
        ("type", "colour", 5),
        ("category", "shoe", 5),
    ]
    assert found[0].scores["lossy"].mean == pytest.approx(0.6)
    assert slices(measure_all(queries(4), {"exact": exact})) == []


def test_every_query_with_its_rank_by_method() -> None:
    ranks = query_ranks(measure_all(queries(3), {"exact": exact, "lossy": lossy}))
    assert [(row.text, row.category) for row in ranks] == [
        ("0", "shoe"),
        ("1", "shoe"),
        ("2", "shoe"),
    ]
    assert [row.ranks for row in ranks] == [
        {"exact": 1, "lossy": 1},
        {"exact": 1, "lossy": 50},
        {"exact": 1, "lossy": 1},
    ]

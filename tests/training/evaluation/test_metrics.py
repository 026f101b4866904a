import math

import pytest

from retriever.errors import SettingsError
from training.evaluation.metrics import first_ranks, measure
from training.evaluation.ranking import Ranking
from training.evaluation.suites import Query


def query(name: str, *relevant: str) -> Query:
    return Query(name, name, frozenset(relevant), "attribute")


def ranking(ids: str) -> Ranking:
    return [(product, 1.0) for product in ids]


def test_metrics_by_hand() -> None:
    queries = [query("a", "a"), query("b", "d", "e"), query("c", "z")]
    found = measure(queries, [ranking("cabf"), ranking("dabce"), ranking("abc")])
    assert found["Recall@1"].tolist() == [0, 1, 0]
    assert found["Recall@5"].tolist() == [1, 1, 0]
    assert found["MRR"].tolist() == [0.5, 1, 0]
    assert found["P@10"] == pytest.approx([0.1, 0.2, 0])
    second = (1 + 1 / math.log2(6)) / (1 + 1 / math.log2(3))
    assert found["nDCG@10"] == pytest.approx([1 / math.log2(3), second, 0])


def test_the_order_counts_where_scores_are_equal() -> None:
    # trec_eval alone would put "z" first.
    assert measure([query("q", "a")], [ranking("az")])["MRR"].tolist() == [1]


def test_a_product_that_is_named_twice_counts_once() -> None:
    queries = [query("q", "a", "b")]
    assert measure(queries, [ranking("aab")])["P@10"] == pytest.approx([0.2])


def test_nothing_found_is_zero() -> None:
    found = measure([query("q", "a")], [[]])
    assert [values.tolist() for values in found.values()] == [[0.0]] * 6


def test_queries_and_rankings_that_do_not_belong_together() -> None:
    with pytest.raises(SettingsError, match="1 rankings for 2 queries"):
        measure([query("a", "a"), query("b", "b")], [ranking("a")])
    with pytest.raises(SettingsError, match="same id"):
        measure([query("a", "a"), query("a", "b")], [ranking("a"), ranking("b")])


def test_first_ranks() -> None:
    queries = [query("a", "b", "c"), query("b", "z")]
    assert first_ranks(queries, [ranking("abc"), ranking("abc")]) == [2, None]

"""Metrics of rankings, query by query, by ir_measures (which runs trec_eval's own code)."""

from collections.abc import Mapping, Sequence

import ir_measures
import numpy as np
from ir_measures import RR, P, Success, nDCG
from numpy.typing import NDArray

from retriever.errors import SettingsError
from training.evaluation.ranking import Ranking
from training.evaluation.suites import Query, Suite

Values = NDArray[np.float64]

_MEASURES = {
    "Recall@1": Success @ 1,
    "Recall@5": Success @ 5,
    "Recall@10": Success @ 10,
    "MRR": RR,
    "P@10": P @ 10,
    "nDCG@10": nDCG @ 10,
}
METRICS: Mapping[Suite, tuple[str, ...]] = {
    "known-item": ("Recall@1", "Recall@5", "Recall@10", "MRR"),
    "attribute": ("P@10", "nDCG@10"),
    "typed": ("P@10", "nDCG@10"),
}
"""The metrics that each suite is judged by."""
MAIN: Mapping[Suite, str] = {"known-item": "Recall@10", "attribute": "P@10", "typed": "P@10"}
"""The one metric that comparisons and breakdowns of a suite show."""


def measure(queries: Sequence[Query], rankings: Sequence[Ranking]) -> dict[str, Values]:
    """Metrics of q rankings of the same queries: name -> values [q].

    *Recall@k* of a known item is 1 when any relevant product is among the first k, else 0 (trec_eval
    calls it Success). *MRR* averages 1 / rank of the first relevant product, 0 where none was ranked; so
    it depends, a little, on how deep one ranked (`training.evaluation.ranking.DEPTH` by default). *P@10*
    divides by 10 however few were found. *nDCG@10* has gains of 0 and 1.

    A product that a ranking names twice counts where it stands first. Raises `SettingsError` when
    queries and rankings do not belong together.
    """
    if len(queries) != len(rankings):
        raise SettingsError(
            f"{len(rankings)} rankings for {len(queries)} queries; give one ranking for each query"
        )
    if len({query.id for query in queries}) != len(queries):
        raise SettingsError("two queries have the same id; ids tell the queries of a suite apart")
    # trec_eval sorts by score and breaks ties by id: falling numbers keep it to the order given.
    run = {
        query.id: {product: -place for place, (product, _) in _places(ranking)}
        for query, ranking in zip(queries, rankings, strict=True)
    }
    qrels = {query.id: dict.fromkeys(query.relevant, 1) for query in queries}
    names = {value: name for name, value in _MEASURES.items()}
    found = {name: np.zeros(len(queries)) for name in _MEASURES}
    row = {query.id: at for at, query in enumerate(queries)}
    for metric in ir_measures.pytrec_eval.iter_calc(list(names), qrels, run):
        found[names[metric.measure]][row[metric.query_id]] = metric.value
    return found


def first_ranks(queries: Sequence[Query], rankings: Sequence[Ranking]) -> list[int | None]:
    """Rank (1 for the best) of the first relevant product of each query; None where none was ranked."""
    return [
        next((at for at, (product, _) in enumerate(ranking, 1) if product in query.relevant), None)
        for query, ranking in zip(queries, rankings, strict=True)
    ]


def _places(ranking: Ranking) -> list[tuple[int, tuple[str, float]]]:
    first: dict[str, tuple[int, tuple[str, float]]] = {}
    for place, hit in enumerate(ranking):
        first.setdefault(hit[0], (place, hit))
    return list(first.values())

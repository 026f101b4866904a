"""`evaluate`: every method on every suite, broken down and compared with the first."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from retriever.errors import SettingsError
from training.evaluation.metrics import MAIN, METRICS, Values, first_ranks, measure
from training.evaluation.query_types import QUERY_TYPES
from training.evaluation.ranking import DEPTH, Ranker, Ranking
from training.evaluation.result import IndexCost, QueryRanks, Row, Score, Slice, SuiteResult
from training.evaluation.statistics import compare, mean_interval
from training.evaluation.suites import Query, Suite

FEWEST = 5
"""Types and categories with fewer queries are not shown: their intervals would say nothing."""
_CATEGORIES = 12
"""Categories shown of each suite, those with the most queries."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Measured:
    """Queries of several suites, with rankings and metric values of each method on them.

    ``methods`` are in order, the baseline first; ``values`` by method and metric [q].
    """

    queries: list[Query]
    rankings: dict[str, Sequence[Ranking]]
    values: dict[str, dict[str, Values]]

    @property
    def methods(self) -> list[str]:
        return list(self.rankings)


def measure_all(
    queries: Sequence[Query],
    rankers: Mapping[str, Ranker],
    *,
    depth: int = DEPTH,
    on_progress: Progress | None = None,
) -> Measured:
    """Rank and measure with every method. Raises `SettingsError` without queries or methods."""
    if not queries or not rankers:
        raise SettingsError(
            "nothing to evaluate: there are no queries or no methods; these products may lack titles, or "
            "the fields that the chosen suite is made from"
        )
    texts = [query.text for query in queries]
    rankings: dict[str, Sequence[Ranking]] = {}
    for done, (name, ranker) in enumerate(rankers.items()):
        if on_progress is not None:
            on_progress(done, len(rankers))
        rankings[name] = ranker(texts, depth)
    values = {name: measure(queries, found) for name, found in rankings.items()}
    return Measured(list(queries), rankings, values)


def suite_results(measured: Measured) -> list[SuiteResult]:
    """The metrics of each suite that has queries."""
    results: list[SuiteResult] = []
    for suite, metrics in METRICS.items():
        rows = _rows(measured.queries, suite)
        if len(rows):
            scores = {metric: _scores(measured, metric, rows) for metric in metrics}
            results.append(
                SuiteResult(
                    suite=suite,
                    queries=len(rows),
                    rows=[
                        Row(
                            method=name,
                            scores={m: by_method[name] for m, by_method in scores.items()},
                        )
                        for name in measured.methods
                    ],
                )
            )
    return results


def slices(measured: Measured) -> list[Slice]:
    """The main metric of each suite by query type and by category, where there are enough queries."""
    return [*_by_type(measured), *_by_category(measured)]


def query_ranks(measured: Measured) -> list[QueryRanks]:
    """Every query with the rank of its first relevant product, by method."""
    ranks = {
        name: first_ranks(measured.queries, measured.rankings[name]) for name in measured.methods
    }
    return [
        QueryRanks(
            text=query.text,
            suite=query.suite,
            category=query.category,
            ranks={name: found[row] for name, found in ranks.items()},
        )
        for row, query in enumerate(measured.queries)
    ]


def index_costs(
    queries: Sequence[Query], exact: Ranker, approximate: Ranker, *, index: str, products: int
) -> list[IndexCost]:
    """What the index's approximate search loses of exact search, suite by suite."""
    texts = [query.text for query in queries]
    rankings = {"exact": exact(texts, DEPTH), "approximate": approximate(texts, DEPTH)}
    found = {name: measure(queries, ranked) for name, ranked in rankings.items()}
    measured = Measured(list(queries), dict(rankings), found)
    overlap = np.array(
        [
            len(_first(a) & _first(b)) / max(len(_first(a)), 1)
            for a, b in zip(rankings["exact"], rankings["approximate"], strict=True)
        ]
    )
    costs: list[IndexCost] = []
    for suite, metric in MAIN.items():
        rows = _rows(queries, suite)
        if len(rows):
            scores = _scores(measured, metric, rows)
            mean = mean_interval(overlap[rows], [queries[row].group for row in rows])
            costs.append(
                IndexCost(
                    index=index,
                    products=products,
                    suite=suite,
                    metric=metric,
                    queries=len(rows),
                    overlap=Score(mean=mean.mean, low=mean.low, high=mean.high),
                    exact=scores["exact"],
                    approximate=scores["approximate"],
                )
            )
    return costs


def _by_type(measured: Measured) -> Iterator[Slice]:
    suites: tuple[Suite, ...] = ("known-item", "typed")
    for suite in suites:
        for name, meaning in QUERY_TYPES.items():
            rows = _rows(measured.queries, suite, name)
            yield from _slice(measured, "type", name, meaning, suite, rows)


def _by_category(measured: Measured) -> Iterator[Slice]:
    suites: tuple[Suite, ...] = ("known-item", "typed")
    for suite in suites:
        rows_of: dict[str, list[int]] = defaultdict(list)
        for row in _rows(measured.queries, suite):
            if category := measured.queries[row].category:
                rows_of[category].append(row)
        largest = sorted(rows_of.items(), key=lambda item: (-len(item[1]), item[0]))
        for name, rows in largest[:_CATEGORIES]:
            yield from _slice(measured, "category", name, "", suite, rows)


def _slice(
    measured: Measured, by: str, name: str, meaning: str, suite: Suite, rows: list[int]
) -> Iterator[Slice]:
    if len(rows) >= FEWEST:
        yield Slice(
            by=by,
            name=name,
            meaning=meaning,
            suite=suite,
            metric=MAIN[suite],
            queries=len(rows),
            scores=_scores(measured, MAIN[suite], rows),
        )


def _scores(measured: Measured, metric: str, rows: list[int]) -> dict[str, Score]:
    """Scores of each method on these queries, all but the first compared with the first."""
    groups = [measured.queries[row].group or measured.queries[row].id for row in rows]
    baseline = measured.values[measured.methods[0]][metric][rows]
    scores: dict[str, Score] = {}
    for name in measured.methods:
        values = measured.values[name][metric][rows]
        mean = mean_interval(values, groups)
        score = Score(mean=mean.mean, low=mean.low, high=mean.high)
        if scores:
            found = compare(values, baseline, groups)
            score = score.model_copy(
                update={
                    "difference": found.difference.mean,
                    "difference_low": found.difference.low,
                    "difference_high": found.difference.high,
                    "p": found.p,
                }
            )
        scores[name] = score
    return scores


def _rows(queries: Sequence[Query], suite: Suite, query_type: str | None = None) -> list[int]:
    return [
        row
        for row, query in enumerate(queries)
        if query.suite == suite and (query_type is None or query_type in query.types)
    ]


def _first(ranking: Ranking) -> set[str]:
    return {product for product, _ in ranking[:10]}

"""How well products are found, by any retriever: suites of queries, metrics, statistics, reports."""

from training.evaluation.metrics import first_ranks, measure
from training.evaluation.ranking import DEPTH, ExactRanker, Ranker, Ranking, SearchRanker
from training.evaluation.statistics import Comparison, Interval, compare, mean_interval
from training.evaluation.suites import Query, Suite, attribute_suite, known_item_suite

__all__ = [
    "DEPTH",
    "Comparison",
    "ExactRanker",
    "Interval",
    "Query",
    "Ranker",
    "Ranking",
    "SearchRanker",
    "Suite",
    "attribute_suite",
    "compare",
    "first_ranks",
    "known_item_suite",
    "mean_interval",
    "measure",
]

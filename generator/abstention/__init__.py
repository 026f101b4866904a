"""Abstention: a calibrated "nothing fits"."""

from generator.abstention.features import FEATURES, head_of, query_features, unknown_words
from generator.abstention.model import AbstentionModel, judge, learn, shipped

__all__ = [
    "FEATURES",
    "AbstentionModel",
    "head_of",
    "judge",
    "learn",
    "query_features",
    "shipped",
    "unknown_words",
]

"""Rankings made here for engines that make none like Qdrant's: fusion and diversification."""

from collections.abc import Hashable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from retriever.index.base import Vector
from retriever.index.request import RRF_K

_Key = TypeVar("_Key", bound=Hashable)


def fuse(rankings: Sequence[Sequence[_Key]], limit: int) -> list[tuple[_Key, float]]:
    """Reciprocal rank fusion as `RRF_K` describes it: the best keys with their scores, best first."""
    scores: dict[_Key, float] = {}
    for ranking in rankings:
        for rank, key in enumerate(ranking):
            scores[key] = scores.get(key, 0.0) + 1 / (RRF_K + rank)
    return sorted(scores.items(), key=lambda item: item[1], reverse=True)[:limit]


def diversify(
    relevance: Vector, vectors: NDArray[np.float32], diversity: float, limit: int
) -> list[int]:
    """Maximal marginal relevance (see `Mmr`): positions of candidates, in the order chosen.

    ``relevance`` [n] are their similarities to the query, ``vectors`` [n, dim] of unit length.
    """
    left = np.ones(len(vectors), bool)
    nearest = np.full(len(vectors), -np.inf, np.float32)
    chosen: list[int] = []
    while len(chosen) < limit and left.any():
        novelty = nearest if chosen else np.zeros_like(nearest)
        marginal = (1 - diversity) * relevance - diversity * novelty
        best = int(np.argmax(np.where(left, marginal, -np.inf)))
        chosen.append(best)
        left[best] = False
        nearest = np.maximum(nearest, vectors @ vectors[best])
    return chosen

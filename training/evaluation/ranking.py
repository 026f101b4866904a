"""What is evaluated: anything that ranks products for texts.

from training.evaluation import known_item_suite, measure

def rank(texts, k):  # a LlamaIndex retriever of one's own, whatever it searches
    found = [retriever.retrieve(text) for text in texts]
    return [[(node.node_id, node.score or 0.0) for node in nodes] for nodes in found]

suite = known_item_suite(pairs)
values = measure(suite, rank([query.text for query in suite], 100))
print(values["Recall@10"].mean())
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from retriever.errors import SettingsError
from retriever.search import ProductSearch

Matrix = NDArray[np.float32]
Ranking = Sequence[tuple[str, float]]
"""Product ids with their scores, best first. The order is the ranking; scores are for people to see."""

DEPTH = 100
"""How many products are ranked for a query unless told."""


class Ranker(Protocol):
    """Ranks products: for each of q texts the best ``k`` at most. A plain function is one."""

    def __call__(self, texts: Sequence[str], k: int, /) -> Sequence[Ranking]: ...


@dataclass(frozen=True, slots=True)
class ExactRanker:
    """Every product compared with every query, by cosine of unit embeddings.

    ``pool`` [n, d] are the embeddings of the products with ``ids`` [n], ``embed`` gives those of texts
    [q, d]. Of products with equal scores the earlier one comes first.
    """

    ids: Sequence[str]
    pool: Matrix
    embed: Callable[[Sequence[str]], Matrix]

    def __post_init__(self) -> None:
        if self.pool.ndim != 2 or len(self.pool) != len(self.ids):
            raise SettingsError(
                f"{len(self.ids)} product ids with embeddings {list(self.pool.shape)}; give one row of "
                "the pool for each id"
            )

    def __call__(self, texts: Sequence[str], k: int) -> list[Ranking]:
        return self.rank(self.embed(texts), k)

    def rank(self, queries: Matrix, k: int) -> list[Ranking]:
        """The same for embeddings [q, d]."""
        positions, scores = nearest(queries, self.pool, k)
        return [
            [(self.ids[i], score) for i, score in zip(row, values, strict=True)]
            for row, values in zip(positions.tolist(), scores.tolist(), strict=True)
        ]


@dataclass(frozen=True, slots=True)
class SearchRanker:
    """Through an index, as the search is served; ``exact`` bypasses the index's approximate graph.

    One query at a time, as shoppers come.
    """

    search: ProductSearch
    exact: bool = False

    def __call__(self, texts: Sequence[str], k: int) -> list[Ranking]:
        return [
            [
                (found.product.id, found.score)
                for found in self.search.search(text, limit=k, exact=self.exact)
            ]
            for text in texts
        ]


def nearest(
    queries: Matrix, pool: Matrix, k: int, *, chunk: int = 256
) -> tuple[NDArray[np.int64], Matrix]:
    """Positions [q, k] of the nearest rows of the pool [n, d] and their scores [q, k], best first."""
    k = min(k, len(pool))
    positions = np.empty((len(queries), k), np.int64)
    scores = np.empty((len(queries), k), np.float32)
    for start in range(0, len(queries), chunk):
        found = queries[start : start + chunk] @ pool.T
        # Only what reaches the k-th best score is sorted: that is all ties too, so they stay in order.
        least = np.partition(found, -k, axis=1)[:, -k] if k else np.empty(len(found))
        for row, values in enumerate(found):
            reach = np.flatnonzero(values >= least[row]) if k else np.empty(0, np.int64)
            best = reach[np.argsort(-values[reach], kind="stable")][:k]
            positions[start + row], scores[start + row] = best, values[best]
    return positions, scores

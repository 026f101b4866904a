"""The two suites that say how well a backbone finds products; see the design's vocabulary.

*Known-item*: the query is a product's own text, relevant are that product and those that share its
title or its picture. *Attribute*: the query is made from attributes ("black casual shoes for men"),
relevant is every product that has them.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Query:
    """A query text and the positions in the pool of the products that answer it."""

    text: str
    relevant: frozenset[int]


def known_item_suite(titles: Sequence[str], pictures: Sequence[str]) -> list[Query]:
    """One query a product. ``pictures`` are content keys: equal key, equal picture."""
    same: dict[tuple[str, str], set[int]] = defaultdict(set)
    for position, (title, picture) in enumerate(zip(titles, pictures, strict=True)):
        same["title", title].add(position)
        same["picture", picture].add(position)
    return [
        Query(title, frozenset(same["title", title] | same["picture", picture]))
        for title, picture in zip(titles, pictures, strict=True)
        if title.strip()
    ]


def attribute_suite(
    products: Sequence[object], query_of: Callable[[object], str | None], least: int = 10
) -> list[Query]:
    """One query for each text that ``query_of`` gives to at least ``least`` products."""
    having: dict[str, set[int]] = defaultdict(set)
    for position, product in enumerate(products):
        if text := query_of(product):
            having[text].add(position)
    return [Query(text, frozenset(found)) for text, found in having.items() if len(found) >= least]


def rank(queries: Matrix, pool: Matrix, k: int) -> NDArray[np.int64]:
    """Positions [q, k] of the nearest pool vectors [n, d], best first; exact."""
    scores = queries @ pool.T
    return np.argsort(-scores, axis=1, kind="stable")[:, :k]


def recall_at(ranked: NDArray[np.int64], suite: Sequence[Query], k: int) -> float:
    """Share of the queries with at least one relevant product among the first k."""
    hits = [any(i in q.relevant for i in row[:k]) for row, q in zip(ranked, suite, strict=True)]
    return float(np.mean(hits))


def precision_at(ranked: NDArray[np.int64], suite: Sequence[Query], k: int) -> float:
    """Mean share of relevant products among the first k."""
    shares = [
        sum(i in q.relevant for i in row[:k]) / k for row, q in zip(ranked, suite, strict=True)
    ]
    return float(np.mean(shares))


def mean_reciprocal_rank(ranked: NDArray[np.int64], suite: Sequence[Query]) -> float:
    """Mean of 1 / rank of the first relevant product; 0 where none was ranked."""
    total = 0.0
    for row, query in zip(ranked, suite, strict=True):
        total += next((1.0 / (r + 1) for r, i in enumerate(row) if i in query.relevant), 0.0)
    return total / len(suite)

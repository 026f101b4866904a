"""The embedded engine and qdrant-client's in-memory one give the same answers to the same operations."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from qdrant_client import QdrantClient

from retriever.index import (
    EdgeIndex,
    Hit,
    IndexRecord,
    IndexSpec,
    IndexVersion,
    SearchRequest,
)
from retriever.index.qdrant import QdrantIndex
from retriever.lexical import query_terms
from retriever.where import And, Eq, In, Not, Or, Range, Where

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact"),
]

WORDS = ("red", "green", "navy", "blue", "thing", "unicorn", "ordinary", "number3", "number8")


@pytest.fixture
def pair(tmp_path: Path, spec: IndexSpec) -> Iterator[tuple[IndexVersion, IndexVersion]]:
    with (
        EdgeIndex(tmp_path) as embedded,
        QdrantIndex(QdrantClient(":memory:")) as memory,
        embedded.create(spec) as first,
        memory.create(spec) as second,
    ):
        yield first, second


def test_same_answers_after_random_writes_and_deletes(
    pair: tuple[IndexVersion, IndexVersion],
    spec: IndexSpec,
    make_record: Callable[..., IndexRecord],
) -> None:
    rng = random.Random(1)
    first, second = pair
    for _ in range(8):
        numbers = rng.sample(range(150), 25)
        batch = [make_record(number) for number in numbers]
        first.upsert(batch)
        second.upsert(batch)
        doomed = [f"p{rng.randrange(200)}" for _ in range(5)]
        assert first.delete(doomed) == second.delete(doomed)
    assert first.keys() == second.keys()
    for _ in range(60):
        where = random_where(rng, depth=3)
        assert first.count(where) == second.count(where)
        same_ranking(first, second, random_request(rng, spec, where))
    for field in ("base_colour", "brand", "on_sale"):
        assert first.values(field) == second.values(field)


def test_same_lexical_scores_after_a_plain_load(
    pair: tuple[IndexVersion, IndexVersion],
    spec: IndexSpec,
    make_record: Callable[..., IndexRecord],
) -> None:
    # Not after deletes: Qdrant Edge counts replaced and deleted products in idf until it vacuums.
    rng = random.Random(2)
    for version in pair:
        version.upsert([make_record(number) for number in range(150)])
    for _ in range(40):
        request = random_request(rng, spec, random_where(rng, depth=2))
        words = " ".join(rng.sample(WORDS, rng.randint(1, 3)))
        same_ranking(*pair, replace(request, embedding=None, terms=query_terms(words)))


def random_where(rng: random.Random, depth: int) -> Where:
    kinds = ["eq", "in", "range", "number", "bool"] + (["and", "or", "not"] if depth else [])
    match rng.choice(kinds):
        case "eq":
            return Eq("base_colour", rng.choice(["red", "White", "navy blue", "pink"]))
        case "in":
            return In("colour", tuple(rng.sample(["red", "white", "green", "pink"], 2)))
        case "range":
            low = rng.uniform(0, 150)
            return Range(rng.choice(["price", "height"]), gte=low / 10, lt=low)
        case "number":
            return In("price", (float(rng.randrange(150)), float(rng.randrange(150))))
        case "bool":
            return Eq("on_sale", rng.random() < 0.5)
        case "not":
            return Not(random_where(rng, depth - 1))
        case operator:
            parts = tuple(random_where(rng, depth - 1) for _ in range(rng.randint(1, 3)))
            return And(parts) if operator == "and" else Or(parts)


def random_request(rng: random.Random, spec: IndexSpec, where: Where) -> SearchRequest:
    embedding = np.random.default_rng(rng.randrange(10**6)).normal(size=spec.dim)
    return SearchRequest(
        limit=rng.randint(1, 30),
        embedding=embedding.astype(np.float32),
        where=where if rng.random() < 0.7 else None,
        exact=rng.random() < 0.5,
    )


def same_ranking(first: IndexVersion, second: IndexVersion, request: SearchRequest) -> None:
    """Equal scores in order, and equal products wherever a score is not shared by several."""
    left, right = first.search(request), second.search(request)
    np.testing.assert_allclose([hit.score for hit in left], [hit.score for hit in right], atol=1e-4)
    assert distinct(left) == distinct(right)


def distinct(hits: list[Hit]) -> list[str]:
    # The last score may be shared with products beyond the limit.
    scores = [round(hit.score, 3) for hit in hits]
    unique = {score for score in scores[:-1] if scores.count(score) == 1 and score != scores[-1]}
    return sorted(hit.product.id for hit in hits if round(hit.score, 3) in unique)

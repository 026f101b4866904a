"""What every engine checks and decides about a search before it translates it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from retriever.errors import FilterError, ProductIndexError, QueryError
from retriever.index.base import IndexRecord, IndexSpec, SearchRequest
from retriever.index.binding import bind, resolve_field

MAX_LIMIT = 1000
"""Most products that one search returns; more is an export, not a search."""

MAX_CANDIDATES = 10_000
"""Most candidates that MMR re-ranks: it compares them pairwise."""

RRF_K = 60
"""k of reciprocal rank fusion (Cormack, Clarke & Büttcher, SIGIR 2009). Both engines count ranks from
0, so the best of a list adds 1 / 60. Their own default, 2, lets the first of either list win almost
alone; at 60 being found by both counts for more."""

_FUSION_DEPTH = 100

_Item = TypeVar("_Item")


def fusion_depth(limit: int) -> int:
    """How deep the dense and the lexical ranking go before they are fused."""
    return max(_FUSION_DEPTH, 2 * limit)


def checked(request: SearchRequest, spec: IndexSpec) -> SearchRequest:
    """The request with its filter bound to the index's fields.

    Raises `QueryError` for a limit out of 1..1000, an embedding of the wrong size or without a
    direction, a search for nothing, or MMR without a dense search; `FilterError` as `bind` does.
    """
    if not 1 <= request.limit <= MAX_LIMIT:
        raise QueryError(f"limit is {request.limit}; ask for 1 to {MAX_LIMIT} products")
    if request.embedding is not None:
        _check_embedding(request.embedding, spec)
    if request.embedding is None and not has_terms(request):
        raise QueryError(
            "nothing to search for: the query has no picture and no word besides stop words"
        )
    if request.mmr is not None:
        if request.embedding is None or request.terms is not None:
            raise QueryError(
                "MMR re-ranks a dense search only; leave it out of lexical and hybrid searches"
            )
        if not 0 <= request.mmr.diversity <= 1:
            raise QueryError(f"MMR diversity is {request.mmr.diversity}; it lies between 0 and 1")
        if not 1 <= request.mmr.candidates <= MAX_CANDIDATES:
            raise QueryError(
                f"MMR candidates is {request.mmr.candidates}; give 1 to {MAX_CANDIDATES}"
            )
    where = None if request.where is None else bind(request.where, spec.fields)
    return replace(request, where=where)


def has_terms(request: SearchRequest) -> bool:
    """Whether a lexical ranking has anything to go by (a query of stop words alone has not)."""
    return request.terms is not None and len(request.terms.indices) > 0


def facet_field(name: str, spec: IndexSpec, limit: int) -> str:
    """The field whose values are to be counted; raises `FilterError`, `QueryError`."""
    field = resolve_field(name, spec.fields)
    if spec.fields[field] == "number":
        raise FilterError(f"field {field!r} holds numbers, which are not listed; use a range on it")
    if limit < 1:
        raise QueryError(f"limit is {limit}; ask for at least 1 value")
    return field


def number_field(name: str, spec: IndexSpec) -> str:
    """The field of numbers whose bounds are wanted; raises `FilterError`."""
    field = resolve_field(name, spec.fields)
    if spec.fields[field] != "number":
        raise FilterError(
            f"field {field!r} is a {spec.fields[field]} field, which has no bounds; list its values"
        )
    return field


def in_batches(items: Sequence[_Item], size: int) -> Iterator[list[_Item]]:
    for start in range(0, len(items), size):
        yield list(items[start : start + size])


def last_of_each(records: Sequence[IndexRecord]) -> list[IndexRecord]:
    """The records without those that a later one of the same product replaces."""
    return list({record.product.id: record for record in records}.values())


def check_record(record: IndexRecord, spec: IndexSpec) -> None:
    """Raises `ProductIndexError` for a record that does not fit the index."""
    problem = _problem(record.embedding, spec.dim)
    if problem:
        raise ProductIndexError(
            f"product {record.product.id!r}: its embedding {problem}; encode it with the encoder "
            f"that the index was made with ({spec.encoder})"
        )
    terms = record.terms
    if len(terms.indices) != len(terms.values) or len(set(terms.indices.tolist())) != len(
        terms.indices
    ):
        raise ProductIndexError(
            f"product {record.product.id!r}: its terms need one value for each unique index"
        )


def check_embeddings(embeddings: NDArray[np.float32], count: int, spec: IndexSpec) -> None:
    """Raises `ProductIndexError` for embeddings that are not one [dim] with a direction for each of ``count``."""
    problem = None
    if embeddings.shape != (count, spec.dim):
        problem = f"have shape {list(embeddings.shape)}, [{count}, {spec.dim}] are needed"
    else:
        norms = np.linalg.norm(embeddings, axis=1)
        without = int(np.count_nonzero(~np.isfinite(norms) | (norms == 0.0)))
        if without:
            problem = f"are zero or not finite for {without:,} of {count:,} pictures, so have no direction"
    if problem:
        raise ProductIndexError(
            f"the embeddings of adapter {spec.adapter!r} {problem}; train it anew or use another one"
        )


def _check_embedding(embedding: NDArray[np.float32], spec: IndexSpec) -> None:
    problem = _problem(embedding, spec.dim)
    if problem:
        raise QueryError(
            f"the query's embedding {problem}; use the encoder that the index was made with "
            f"({spec.encoder})"
        )


def _problem(embedding: NDArray[np.float32], dim: int) -> str | None:
    if embedding.shape != (dim,):
        return f"has shape {list(embedding.shape)}, the index holds vectors of [{dim}]"
    norm = float(np.linalg.norm(embedding))
    if not math.isfinite(norm) or norm == 0.0:
        return "is zero or not finite, so it has no direction"
    return None

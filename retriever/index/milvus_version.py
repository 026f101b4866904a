"""One version of an index in Milvus: a collection.

Milvus ranks by one vector at a time here. Its own BM25 takes texts, not the terms that every engine shares,
and its fusion counts ranks from 1; so inverse document frequencies, fusion and diversification are made on
this side, from its exact counts and its rankings.
"""

import asyncio
import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymilvus import MilvusClient

from retriever.errors import ProductIndexError, QueryError
from retriever.index.base import (
    Hit,
    IndexRecord,
    IndexSpec,
    IndexVersion,
    RecordKeys,
    SearchRequest,
    SparseVector,
    StoredRecord,
    Vector,
    VersionInfo,
)
from retriever.index.binding import bind
from retriever.index.milvus_calls import (
    ARRAY_ITEMS,
    MilvusCalls,
    count_in,
    has_graph,
    make_graph,
)
from retriever.index.milvus_filters import column, to_expression
from retriever.index.milvus_rows import row_of, terms_of
from retriever.index.payload import point_id, stored_hit, stored_product, stored_record
from retriever.index.ranking import diversify, fuse
from retriever.index.request import (
    check_record,
    checked,
    facet_field,
    fusion_depth,
    has_terms,
    in_batches,
    last_of_each,
    number_field,
)
from retriever.product import Product
from retriever.where import Where

_BATCH = 500
_PAGE = 1_000
_MOST_EF = 32_768
_REMEMBERED = 100_000
_HIT = ["product", "picture", "record"]

Found = list[tuple[dict[str, Any], float]]


class MilvusVersion(IndexVersion):
    """See `IndexVersion`; made by `MilvusIndex.create` and `MilvusIndex.open`."""

    def __init__(
        self,
        client: MilvusClient,
        calls: MilvusCalls,
        collection: str,
        version: str,
        spec: IndexSpec,
        *,
        complete: Callable[[], bool],
        completed: Callable[[], None],
    ) -> None:
        self._client = client
        self._calls = calls
        self._collection = collection
        self._version = version
        self._spec = spec
        self._complete = complete
        self._completed = completed
        self._closed = False
        self._having: tuple[int, dict[int, int]] = (-1, {})
        with calls.reported():
            self._graph = has_graph(client, collection)

    @property
    def info(self) -> VersionInfo:
        with self._calls.reported():
            return VersionInfo(self._version, self._spec, self._complete(), self.count())

    def upsert(self, records: Sequence[IndexRecord]) -> None:
        records = last_of_each(records)
        for record in records:
            check_record(record, self._spec)
        rows = [row_of(record, self._spec.fields) for record in records]
        for batch in in_batches(rows, _BATCH):
            with self._calls.reported():
                self._open_client().upsert(self._collection, batch)
        self._having = (-1, {})

    def delete(self, product_ids: Iterable[str]) -> int:
        deleted = 0
        for batch in in_batches(list(dict.fromkeys(product_ids)), _PAGE):
            present = [row["id"] for row in self._retrieve(batch, ["id"])]
            if present:
                with self._calls.reported():
                    self._open_client().delete(self._collection, ids=present)
            deleted += len(present)
        self._having = (-1, {})
        return deleted

    def keys(self) -> dict[str, RecordKeys]:
        pages = self._pages(_PAGE, ["product_id", "picture", "record"])
        return {
            row["product_id"]: RecordKeys(row["picture"], row["record"])
            for page in pages
            for row in page
        }

    def records(self, batch_size: int = 1000) -> Iterator[list[StoredRecord]]:
        for page in self._pages(batch_size, [*_HIT, "text"]):
            yield [stored_record(_payload(row), terms_of(row["text"])) for row in page]

    def keys_of(self, product_ids: Sequence[str]) -> dict[str, RecordKeys]:
        rows = self._retrieve(product_ids, ["product_id", "picture", "record"])
        return {row["product_id"]: RecordKeys(row["picture"], row["record"]) for row in rows}

    def get(self, product_ids: Sequence[str]) -> list[Product]:
        rows = self._retrieve(product_ids, _HIT)
        by_id = {product.id: product for product in (stored_product(_payload(row)) for row in rows)}
        return [by_id[key] for key in product_ids if key in by_id]

    def vectors(self, product_ids: Sequence[str]) -> dict[str, Vector]:
        rows = self._retrieve(product_ids, ["product_id", "image"])
        return {row["product_id"]: np.asarray(row["image"], np.float32) for row in rows}

    def search(self, request: SearchRequest) -> list[Hit]:
        """Raises `QueryError` also for an exact search once there is a graph: Milvus has no such thing."""
        request = checked(request, self._spec)
        with self._calls.reported():
            found = self._ranked(request)
        return [stored_hit(_payload(row), score) for row, score in found]

    async def asearch(self, request: SearchRequest) -> list[Hit]:
        """As `search`, in a worker thread, which waits for Milvus without holding the event loop."""
        return await asyncio.to_thread(self.search, request)

    def count(self, where: Where | None = None) -> int:
        expression = "" if where is None else to_expression(bind(where, self._spec.fields))
        with self._calls.reported():
            return self._count(expression)

    def values(self, field_name: str, limit: int = 100) -> dict[str, int]:
        """Reads the field of every product: Milvus counts no values."""
        name = column(facet_field(field_name, self._spec, limit))
        counts = Counter(
            value for page in self._pages(_PAGE, [name]) for row in page for value in row[name]
        )
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return dict(ranked[:limit])

    def bounds(self, field_name: str) -> tuple[float, float] | None:
        """Reads the field of every product: Milvus has no least and greatest."""
        name = column(number_field(field_name, self._spec))
        numbers = [row[name] for page in self._pages(_PAGE, [name]) for row in page]
        present = [number for number in numbers if number is not None]
        return (min(present), max(present)) if present else None

    def finish(self, *, graph: bool = True) -> None:
        with self._calls.reported():
            client = self._open_client()
            client.flush(self._collection)
            if not self._graph and self._count("") >= self._spec.settings.exact_below:
                make_graph(client, self._collection, self._spec)
                self._graph = True
            self._completed()

    def close(self) -> None:
        """Harmless when already closed."""
        self._closed = True

    def _open_client(self) -> MilvusClient:
        if self._closed:
            raise ProductIndexError(
                f"version {self._version} ({self._collection}) was closed; open it again"
            )
        return self._client

    def _ranked(self, request: SearchRequest) -> Found:
        """Rows and scores, best first."""
        if request.embedding is None:
            return self._lexical(request, request.limit)
        if request.terms is not None:
            depth = fusion_depth(request.limit)
            parts = [self._dense(request, depth, _HIT)]
            if has_terms(request):
                parts.append(self._lexical(request, depth))
            rows = {row["id"]: row for part in parts for row, _ in part}
            fused = fuse([[row["id"] for row, _ in part] for part in parts], request.limit)
            return [(rows[key], score) for key, score in fused]
        if request.mmr is None:
            return self._dense(request, request.limit, _HIT)
        found = self._dense(request, max(request.mmr.candidates, request.limit), [*_HIT, "image"])
        if not found:
            return found
        vectors: NDArray[np.float32] = np.array([row["image"] for row, _ in found], np.float32)
        relevance = np.array([score for _, score in found], np.float32)
        return [
            found[i] for i in diversify(relevance, vectors, request.mmr.diversity, request.limit)
        ]

    def _dense(self, request: SearchRequest, limit: int, columns: list[str]) -> Found:
        if request.exact and self._graph:
            raise QueryError(
                "Milvus cannot search exactly once an index has a graph; index it with more for "
                "exact_below, or use another engine"
            )
        assert request.embedding is not None  # noqa: S101
        parameters = {"ef": self._ef(request, limit)} if self._graph else {}
        return self._search(
            "image", request.embedding.tolist(), request, limit, columns, "COSINE", parameters
        )

    def _ef(self, request: SearchRequest, limit: int) -> int:
        """Candidates of the graph; more where few products fit the filter, since Milvus Lite's graph fills
        them with products that do not.
        """
        ef = max(self._spec.settings.ef, limit)
        if request.where is None:
            return ef
        fitting = self._count(to_expression(request.where))
        return min(_MOST_EF, math.ceil(ef * self._count("") / max(1, fitting)))

    def _lexical(self, request: SearchRequest, limit: int) -> Found:
        assert request.terms is not None  # noqa: S101
        query = self._weighted(request.terms)
        return self._search("text", query, request, limit, _HIT, "IP", {}) if query else []

    def _search(
        self,
        field: str,
        query: list[float] | dict[int, float],
        request: SearchRequest,
        limit: int,
        columns: list[str],
        metric: str,
        parameters: dict[str, int],
    ) -> Found:
        [hits] = self._open_client().search(
            self._collection,
            data=[query],
            anns_field=field,
            limit=limit,
            filter="" if request.where is None else to_expression(request.where),
            output_fields=columns,
            search_params={"metric_type": metric, "params": parameters},
        )
        return [({**hit["entity"], "id": hit["id"]}, float(hit["distance"])) for hit in hits]

    def _weighted(self, terms: SparseVector) -> dict[int, float]:
        """Query terms times their inverse document frequencies (see `retriever.lexical`).

        How many products have a term is remembered until their number changes, for so many terms at most.
        """
        total = self._count("")
        counted, having = self._having
        if counted != total or len(having) > _REMEMBERED:
            # Replaced and never emptied: another thread may be reading it.
            having = {}
            self._having = total, having
        weights: dict[int, float] = {}
        for term, weight in zip(terms.indices.tolist(), terms.values.tolist(), strict=True):
            n = having.get(term)
            if n is None:
                n = having[term] = self._count(f"array_contains(terms, {term})")
            n = min(n, total)  # another thread may have written since that was asked
            if n:
                weights[term] = weight * float(np.log(1 + (total - n + 0.5) / (n + 0.5)))
        return weights

    def _count(self, expression: str) -> int:
        return count_in(self._open_client(), self._collection, expression)

    def _retrieve(self, product_ids: Sequence[str], columns: list[str]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for batch in in_batches([point_id(key) for key in dict.fromkeys(product_ids)], _PAGE):
            with self._calls.reported():
                rows += self._open_client().query(
                    self._collection, ids=batch, output_fields=columns
                )
        return rows

    def _pages(self, size: int, columns: list[str]) -> Iterator[list[dict[str, Any]]]:
        """Every product, a page at a time."""
        with self._calls.reported():
            pages = self._open_client().query_iterator(
                self._collection,
                batch_size=min(size, ARRAY_ITEMS),
                filter="",
                output_fields=columns,
            )
        while True:
            with self._calls.reported():
                page = pages.next()
            if not page:
                pages.close()
                return
            yield list(page)


def _payload(row: dict[str, Any]) -> dict[str, Any]:
    keys = {"picture": row["picture"], "record": row["record"]}
    return {"product": json.loads(row["product"]), "keys": keys}

"""One version of an index on a Qdrant server: a collection."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

import numpy as np
from qdrant_client import QdrantClient, models

from retriever.errors import ProductIndexError
from retriever.index.base import (
    Hit,
    IndexRecord,
    IndexSpec,
    IndexVersion,
    RecordKeys,
    SearchRequest,
    StoredRecord,
    Vector,
    VersionInfo,
)
from retriever.index.binding import bind
from retriever.index.filters import filter_key, to_filter
from retriever.index.payload import (
    HIT_PAYLOAD,
    PRODUCT_ID,
    point_id,
    record_payload,
    stored_hit,
    stored_id,
    stored_keys,
    stored_product,
    stored_record,
)
from retriever.index.qdrant_calls import AsyncClients, ServerCalls
from retriever.index.qdrant_query import QDRANT, qdrant_query, qdrant_sparse
from retriever.index.request import (
    check_record,
    checked,
    facet_field,
    in_batches,
    last_of_each,
    number_field,
)
from retriever.product import Product
from retriever.where import Where

_BATCH = 256
_PAGE = 1_000


class QdrantVersion(IndexVersion):
    """See `IndexVersion`; made by `QdrantIndex.create` and `QdrantIndex.open`.

    It stays on its collection when the alias moves. Closing it releases nothing on the server; the
    connection belongs to the index.
    """

    def __init__(
        self,
        client: QdrantClient,
        async_clients: AsyncClients,
        calls: ServerCalls,
        collection: str,
        version: str,
        spec: IndexSpec,
    ) -> None:
        self._client = client
        self._async_clients = async_clients
        self._calls = calls
        self._collection = collection
        self._version = version
        self._spec = spec
        self._closed = False

    @property
    def info(self) -> VersionInfo:
        with self._calls.reported():
            metadata = self._client.get_collection(self._collection).config.metadata or {}
        return VersionInfo(self._version, self._spec, bool(metadata.get("complete")), self.count())

    def upsert(self, records: Sequence[IndexRecord]) -> None:
        """Each batch is acknowledged by the server (``wait``) before the next is sent."""
        records = last_of_each(records)
        for record in records:
            check_record(record, self._spec)
        for batch in in_batches([self._point(record) for record in records], _BATCH):
            with self._calls.reported():
                self._open_client().upsert(self._collection, batch, wait=True)

    def delete(self, product_ids: Iterable[str]) -> int:
        deleted = 0
        for batch in in_batches(_points(product_ids), _PAGE):
            with self._calls.reported():
                client = self._open_client()
                found = client.retrieve(self._collection, batch, with_payload=False)
                if found:
                    selector = models.PointIdsList(points=[record.id for record in found])
                    client.delete(self._collection, selector, wait=True)
            deleted += len(found)
        return deleted

    def keys(self) -> dict[str, RecordKeys]:
        pages = self._pages(_PAGE, [PRODUCT_ID, "keys"], False)
        return dict(stored_keys(record.payload) for page in pages for record in page)

    def records(self, batch_size: int = 1000) -> Iterator[list[StoredRecord]]:
        for page in self._pages(batch_size, HIT_PAYLOAD, ["text"]):
            yield [
                stored_record(record.payload, cast(dict[str, Any], record.vector).get("text"))
                for record in page
            ]

    def keys_of(self, product_ids: Sequence[str]) -> dict[str, RecordKeys]:
        records = self._retrieve(product_ids, [PRODUCT_ID, "keys"], False)
        return dict(stored_keys(record.payload) for record in records)

    def get(self, product_ids: Sequence[str]) -> list[Product]:
        records = self._retrieve(product_ids, ["product"], False)
        by_id = {product.id: product for product in (stored_product(r.payload) for r in records)}
        return [by_id[key] for key in product_ids if key in by_id]

    def vectors(self, product_ids: Sequence[str]) -> dict[str, Vector]:
        records = self._retrieve(product_ids, [PRODUCT_ID], ["image"])
        stored = ((stored_id(record.payload), record.vector) for record in records)
        return {
            key: np.asarray(cast(dict[str, Any], vectors)["image"], np.float32)
            for key, vectors in stored
        }

    def search(self, request: SearchRequest) -> list[Hit]:
        query = qdrant_query(checked(request, self._spec), self._spec.settings)
        with self._calls.reported():
            response = self._open_client().query_points(self._collection, **query)
        return _hits(response)

    async def asearch(self, request: SearchRequest) -> list[Hit]:
        """As `search`, through the asynchronous client where the index has one."""
        client = self._async_clients.current()
        if client is None:
            return await asyncio.to_thread(self.search, request)
        self._open_client()
        query = qdrant_query(checked(request, self._spec), self._spec.settings)
        with self._calls.reported():
            response = await client.query_points(self._collection, **query)
        return _hits(response)

    def count(self, where: Where | None = None) -> int:
        wanted = None if where is None else to_filter(bind(where, self._spec.fields), QDRANT)
        with self._calls.reported():
            client = self._open_client()
            return client.count(self._collection, count_filter=wanted, exact=True).count

    def values(self, field_name: str, limit: int = 100) -> dict[str, int]:
        key = filter_key(facet_field(field_name, self._spec, limit))
        with self._calls.reported():
            facet = self._open_client().facet(self._collection, key, limit=limit, exact=True)
        return {str(hit.value): hit.count for hit in facet.hits}

    def bounds(self, field_name: str) -> tuple[float, float] | None:
        key = filter_key(number_field(field_name, self._spec))
        found: list[float] = []
        for direction in (models.Direction.ASC, models.Direction.DESC):
            with self._calls.reported():
                records, _ = self._open_client().scroll(
                    self._collection,
                    limit=1,
                    with_payload=False,
                    order_by=models.OrderBy(key=key, direction=direction),
                )
            found += [float(record.order_value) for record in records]  # type: ignore[arg-type]
        return (found[0], found[1]) if found else None

    def finish(self, *, graph: bool = True) -> None:
        """Mark the load complete; the server optimises its storage by itself, in the background."""
        with self._calls.reported():
            self._open_client().update_collection(self._collection, metadata={"complete": True})

    def close(self) -> None:
        """Harmless when already closed."""
        self._closed = True

    def _open_client(self) -> QdrantClient:
        if self._closed:
            raise ProductIndexError(
                f"version {self._version} ({self._collection}) was closed; open it again"
            )
        return self._client

    def _retrieve(
        self, product_ids: Iterable[str], payload: list[str], vectors: bool | list[str]
    ) -> list[models.Record]:
        records: list[models.Record] = []
        for batch in in_batches(_points(product_ids), _PAGE):
            with self._calls.reported():
                records += self._open_client().retrieve(
                    self._collection, batch, with_payload=payload, with_vectors=vectors
                )
        return records

    def _pages(
        self, size: int, with_payload: list[str], with_vectors: bool | list[str]
    ) -> Iterator[list[models.Record]]:
        """Every point, a page at a time."""
        offset = None
        while True:
            with self._calls.reported():
                records, offset = self._open_client().scroll(
                    self._collection,
                    limit=size,
                    offset=offset,
                    with_payload=with_payload,
                    with_vectors=with_vectors,
                )
            yield records
            if offset is None:
                return

    def _point(self, record: IndexRecord) -> models.PointStruct:
        vectors: dict[str, Any] = {
            "image": record.embedding.tolist(),
            "text": qdrant_sparse(record.terms),
        }
        payload = record_payload(record, self._spec.fields)
        return models.PointStruct(id=point_id(record.product.id), vector=vectors, payload=payload)


def _points(product_ids: Iterable[str]) -> list[models.ExtendedPointId]:
    return [point_id(key) for key in dict.fromkeys(product_ids)]


def _hits(response: models.QueryResponse) -> list[Hit]:
    return [stored_hit(point.payload, point.score) for point in response.points]

"""One version of an embedded index: a Qdrant Edge shard, its manifest and its lock.

Durability: `upsert` and `delete` return after the shard was flushed (fsync), so what they acknowledged
outlives a killed process and a power cut. Qdrant Edge logs each change before it applies it, and a
killed process leaves a log that the next `load` replays.

Threads: Qdrant Edge keeps Python's global interpreter lock during its calls (measured: an exact query
over 20,000 x 256 holds it for 2 ms), so calls exclude each other anyway and a second thread gains
nothing; the lock here only keeps a search from meeting a shard that `finish` or `close` has put away.
Building the graph takes from seconds to minutes, so a child process does it.

Inverse document frequencies count replaced and deleted products until the engine vacuums them, which
`finish` lets it do: lexical scores move by a few per cent when much was rewritten.
"""

import asyncio
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Self, cast

import numpy as np
import qdrant_edge as edge

from retriever.errors import ProductIndexError
from retriever.index.base import (
    Hit,
    IndexRecord,
    IndexSpec,
    RecordKeys,
    SearchRequest,
    StoredRecord,
    Vector,
    VersionInfo,
)
from retriever.index.binding import bind
from retriever.index.edge_query import EDGE, edge_query, edge_sparse
from retriever.index.edge_shard import edge_config, engine_errors, optimise
from retriever.index.files import FileLock, copy_folder
from retriever.index.filters import filter_key, to_filter
from retriever.index.folder_version import FolderVersion, Manifest, read_revision
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

_BATCH = 500
_PAGE = 5_000
_SCHEMAS = {
    "keyword": edge.PayloadSchemaType.Keyword,
    "number": edge.PayloadSchemaType.Float,
    "bool": edge.PayloadSchemaType.Keyword,
}


class EdgeVersion(FolderVersion):
    """See `IndexVersion`; made by `EdgeIndex.create` and `EdgeIndex.open`."""

    def __init__(
        self, folder: Path, manifest: Manifest, shard: edge.EdgeShard, lock: FileLock
    ) -> None:
        self._folder = folder
        self._manifest = manifest
        self._revision = read_revision(folder)
        self._shard: edge.EdgeShard | None = shard
        self._lock = lock
        self._calls = threading.RLock()

    @classmethod
    def create(cls, folder: Path, spec: IndexSpec, lock: FileLock) -> Self:
        """Make the shard and its payload indexes, and the manifest last."""
        with engine_errors(folder):
            shard = edge.EdgeShard.create(str(folder / "shard"), edge_config(spec))
            indexes = {filter_key(name): _SCHEMAS[kind] for name, kind in spec.fields.items()}
            indexes[PRODUCT_ID] = edge.PayloadSchemaType.Keyword
            for path, schema in indexes.items():
                shard.update(edge.UpdateOperation.create_field_index(path, schema))
            shard.flush()
        manifest = Manifest(spec, complete=False, count=0, engine="edge")
        manifest.write(folder)
        return cls(folder, manifest, shard, lock)

    @classmethod
    def load(cls, folder: Path, lock: FileLock) -> Self:
        manifest = Manifest.read(folder)
        if manifest is None:
            raise ProductIndexError(f"{folder} has no manifest.json; index the catalogue again")
        with engine_errors(folder):
            return cls(folder, manifest, edge.EdgeShard.load(str(folder / "shard")), lock)

    def copy_to(self, folder: Path) -> Manifest:
        """Searches go on meanwhile: only changes touch a shard's files, and they are noticed."""
        with self._open_shard() as shard:
            shard.flush()
            manifest = replace(self._manifest, count=_count(shard))
            revision = self._revision
        with self._unchanged(revision):
            copy_folder(self._folder / "shard", folder / "shard")
        return manifest

    @property
    def info(self) -> VersionInfo:
        return replace(self._manifest.info(self._folder.name), count=self.count())

    def upsert(self, records: Sequence[IndexRecord]) -> None:
        spec = self._manifest.spec
        records = last_of_each(records)
        for record in records:
            check_record(record, spec)
        points = [_point(record, spec) for record in records]
        with self._open_shard() as shard:
            self._begin_change()
            for batch in in_batches(points, _BATCH):
                shard.update(edge.UpdateOperation.upsert_points(batch))
            shard.flush()
            self._end_write(_count(shard))

    def delete(self, product_ids: Iterable[str]) -> int:
        deleted = 0
        with self._open_shard() as shard:
            self._begin_change()
            for batch in in_batches(_points(product_ids), _PAGE):
                present = [record.id for record in shard.retrieve(batch, False, False)]
                if present:
                    shard.update(edge.UpdateOperation.delete_points(present))
                deleted += len(present)
            shard.flush()
            self._end_write(_count(shard))
        return deleted

    def keys(self) -> dict[str, RecordKeys]:
        pages = self._pages(_PAGE, [PRODUCT_ID, "keys"], False)
        return dict(stored_keys(record.payload) for page in pages for record in page)

    def records(self, batch_size: int = 1000) -> Iterator[list[StoredRecord]]:
        for page in self._pages(batch_size, HIT_PAYLOAD, ["text"]):
            yield [stored_record(record.payload, _named(record).get("text")) for record in page]

    def keys_of(self, product_ids: Sequence[str]) -> dict[str, RecordKeys]:
        records = self._retrieve(product_ids, with_payload=[PRODUCT_ID, "keys"], with_vector=False)
        return dict(stored_keys(record.payload) for record in records)

    def get(self, product_ids: Sequence[str]) -> list[Product]:
        records = self._retrieve(product_ids, with_payload=["product"], with_vector=False)
        products = (stored_product(record.payload) for record in records)
        by_id = {product.id: product for product in products}
        return [by_id[key] for key in product_ids if key in by_id]

    def vectors(self, product_ids: Sequence[str]) -> dict[str, Vector]:
        records = self._retrieve(product_ids, with_payload=[PRODUCT_ID], with_vector=["image"])
        stored = ((stored_id(record.payload), _named(record)) for record in records)
        return {key: np.asarray(vectors["image"], np.float32) for key, vectors in stored}

    def search(self, request: SearchRequest) -> list[Hit]:
        spec = self._manifest.spec
        query = edge_query(checked(request, spec), spec.settings, self._manifest.count)
        with self._open_shard() as shard:
            points = shard.query(query)
        return [stored_hit(point.payload, point.score) for point in points]

    async def asearch(self, request: SearchRequest) -> list[Hit]:
        """As `search`, in a worker thread: the event loop pauses for the engine's own milliseconds."""
        return await asyncio.to_thread(self.search, request)

    def count(self, where: Where | None = None) -> int:
        fields = self._manifest.spec.fields
        wanted = None if where is None else to_filter(bind(where, fields), EDGE)
        with self._open_shard() as shard:
            return shard.count(edge.CountRequest(exact=True, filter=wanted))

    def values(self, field_name: str, limit: int = 100) -> dict[str, int]:
        key = filter_key(facet_field(field_name, self._manifest.spec, limit))
        with self._open_shard() as shard:
            hits = shard.facet(edge.FacetRequest(key, limit=limit, exact=True)).hits
        return {str(hit.value): hit.count for hit in hits}

    def bounds(self, field_name: str) -> tuple[float, float] | None:
        key = filter_key(number_field(field_name, self._manifest.spec))
        found: list[float] = []
        with self._open_shard() as shard:
            for direction in (edge.Direction.Asc, edge.Direction.Desc):
                first = edge.ScrollRequest(
                    limit=1,
                    with_payload=False,
                    with_vector=False,
                    order_by=edge.OrderBy(key, direction),
                )
                found += [float(record.order_value or 0.0) for record in shard.scroll(first)[0]]
        return (found[0], found[1]) if found else None

    def finish(self, *, graph: bool = True) -> None:
        with self._open_shard() as shard:
            self._begin_change()
            wanted = _count(shard) >= self._manifest.spec.settings.exact_below
            if wanted and graph:
                self._optimise(shard)
            elif not wanted:
                shard.optimize()
                shard.flush()
            self._end_finish(graph_pending=wanted and not graph)

    def close(self) -> None:
        """Flush and release; harmless when already closed."""
        with self._calls:
            shard, self._shard = self._shard, None
            try:
                if shard is not None:
                    with engine_errors(self._folder):
                        shard.flush()
                        shard.close()
            finally:
                self._lock.release()

    @contextmanager
    def _open_shard(self) -> Iterator[edge.EdgeShard]:
        with self._calls, engine_errors(self._folder):
            if self._shard is None:
                raise ProductIndexError(
                    f"version {self._folder.name} in {self._folder.parent} was closed; open it again"
                )
            yield self._shard

    def _optimise(self, shard: edge.EdgeShard) -> None:
        self._shard = None
        shard.close()
        try:
            optimise(self._folder / "shard", self._lock)
        finally:
            self._shard = edge.EdgeShard.load(str(self._folder / "shard"))

    def _retrieve(
        self, product_ids: Sequence[str], with_payload: list[str], with_vector: bool | list[str]
    ) -> list[edge.Record]:
        with self._open_shard() as shard:
            return shard.retrieve(_points(product_ids), with_payload, with_vector)

    def _pages(
        self, size: int, with_payload: list[str], with_vector: bool | list[str]
    ) -> Iterator[list[edge.Record]]:
        """Every point, a page at a time; between pages others may call."""
        offset = None
        while True:
            page = edge.ScrollRequest(
                offset=offset, limit=size, with_payload=with_payload, with_vector=with_vector
            )
            with self._open_shard() as shard:
                records, offset = shard.scroll(page)
            yield records
            if offset is None:
                return


def _count(shard: edge.EdgeShard) -> int:
    return shard.count(edge.CountRequest(exact=True))


def _points(product_ids: Iterable[str]) -> "list[edge.PointId]":
    return [point_id(key) for key in dict.fromkeys(product_ids)]


def _named(record: edge.Record) -> dict[str, Any]:
    return cast(dict[str, Any], record.vector)


def _point(record: IndexRecord, spec: IndexSpec) -> edge.Point:
    vectors: dict[str, Any] = {
        "image": record.embedding.tolist(),
        "text": edge_sparse(record.terms),
    }
    return edge.Point(point_id(record.product.id), vectors, record_payload(record, spec.fields))

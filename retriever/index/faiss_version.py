"""One version of a FAISS index: records in SQLite, vectors in memory, the graph in a file.

Durability: SQLite has fsynced what `upsert` and `delete` acknowledge; opening the version reads the vectors
that the saved graph does not have. So nothing but that file has to be kept right, and a graph that is old,
missing or cut short costs time alone.

Threads: calls exclude each other. FAISS releases Python's global interpreter lock while it compares vectors,
so the event loop and other versions go on meanwhile.
"""

import asyncio
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

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
from retriever.index.faiss_records import FaissRecords, unit
from retriever.index.faiss_vectors import FaissVectors, Rows
from retriever.index.files import FileLock, cannot_write, copy_file
from retriever.index.folder_version import FolderVersion, Manifest, read_revision
from retriever.index.payload import stored_hit, stored_product, stored_record
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

RECORDS = "records.sqlite"
_BATCH = 2_000
_FILTERS = 16
"""Filters whose rows are remembered until the next write: a shopper pages and refines within one."""


class FaissVersion(FolderVersion):
    """See `IndexVersion`; made by `FaissIndex.create` and `FaissIndex.open`."""

    def __init__(self, folder: Path, manifest: Manifest, lock: FileLock) -> None:
        self._folder = folder
        self._manifest = manifest
        self._revision = read_revision(folder)
        self._lock = lock
        self._calls = threading.RLock()
        self._filters: OrderedDict[Where, Rows] = OrderedDict()
        with engine_errors(folder):
            records = FaissRecords(folder / RECORDS, manifest.spec.fields)
            self._records: FaissRecords | None = records
            try:
                self._vectors = FaissVectors(manifest.spec.dim, manifest.spec.settings)
                live = records.rows()
                self._count = len(live)
                for rows, vectors in records.vectors(self._vectors.load(self._graph_file, live)):
                    self._vectors.add(rows, vectors)
            except BaseException:
                records.close()
                raise

    @classmethod
    def create(cls, folder: Path, spec: IndexSpec, lock: FileLock) -> Self:
        """Make the records, and the manifest last."""
        manifest = Manifest(spec, complete=False, count=0, engine="faiss")
        version = cls(folder, manifest, lock)
        manifest.write(folder)
        return version

    @classmethod
    def load(cls, folder: Path, lock: FileLock) -> Self:
        manifest = Manifest.read(folder)
        if manifest is None:
            raise ProductIndexError(f"{folder} has no manifest.json; index the catalogue again")
        return cls(folder, manifest, lock)

    def copy_to(self, folder: Path) -> Manifest:
        """Copies the records; a graph, which costs time alone, is made anew. Searches go on meanwhile."""
        with self._open_records() as stored:
            stored.checkpoint()
            manifest = replace(self._manifest, count=self._count)
            revision = self._revision
        with self._unchanged(revision), engine_errors(self._folder):
            copy_file(self._folder / RECORDS, folder / RECORDS)
        return manifest

    @property
    def info(self) -> VersionInfo:
        return replace(self._manifest.info(self._folder.name), count=self.count())

    def upsert(self, records: Sequence[IndexRecord]) -> None:
        records = last_of_each(records)
        for record in records:
            check_record(record, self._manifest.spec)
        for batch in in_batches(records, _BATCH):
            vectors = np.stack([unit(record.embedding) for record in batch])
            with self._open_records() as stored:
                self._begin_change()
                rows, replaced = stored.upsert(batch, vectors)
                self._vectors.remove(replaced)
                self._vectors.add(rows, vectors)
                self._written(len(rows) - len(replaced))

    def delete(self, product_ids: Iterable[str]) -> int:
        with self._open_records() as stored:
            self._begin_change()
            rows = stored.delete(product_ids)
            self._vectors.remove(rows)
            self._written(-len(rows))
        return len(rows)

    def keys(self) -> dict[str, RecordKeys]:
        with self._open_records() as stored:
            return stored.keys()

    def records(self, batch_size: int = 1000) -> Iterator[list[StoredRecord]]:
        after = 0
        while True:
            with self._open_records() as stored:
                page = stored.page(after, batch_size)
            if not page:
                return
            yield [stored_record(payload, terms) for _, payload, terms in page]
            after = page[-1][0]

    def keys_of(self, product_ids: Sequence[str]) -> dict[str, RecordKeys]:
        with self._open_records() as stored:
            return stored.keys(product_ids)

    def get(self, product_ids: Sequence[str]) -> list[Product]:
        with self._open_records() as stored:
            rows = stored.rows_of(product_ids)
            payloads = stored.payloads(list(rows.values()))
        return [stored_product(payloads[rows[key]]) for key in product_ids if key in rows]

    def vectors(self, product_ids: Sequence[str]) -> dict[str, Vector]:
        with self._open_records() as stored:
            rows = stored.rows_of(product_ids)
            return {key: self._vectors.vectors([row])[0] for key, row in rows.items()}

    def search(self, request: SearchRequest) -> list[Hit]:
        request = checked(request, self._manifest.spec)
        with self._open_records() as stored:
            ranked = self._ranked(request, stored)
            payloads = stored.payloads([row for row, _ in ranked])
        return [stored_hit(payloads[row], score) for row, score in ranked]

    async def asearch(self, request: SearchRequest) -> list[Hit]:
        """As `search`, in a worker thread."""
        return await asyncio.to_thread(self.search, request)

    def count(self, where: Where | None = None) -> int:
        with self._open_records() as stored:
            if where is None:
                return self._count
            return len(self._matching(bind(where, self._manifest.spec.fields), stored))

    def values(self, field_name: str, limit: int = 100) -> dict[str, int]:
        field = facet_field(field_name, self._manifest.spec, limit)
        with self._open_records() as stored:
            return stored.facet(field, limit)

    def bounds(self, field_name: str) -> tuple[float, float] | None:
        field = number_field(field_name, self._manifest.spec)
        with self._open_records() as stored:
            return stored.bounds(field)

    def finish(self, *, graph: bool = True) -> None:
        with self._open_records():
            self._begin_change()
            pending = not graph and self._count >= self._manifest.spec.settings.exact_below
            if not pending:
                self._vectors.save(self._graph_file)
            self._end_finish(graph_pending=pending)

    def close(self) -> None:
        """Harmless when already closed."""
        with self._calls:
            records, self._records = self._records, None
            if records is not None:
                records.close()
            self._lock.release()

    @property
    def _graph_file(self) -> Path:
        return self._folder / "graph.faiss"

    def _ranked(self, request: SearchRequest, stored: FaissRecords) -> list[tuple[int, float]]:
        """Rows and scores, best first."""
        if request.embedding is None:
            return self._lexical(request, stored, request.limit)
        if request.terms is not None:
            depth = fusion_depth(request.limit)
            rows, _ = self._dense(request, stored, depth)
            lexical = self._lexical(request, stored, depth) if has_terms(request) else []
            return fuse([rows.tolist(), [row for row, _ in lexical]], request.limit)
        if request.mmr is None:
            rows, scores = self._dense(request, stored, request.limit)
        else:
            wanted = max(request.mmr.candidates, request.limit)
            rows, scores = self._dense(request, stored, wanted)
            if len(rows):
                vectors = self._vectors.vectors(rows.tolist())
                chosen = diversify(scores, vectors, request.mmr.diversity, request.limit)
                rows, scores = rows[chosen], scores[chosen]
        return list(zip(rows.tolist(), scores.tolist(), strict=True))

    def _dense(
        self, request: SearchRequest, stored: FaissRecords, limit: int
    ) -> tuple[Rows, NDArray[np.float32]]:
        allowed = None if request.where is None else self._matching(request.where, stored)
        assert request.embedding is not None  # noqa: S101
        query = unit(request.embedding)
        return self._vectors.search(query, limit, allowed, exact=request.exact)

    def _lexical(
        self, request: SearchRequest, stored: FaissRecords, limit: int
    ) -> list[tuple[int, float]]:
        assert request.terms is not None  # noqa: S101
        return stored.lexical(request.terms, request.where, self._count, limit)

    def _matching(self, where: Where, stored: FaissRecords) -> Rows:
        if where not in self._filters:
            self._filters[where] = stored.matching(where)
            if len(self._filters) > _FILTERS:
                self._filters.popitem(last=False)
        self._filters.move_to_end(where)
        return self._filters[where]

    def _written(self, more: int) -> None:
        self._filters.clear()
        self._count += more
        self._end_write(self._count)

    @contextmanager
    def _open_records(self) -> Iterator[FaissRecords]:
        with self._calls, engine_errors(self._folder):
            if self._records is None:
                raise ProductIndexError(
                    f"version {self._folder.name} in {self._folder.parent} was closed; open it again"
                )
            yield self._records


@contextmanager
def engine_errors(folder: Path) -> Iterator[None]:
    """What SQLite and FAISS raise, with the folder and what to do."""
    try:
        yield
    except OSError as error:
        raise cannot_write(folder, error) from error
    except (sqlite3.Error, RuntimeError, MemoryError) as error:
        raise ProductIndexError(
            f"the FAISS index in {folder} failed: {error or type(error).__name__}; if it happens again, "
            "index the catalogue into a new version"
        ) from error

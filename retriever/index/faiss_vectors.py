"""The vectors of a FAISS index in memory: a graph of most of them, and a list of the newest.

FAISS's graph (HNSW) takes products but never gives one back, so what was deleted or replaced is masked,
and what was written since the graph was last saved is compared one by one until it is saved again.
"""

import logging
import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from retriever.index.files import sync_folder
from retriever.index.settings import IndexSettings

Rows = NDArray[np.int64]
Matrix = NDArray[np.float32]

_LOG = logging.getLogger("shoplens")

REBUILD_AT = 0.2
"""Share of a graph's products that may be gone before it is built anew: they cost time and memory."""


class FaissVectors:
    """Unit vectors [dim] by row number; for one thread at a time."""

    def __init__(self, dim: int, settings: IndexSettings) -> None:
        self._dim = dim
        self._settings = settings
        self._parts = [_Part(faiss.IndexFlatIP(dim))]
        self._graph: Any = None

    def add(self, rows: Rows, vectors: Matrix) -> None:
        self._parts[0].add(rows, vectors)

    def remove(self, rows: Rows) -> None:
        for part in self._parts:
            part.remove(rows)

    def search(
        self, query: Matrix, limit: int, allowed: Rows | None, *, exact: bool
    ) -> tuple[Rows, Matrix]:
        """Rows and cosines of the best for a unit query [dim], best first; only of ``allowed`` rows.

        Fewer allowed than a graph is made for are compared one by one: a graph misses many of so few.
        """
        exact = exact or (allowed is not None and len(allowed) < self._settings.exact_below)
        width = self._settings.width(products=sum(len(part.rows) for part in self._parts))
        found = [
            part.search(query, limit, allowed, exact=exact, ef=max(width, limit))
            for part in self._parts
        ]
        rows = np.concatenate([rows for rows, _ in found])
        scores = np.concatenate([scores for _, scores in found])
        best = np.argsort(-scores, kind="stable")[:limit]
        return rows[best], scores[best]

    def vectors(self, rows: Iterable[int]) -> Matrix:
        """Vectors [n, dim] of rows that are all here."""
        return np.stack([self._vector(row) for row in rows])

    def load(self, path: Path, live: Rows) -> Rows:
        """Take the saved graph, if there is one; the live rows that are not in it remain to be added.

        One that cannot be read counts as none, with a warning logged.
        """
        if not path.exists():
            return live
        try:
            self._use(faiss.read_index(str(path)))
        except RuntimeError as error:
            _LOG.warning(
                "%s is damaged (%s); searches compare all vectors until the next indexing that changes a product",
                path,
                str(error)[:200],
            )
            return live
        graph = self._parts[1]
        graph.remove(np.setdiff1d(graph.rows, live, assume_unique=True))
        return np.setdiff1d(live, graph.rows, assume_unique=True)

    def save(self, path: Path) -> None:
        """Make or extend the graph where there are enough products, and write it in one rename."""
        if sum(part.live_count for part in self._parts) < self._settings.exact_below:
            self._flatten()
            path.unlink(missing_ok=True)
            sync_folder(path.parent)
            return
        if self._graph is not None and self._parts[1].gone_share > REBUILD_AT:
            self._flatten()
        if self._graph is None:
            graph = faiss.IndexHNSWFlat(self._dim, self._settings.m, faiss.METRIC_INNER_PRODUCT)
            graph.hnsw.efConstruction = self._settings.ef_construct
            self._use(faiss.IndexIDMap(graph))
        tail, graph_part = self._parts
        rows, vectors = tail.alive()
        if len(rows):
            self._graph.add_with_ids(vectors, rows)
            graph_part.extend(rows)
        # Now, so that no product is in both when the file cannot be written.
        self._parts[0] = _Part(faiss.IndexFlatIP(self._dim))
        temporary = path.with_name(f".{path.name}.tmp")
        faiss.write_index(self._graph, str(temporary))
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)

    def _use(self, graph: Any) -> None:
        self._graph = graph
        part = _Part(faiss.downcast_index(graph.index))
        part.extend(faiss.vector_to_array(graph.id_map))
        self._parts = [self._parts[0], part]

    def _flatten(self) -> None:
        """Everything that lives, in a list again."""
        alive = [part.alive() for part in self._parts]
        self._parts, self._graph = [_Part(faiss.IndexFlatIP(self._dim))], None
        for rows, vectors in sorted(alive, key=lambda one: one[0][:1].tolist()):
            self.add(rows, vectors)

    def _vector(self, row: int) -> Matrix:
        for part in self._parts:
            vector = part.vector(row)
            if vector is not None:
                return vector
        raise KeyError(row)


class _Part:
    """A FAISS index, the row at each of its positions (ascending), and which of them live."""

    def __init__(self, index: Any) -> None:
        self._index = index
        self.rows: Rows = np.empty(0, np.int64)
        self._live = np.empty(0, bool)

    @property
    def live_count(self) -> int:
        return int(self._live.sum())

    @property
    def gone_share(self) -> float:
        return 1 - self.live_count / max(1, len(self.rows))

    def add(self, rows: Rows, vectors: Matrix) -> None:
        self._index.add(vectors)
        self.extend(rows)

    def extend(self, rows: Rows) -> None:
        self.rows = np.concatenate([self.rows, rows])
        self._live = np.concatenate([self._live, np.ones(len(rows), bool)])

    def remove(self, rows: Rows) -> None:
        self._live[np.isin(self.rows, rows)] = False

    def alive(self) -> tuple[Rows, Matrix]:
        positions = np.flatnonzero(self._live)
        storage = self._storage()
        vectors = np.empty((len(positions), storage.d), np.float32)
        if len(positions):
            storage.reconstruct_batch(positions, vectors)
        return self.rows[positions], vectors

    def vector(self, row: int) -> Matrix | None:
        position = int(np.searchsorted(self.rows, row))
        if position == len(self.rows) or self.rows[position] != row or not self._live[position]:
            return None
        vector: Matrix = self._index.reconstruct(position)
        return vector

    def search(
        self, query: Matrix, limit: int, allowed: Rows | None, *, exact: bool, ef: int
    ) -> tuple[Rows, Matrix]:
        kept = self._live
        if allowed is not None:
            kept = kept & np.isin(self.rows, allowed, assume_unique=True)
        selector = None
        if not kept.all():
            bits = np.packbits(kept, bitorder="little")
            selector = faiss.IDSelectorBitmap(bits)
        index, parameters = self._storage(), faiss.SearchParameters(sel=selector)
        if index is not self._index and not exact:
            # A graph passes through products that are not kept, which fill its candidates all the same.
            count = int(kept.sum())
            ef = math.ceil(ef * len(kept) / max(1, count))
            # It compares about as many as `ef` products have links; where fewer are kept, each of them is.
            if selector is None or count > ef * self._index.hnsw.nb_neighbors(1):
                index = self._index
                parameters = faiss.SearchParametersHNSW(sel=selector, efSearch=ef)
        scores, positions = index.search(query[None], limit, params=parameters)
        found = positions[0] >= 0
        return self.rows[positions[0][found]], scores[0][found]

    def _storage(self) -> Any:
        """The index that compares every vector: the one itself, or what a graph keeps its vectors in."""
        storage = getattr(self._index, "storage", None)
        return self._index if storage is None else faiss.downcast_index(storage)

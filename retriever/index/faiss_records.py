"""Products, filters and terms of a FAISS index: an SQLite file, the truth that vectors are rebuilt from.

A product written again gets a new row number, so whoever knows a row (the graph on disk, above all) can
never take one product for another: a row is either there as it was or gone.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retriever.errors import ProductIndexError
from retriever.index.base import Embed, IndexRecord, RecordKeys, SparseVector
from retriever.index.faiss_filters import Values, to_sql
from retriever.index.payload import filter_payload
from retriever.index.request import in_batches
from retriever.where import Fields, Where

Rows = NDArray[np.int64]

_SCHEMA = """
CREATE TABLE products (
    row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, product TEXT NOT NULL,
    filter TEXT NOT NULL, picture TEXT NOT NULL, record TEXT NOT NULL,
    indices BLOB NOT NULL, weights BLOB NOT NULL
);
CREATE TABLE embeddings (row INTEGER PRIMARY KEY, vector BLOB NOT NULL);
CREATE TABLE words (field TEXT, value TEXT, row INTEGER, PRIMARY KEY (field, value, row)) WITHOUT ROWID;
CREATE TABLE numbers (field TEXT, value REAL, row INTEGER, PRIMARY KEY (field, value, row)) WITHOUT ROWID;
CREATE TABLE terms (term INTEGER, row INTEGER, weight REAL, PRIMARY KEY (term, row)) WITHOUT ROWID;
"""
_AT_ONCE = 10_000
_PAGE = 2_000


class FaissRecords:
    """The file, for one thread at a time. Raises `sqlite3.Error`."""

    def __init__(self, path: Path, fields: Fields) -> None:
        """Opens or makes the file."""
        self._fields = fields
        self._path = path
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        # Every commit reaches the disk before it returns: what was acknowledged outlives a power cut.
        self._db.execute("PRAGMA synchronous = FULL")
        if not self._db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            self._db.executescript("BEGIN;" + _SCHEMA + "COMMIT;")

    def close(self) -> None:
        self._db.close()

    def upsert(
        self, records: Sequence[IndexRecord], vectors: NDArray[np.float32]
    ) -> tuple[Rows, Rows]:
        """Write products with their vectors [n, dim]; the rows they got [n], and those they replaced."""
        rows: list[int] = []
        payloads = [filter_payload(record.product, self._fields) for record in records]
        with self._transaction():
            replaced = self._delete([record.product.id for record in records])
            for record, payload, vector in zip(records, payloads, vectors, strict=True):
                rows.append(self._insert(record, payload, vector))
        return np.array(rows, np.int64), replaced

    def delete(self, product_ids: Iterable[str]) -> Rows:
        """Remove products; the rows that they had."""
        with self._transaction():
            return self._delete(list(dict.fromkeys(product_ids)))

    def checkpoint(self) -> None:
        """Bring all that is committed into the one file, so that it can be copied.

        Raises `ProductIndexError` when another program reads the file for longer than SQLite waits.
        """
        [busy, *_] = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise ProductIndexError(
                f"{self._path} is being read by another program, so it cannot be copied; close it there "
                "and run the same again"
            )

    def embed_anew(self, embed: Embed) -> None:
        """Replace every vector; rows stay, so no graph of the old vectors may be beside the file."""
        after = 0
        while found := self._db.execute(
            "SELECT row, picture FROM products WHERE row > ? ORDER BY row LIMIT ?", (after, _PAGE)
        ).fetchall():
            vectors = unit(embed([picture for _, picture in found]))
            with self._transaction():
                self._db.executemany(
                    "UPDATE embeddings SET vector = ? WHERE row = ?",
                    [
                        (vector.tobytes(), row)
                        for (row, _), vector in zip(found, vectors, strict=True)
                    ],
                )
            after = found[-1][0]

    def rows(self) -> Rows:
        """Every row, ascending."""
        return self._rows("SELECT row FROM products ORDER BY row", [])

    def matching(self, where: Where) -> Rows:
        """Rows of products that a bound filter fits, ascending."""
        condition, values = to_sql(where)
        query = f"SELECT row FROM products WHERE {condition} ORDER BY row"  # noqa: S608
        return self._rows(query, values)

    def vectors(self, rows: Rows) -> Iterator[tuple[Rows, NDArray[np.float32]]]:
        """Rows with their vectors [n, dim], some thousands at a time."""
        for batch in in_batches(rows.tolist(), _AT_ONCE):
            found = self._in("SELECT row, vector FROM embeddings WHERE row IN", batch)
            if found:
                matrix = np.frombuffer(b"".join(vector for _, vector in found), np.float32)
                yield (
                    np.array([row for row, _ in found], np.int64),
                    matrix.reshape(len(found), -1),
                )

    def payloads(self, rows: Sequence[int]) -> dict[int, dict[str, Any]]:
        """What `stored_hit` reads, by row; rows that are gone are left out."""
        found = self._in("SELECT row, product, picture, record FROM products WHERE row IN", rows)
        return {row: _payload(*stored) for row, *stored in found}

    def rows_of(self, product_ids: Sequence[str]) -> dict[str, int]:
        return dict(self._in("SELECT id, row FROM products WHERE id IN", product_ids))

    def keys(self, product_ids: Sequence[str] | None = None) -> dict[str, RecordKeys]:
        """Keys of these products, or of all."""
        columns = "SELECT id, picture, record FROM products"
        if product_ids is None:
            found = self._db.execute(columns).fetchall()
        else:
            found = self._in(columns + " WHERE id IN", product_ids)
        return {key: RecordKeys(picture, record) for key, picture, record in found}

    def page(self, after: int, size: int) -> list[tuple[int, dict[str, Any], SparseVector]]:
        """Row, payload and terms of the next products after a row."""
        found = self._db.execute(
            "SELECT row, indices, weights, product, picture, record FROM products WHERE row > ? "
            "ORDER BY row LIMIT ?",
            (after, size),
        )
        return [
            (row, _payload(*stored), _terms(indices, weights))
            for row, indices, weights, *stored in found
        ]

    def lexical(
        self, terms: SparseVector, where: Where | None, total: int, limit: int
    ) -> list[tuple[int, float]]:
        """Rows with their BM25 scores, best first; ``total`` products are stored."""
        weights = dict(zip(terms.indices.tolist(), terms.values.tolist(), strict=True))
        having = self._in(
            "SELECT term, COUNT(*) FROM terms WHERE term IN", list(weights), " GROUP BY term"
        )
        if not having:
            return []
        query: list[Any] = []
        for term, n in having:
            query += [term, weights[term] * float(np.log(1 + (total - n + 0.5) / (n + 0.5)))]
        condition, values = ("", []) if where is None else to_sql(where)
        kept = condition and f"WHERE row IN (SELECT row FROM products WHERE {condition})"  # noqa: S608
        # S608: the condition is made of our own words and ? marks alone.
        return self._db.execute(
            f"WITH query(term, weight) AS (VALUES {', '.join(['(?, ?)'] * len(having))}) "  # noqa: S608
            "SELECT row, SUM(terms.weight * query.weight) AS score FROM query "
            f"JOIN terms ON terms.term = query.term {kept} "
            "GROUP BY row ORDER BY score DESC, row LIMIT ?",
            [*query, *values, limit],
        ).fetchall()

    def facet(self, field: str, limit: int) -> dict[str, int]:
        return dict(
            self._db.execute(
                "SELECT value, COUNT(*) AS n FROM words WHERE field = ? GROUP BY value "
                "ORDER BY n DESC, value LIMIT ?",
                (field, limit),
            ).fetchall()
        )

    def bounds(self, field: str) -> tuple[float, float] | None:
        low, high = self._db.execute(
            "SELECT MIN(value), MAX(value) FROM numbers WHERE field = ?", (field,)
        ).fetchone()
        return None if low is None else (low, high)

    def _insert(
        self, record: IndexRecord, payload: dict[str, Any], vector: NDArray[np.float32]
    ) -> int:
        product, keys, terms = record.product, record.keys, record.terms
        row = self._db.execute(
            "INSERT INTO products (id, product, filter, picture, record, indices, weights) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                product.id,
                product.model_dump_json(),
                json.dumps(payload),
                keys.picture,
                keys.record,
                terms.indices.astype(np.uint32).tobytes(),
                terms.values.astype(np.float32).tobytes(),
            ),
        ).lastrowid
        assert row is not None  # noqa: S101  (an INSERT has one)
        self._db.execute("INSERT INTO embeddings VALUES (?, ?)", (row, vector.tobytes()))
        for table, entries in _entries(payload).items():
            self._db.executemany(
                f"INSERT OR IGNORE INTO {table} VALUES (?, ?, ?)",  # noqa: S608
                [(field, value, row) for field, value in entries],
            )
        self._db.executemany(
            "INSERT INTO terms VALUES (?, ?, ?)",
            [
                (term, row, weight)
                for term, weight in zip(terms.indices.tolist(), terms.values.tolist(), strict=True)
            ],
        )
        return row

    def _delete(self, product_ids: Sequence[str]) -> Rows:
        found = self._in("SELECT row, filter, indices FROM products WHERE id IN", product_ids)
        for row, payload, indices in found:
            for table, entries in _entries(json.loads(payload)).items():
                self._db.executemany(
                    f"DELETE FROM {table} WHERE field = ? AND value = ? AND row = ?",  # noqa: S608
                    [(field, value, row) for field, value in entries],
                )
            self._db.executemany(
                "DELETE FROM terms WHERE term = ? AND row = ?",
                [(term, row) for term in np.frombuffer(indices, np.uint32).tolist()],
            )
            self._db.execute("DELETE FROM embeddings WHERE row = ?", (row,))
            self._db.execute("DELETE FROM products WHERE row = ?", (row,))
        return np.array([row for row, *_ in found], np.int64)

    def _in(self, query: str, values: Sequence[Any], rest: str = "") -> list[Any]:
        found: list[Any] = []
        for batch in in_batches(values, _AT_ONCE):
            marks = ", ".join("?" * len(batch))
            found += self._db.execute(f"{query} ({marks}){rest}", batch).fetchall()
        return found

    def _rows(self, query: str, values: Values) -> Rows:
        return np.fromiter((row for (row,) in self._db.execute(query, values)), np.int64)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vectors [..., dim] at unit length."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), np.float32)


def _payload(product: str, picture: str, record: str) -> dict[str, Any]:
    return {"product": json.loads(product), "keys": {"picture": picture, "record": record}}


def _terms(indices: bytes, weights: bytes) -> SparseVector:
    return SparseVector(np.frombuffer(indices, np.uint32), np.frombuffer(weights, np.float32))


def _entries(payload: dict[str, Any]) -> dict[str, list[tuple[str, str | float]]]:
    """Rows of the tables ``words`` and ``numbers`` for what a product can be filtered by."""
    entries: dict[str, list[tuple[str, str | float]]] = {"words": [], "numbers": []}
    for field, value in payload.items():
        for item in value if isinstance(value, list) else [value]:
            entries["words" if isinstance(item, str) else "numbers"].append((field, item))
    return entries

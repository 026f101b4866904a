"""The feature cache: what a frozen backbone made of a picture or a text is computed once, ever.

Layout, one folder for each backbone and kind of content::

    <root>/<backbone fingerprint>/<kind>/vectors.f32    rows [n, dim], float32, appended
    <root>/<backbone fingerprint>/<kind>/keys.bin       a header, then for each row its key [16 bytes] and
                                                        the CRC-32 of key and row [4 bytes]

Rows are written and synced before their keys, so a process killed on the way leaves rows without keys or
part of a key, which the next write cuts off. Every row is checked against its CRC when it is mapped; a
damaged one counts as missing and is encoded again. Writers exclude each other by a lock on ``keys.bin``,
which the kernel releases when a process ends; readers take none.
"""

import fcntl
import hashlib
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from retriever.errors import FeatureCacheError

Features = NDArray[np.float32]

_HEADER = struct.Struct("<8sII")
_MAGIC = b"slfeat\r\n"
_FORMAT = 1
_RECORD = np.dtype([("key", "V16"), ("crc", "<u4")])


def text_key(text: str) -> str:
    """Key of a text's content (32 hex digits), as `Picture.key` is that of a picture's."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class FeatureCache:
    """Features [dim] of one backbone by content key (`Picture.key`, `text_key`), kept on disk.

    Several processes may read and write the same folder; one object is for one thread.
    """

    def __init__(
        self,
        root: Path,
        fingerprint: str,
        dim: int,
        *,
        kind: Literal["picture", "text"] = "picture",
    ) -> None:
        """Open the cache; makes no file until the first `put`.

        Raises `FeatureCacheError` when the files there are not such a cache or cannot be read.
        """
        self.fingerprint = fingerprint
        self.dim = dim
        self.folder = root / fingerprint / kind
        self._keys_file = self.folder / "keys.bin"
        self._vectors_file = self.folder / "vectors.f32"
        self._rows: dict[str, int] = {}
        self._mapped: Features = np.empty((0, dim), np.float32)
        self._refresh()

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, key: str) -> bool:
        return key in self._rows

    def missing(self, keys: Sequence[str]) -> list[str]:
        """The keys without features, each once, in order; sees what other processes have added."""
        self._refresh()
        return [key for key in dict.fromkeys(keys) if key not in self._rows]

    def put(self, keys: Sequence[str], vectors: Features) -> None:
        """Store a row of vectors [n, dim] for each of n keys; durable when it returns.

        Keys that are there already keep their features. Raises `FeatureCacheError` for keys or vectors
        that do not fit the cache, and when they cannot be written.
        """
        if vectors.shape != (len(keys), self.dim):
            raise FeatureCacheError(
                f"{len(keys)} keys with vectors {list(vectors.shape)} do not fit the cache "
                f"{self.folder} of vectors [{self.dim}]; give one row of that length for each key"
            )
        binary = {key: _binary(key) for key in keys}
        with self._writing() as keys_descriptor:
            self._refresh()
            fresh = {key: row for row, key in enumerate(keys) if key not in self._rows}
            if not fresh:
                return
            rows = np.ascontiguousarray(vectors[list(fresh.values())], dtype="<f4")
            records = np.empty(len(fresh), _RECORD)
            for at, key in enumerate(fresh):
                records[at] = (binary[key], zlib.crc32(rows[at].data, zlib.crc32(binary[key])))
            self._append(keys_descriptor, records, rows)
            self._refresh()

    def get(self, keys: Sequence[str]) -> Features:
        """Features [n, dim] of n keys, in their order. Raises `FeatureCacheError` naming absent keys."""
        if any(key not in self._rows for key in keys) and (absent := self.missing(keys)):
            more = f" and {len(absent) - 3} more" if len(absent) > 3 else ""
            raise FeatureCacheError(
                f"the feature cache {self.folder} has no features of {', '.join(absent[:3])}{more}; "
                "encode them first"
            )
        rows = np.fromiter((self._rows[key] for key in keys), np.int64, len(keys))
        return np.asarray(self._mapped[rows])

    def _refresh(self) -> None:
        """Map the rows that are complete by now and index those that are new and undamaged."""
        try:
            with self._keys_file.open("rb") as file:
                self._check_header(file.read(_HEADER.size))
                known = len(self._mapped)
                file.seek(_HEADER.size + known * _RECORD.itemsize)
                data = file.read()
            held = self._vectors_file.stat().st_size // self._row_bytes
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._failed("read", error) from error
        count = min(len(data) // _RECORD.itemsize, held - known)
        if count <= 0:
            return
        self._mapped = np.memmap(
            self._vectors_file, np.dtype("<f4"), "r", shape=(known + count, self.dim)
        )
        records = np.frombuffer(data, _RECORD, count)
        stored = self._mapped[known:].reshape(-1).view(np.uint8).data
        # Bare loop over bytes: this runs once a row whenever a cache of perhaps a million is opened.
        for at, (key, crc) in enumerate(
            zip(records["key"].tolist(), records["crc"].tolist(), strict=True)
        ):
            row = stored[at * self._row_bytes : (at + 1) * self._row_bytes]
            if zlib.crc32(row, zlib.crc32(key)) == crc:
                self._rows[key.hex()] = known + at

    def _append(self, keys: int, records: NDArray[np.void], rows: Features) -> None:
        """Write rows, then their records, after the last complete ones; the lock is held."""
        at = len(self._mapped)
        try:
            vectors = os.open(self._vectors_file, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                os.ftruncate(vectors, at * self._row_bytes)
                _write(vectors, rows.tobytes(), at * self._row_bytes)
                os.fsync(vectors)
            finally:
                os.close(vectors)
            end = _HEADER.size + at * _RECORD.itemsize
            if os.fstat(keys).st_size < _HEADER.size:
                _write(keys, _HEADER.pack(_MAGIC, _FORMAT, self.dim), 0)
            os.ftruncate(keys, end)
            _write(keys, records.tobytes(), end)
            os.fsync(keys)
            if at == 0:
                self._sync_folder()
        except OSError as error:
            raise self._failed("written", error) from error

    @contextmanager
    def _writing(self) -> Iterator[int]:
        """The descriptor of the keys' file, locked against other writers."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._keys_file, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise self._failed("written", error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            os.close(descriptor)

    @property
    def _row_bytes(self) -> int:
        return self.dim * 4

    def _check_header(self, header: bytes) -> None:
        if len(header) < _HEADER.size:
            return  # a process was killed before it had written anything
        magic, version, dim = _HEADER.unpack(header)
        if (magic, version, dim) != (_MAGIC, _FORMAT, self.dim):
            held = f"vectors [{dim}]" if (magic, version) == (_MAGIC, _FORMAT) else "something else"
            raise FeatureCacheError(
                f"{self._keys_file} holds {held}, not vectors [{self.dim}] of this backbone; delete "
                f"{self.folder} (it is made again) or choose another cache folder"
            )

    def _sync_folder(self) -> None:
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _failed(self, done: str, error: OSError) -> FeatureCacheError:
        return FeatureCacheError(
            f"the feature cache {self.folder} cannot be {done} ({error.strerror or error}); free some "
            "space, correct its permissions or choose another cache folder"
        )


def _binary(key: str) -> bytes:
    try:
        binary = bytes.fromhex(key)
    except ValueError:
        binary = b""
    if len(binary) != 16 or binary.hex() != key:
        raise FeatureCacheError(f"{key!r} is not a content key; use Picture.key or text_key")
    return binary


def _write(descriptor: int, data: bytes, at: int) -> None:
    """Write all of the data; one call of the system writes 2 GiB at most."""
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, at)
        view, at = view[written:], at + written

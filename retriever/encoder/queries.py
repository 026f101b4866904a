"""Texts of queries: encoded once while they are remembered, and together when many come at once."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retriever.stages import count

Features = NDArray[np.float32]

CAPACITY = 4096
"""Texts remembered, the least recently asked forgotten first: 8 MB of vectors of 512 numbers."""

MOST_AT_ONCE = 64
"""Texts encoded in one call: the first of them would wait for more."""


@dataclass(slots=True, eq=False)
class _Pending:
    """A text that is waited for, and what became of it."""

    key: bytes
    text: str
    row: Features | None = None
    error: Exception | None = None

    @property
    def done(self) -> bool:
        return self.row is not None or self.error is not None


class QueryEncoder:
    """Unit rows [n, dim] of texts, remembered, for any number of threads at once.

    While one thread encodes, others put their texts down; when it is done, one of them encodes all that
    wait in one call. So nobody waits for company, and the busier the encoder the larger its batches. Texts
    that the tokenizer does not tell apart (``keys``) are one text. Where a call fails, its texts are
    encoded one by one, so that an error reaches only those who asked for that text; errors are not
    remembered. Counts "query_cache_hit" and "query_cache_miss" (see `retriever.stages`).
    """

    def __init__(
        self,
        encode: Callable[[list[str]], Features],
        keys: Callable[[list[str]], list[bytes]],
        *,
        capacity: int = CAPACITY,
    ) -> None:
        self._encode = encode
        self._keys = keys
        self._capacity = capacity
        self._state = threading.Condition()
        self._known: OrderedDict[bytes, Features] = OrderedDict()
        self._waiting: dict[bytes, _Pending] = {}
        self._busy = False

    def __call__(self, texts: Sequence[str]) -> Features:
        """Raises what encoding one of the texts raises."""
        wanted = [
            self._ask(key, text) for key, text in zip(self._keys(list(texts)), texts, strict=True)
        ]
        rows: list[Features] = []
        for pending in wanted:
            self._wait_for(pending)
            if pending.row is None:
                raise pending.error or AssertionError("neither a row nor an error")
            rows.append(pending.row)
        return np.stack(rows)

    def _ask(self, key: bytes, text: str) -> _Pending:
        with self._state:
            row = self._known.get(key)
            if row is not None:
                self._known.move_to_end(key)
            pending = self._waiting.get(key)
            if row is None and pending is None:
                pending = self._waiting[key] = _Pending(key, text)
        count("query_cache_miss" if row is None else "query_cache_hit")
        return pending if row is None and pending is not None else _Pending(key, text, row)

    def _wait_for(self, pending: _Pending) -> None:
        while True:
            with self._state:
                self._state.wait_for(lambda: pending.done or not self._busy)
                if pending.done:
                    return
                self._busy = True
                batch = list(self._waiting.values())[:MOST_AT_ONCE]
            try:
                self._run(batch)
            finally:
                with self._state:
                    self._busy = False
                    self._state.notify_all()

    def _run(self, batch: list[_Pending]) -> None:
        try:
            rows = self._encode([pending.text for pending in batch])
        except Exception as error:  # noqa: BLE001  whatever it is, it is raised to those who asked
            if len(batch) > 1:
                for pending in batch:
                    self._run([pending])
                return
            with self._state:
                batch[0].error = error
                del self._waiting[batch[0].key]
            return
        with self._state:
            for pending, row in zip(batch, rows, strict=True):
                pending.row = row.copy()
                pending.row.flags.writeable = False
                self._known[pending.key] = pending.row
                del self._waiting[pending.key]
            while len(self._known) > self._capacity:
                self._known.popitem(last=False)

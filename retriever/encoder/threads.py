"""Ordered work on a few threads with bounded memory."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from typing import TypeVar

_WORKERS = min(8, os.cpu_count() or 1)
_AHEAD = 2 * _WORKERS

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def map_in_threads(
    function: Callable[[_Item], _Result], items: Iterable[_Item], *, ahead: int = _AHEAD
) -> Iterator[_Result]:
    """As `map`, lazily and in order, on a few threads; for work that releases Python's lock.

    Pillow decodes and resizes without it. No more than ``ahead`` items are taken before they are
    consumed: by default twice as many as there are threads, as a decoded picture may take half a gigabyte.
    With small results more may be, and threads then go on while the caller does something else. A single
    item is done on the calling thread.
    """
    remaining = iter(items)
    first = list(islice(remaining, 2))
    if len(first) < 2:
        yield from map(function, first)
        return
    with ThreadPoolExecutor(_WORKERS) as pool:
        taken: deque[Future[_Result]] = deque()
        for item in chain(first, remaining):
            taken.append(pool.submit(function, item))
            if len(taken) >= ahead:
                yield taken.popleft().result()
        while taken:
            yield taken.popleft().result()

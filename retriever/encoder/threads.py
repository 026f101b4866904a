"""Ordered work on a few threads with bounded memory."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from typing import TypeVar

_WORKERS = min(8, os.cpu_count() or 1)

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def map_in_threads(
    function: Callable[[_Item], _Result], items: Iterable[_Item]
) -> Iterator[_Result]:
    """As `map`, lazily and in order, on a few threads; for work that releases Python's lock.

    Pillow decodes and resizes without it. No more than twice as many items as there are threads are
    taken ahead of what was consumed, as decoding a picture may take half a gigabyte. A single item is done on the
    calling thread.
    """
    remaining = iter(items)
    first = list(islice(remaining, 2))
    if len(first) < 2:
        yield from map(function, first)
        return
    with ThreadPoolExecutor(_WORKERS) as pool:
        ahead: deque[Future[_Result]] = deque()
        for item in chain(first, remaining):
            ahead.append(pool.submit(function, item))
            if len(ahead) == 2 * _WORKERS:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()

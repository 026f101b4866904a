"""Token buckets: how often one caller may ask."""

import math
import time
from collections.abc import Callable

_BURST_SECONDS = 15.0
"""A bucket holds what this many seconds of its rate give, and one token at least."""

_MOST_BUCKETS = 10_000


class RateLimiter:
    """One token bucket a caller, in memory; it begins full. For one event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}  # tokens, as of when

    def take(self, caller: str, per_minute: int) -> int:
        """Take a token: 0, or in how many whole seconds there will be one."""
        now = self._clock()
        size = max(1.0, per_minute * _BURST_SECONDS / 60)
        tokens, then = self._buckets.pop(caller, (size, now))
        tokens = min(size, tokens + (now - then) * per_minute / 60)
        wait = 0 if tokens >= 1 else math.ceil((1 - tokens) * 60 / per_minute)
        # Put last: the first of the dictionary is the caller unheard of for the longest.
        self._buckets[caller] = (tokens - 1 if wait == 0 else tokens, now)
        if len(self._buckets) > _MOST_BUCKETS:
            del self._buckets[next(iter(self._buckets))]
        return wait

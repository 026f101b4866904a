"""Stages of a search, as OpenTelemetry spans and for whoever keeps their times.

Spans cost next to nothing until a process sets an exporter up.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from opentelemetry import trace

observers: list[Callable[[str, float], None]] = []
"""Called with the name and the seconds of every stage that ended."""

counters: list[Callable[[str], None]] = []
"""Called with the name of everything that is counted: "query_cache_hit", "query_cache_miss"."""

_tracer = trace.get_tracer("shoplens.retriever")


def count(name: str) -> None:
    """Tell those who keep counters that something happened once."""
    for counter in counters:
        counter(name)


@contextmanager
def stage(name: str, **attributes: str | int | float | bool) -> Iterator[None]:
    """Time a stage ("encode", "search") and open a span of that name around it."""
    started = time.perf_counter()
    with _tracer.start_as_current_span(name, attributes=attributes):
        try:
            yield
        finally:
            for observe in observers:
                observe(name, time.perf_counter() - started)

"""Server-sent events."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from starlette.responses import StreamingResponse

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def sse(data: str, event: str | None = None) -> str:
    """One event; the data is on one line (JSON)."""
    return (f"event: {event}\n" if event else "") + f"data: {data}\n\n"


async def event_stream(events: AsyncGenerator[str], keep_alive: float) -> StreamingResponse:
    """Stream events, with a comment whenever there was none for ``keep_alive`` seconds.

    A client that goes away cancels the work behind the events. The first event is awaited here: a
    generator that has begun is also cleaned up when no one reads on.
    """
    head = await anext(events)
    return StreamingResponse(
        _kept_alive(head, events, keep_alive), media_type="text/event-stream", headers=_HEADERS
    )


async def _kept_alive(head: str, events: AsyncGenerator[str], seconds: float) -> AsyncIterator[str]:
    async with aclosing(events):
        yield head
        following = asyncio.ensure_future(anext(events))
        try:
            while True:
                done, _ = await asyncio.wait({following}, timeout=seconds)
                if not done:
                    yield ": keep-alive\n\n"
                    continue
                try:
                    event = following.result()
                except StopAsyncIteration:
                    return
                yield event
                following = asyncio.ensure_future(anext(events))
        finally:
            if not following.done():
                following.cancel()
                await asyncio.wait({following})

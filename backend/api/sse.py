"""Server-sent events."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from starlette.responses import StreamingResponse

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def sse(data: str, event: str | None = None) -> str:
    """One event; the data is on one line (JSON)."""
    return (f"event: {event}\n" if event else "") + f"data: {data}\n\n"


def event_stream(events: AsyncGenerator[str], keep_alive: float) -> StreamingResponse:
    """Stream events, with a comment whenever there was none for ``keep_alive`` seconds.

    A client that goes away cancels the work behind the events.
    """
    return StreamingResponse(
        _kept_alive(events, keep_alive), media_type="text/event-stream", headers=_HEADERS
    )


async def _kept_alive(events: AsyncGenerator[str], seconds: float) -> AsyncIterator[str]:
    async with aclosing(events):
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

"""Server-sent events."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from starlette.responses import StreamingResponse

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def sse(data: str, event: str | None = None) -> str:
    """One event; the data is on one line (JSON)."""
    return (f"event: {event}\n" if event else "") + f"data: {data}\n\n"


async def event_stream(
    events: AsyncGenerator[str], keep_alive: float, closing: set["asyncio.Task[None]"]
) -> StreamingResponse:
    """Stream events, with a comment whenever there was none for ``keep_alive`` seconds.

    A client that goes away cancels the work behind the events; ``closing`` holds the tasks that clean up
    after it until they are done. The first event is awaited here: a generator that has begun is also
    cleaned up when no one reads on.
    """
    head = await anext(events)
    return StreamingResponse(
        _kept_alive(head, events, keep_alive, closing),
        media_type="text/event-stream",
        headers=_HEADERS,
    )


async def _kept_alive(
    head: str,
    events: AsyncGenerator[str],
    seconds: float,
    closing: set["asyncio.Task[None]"],
) -> AsyncIterator[str]:
    following: asyncio.Future[str] | None = None
    try:
        yield head
        while True:
            following = asyncio.ensure_future(anext(events))
            while not (await asyncio.wait({following}, timeout=seconds))[0]:
                yield ": keep-alive\n\n"
            try:
                event = following.result()
            except StopAsyncIteration:
                return
            yield event
    finally:
        # In a task of its own: what runs here is cancelled anew at every await once the client is gone.
        cleaning = asyncio.create_task(_close(events, following))
        closing.add(cleaning)
        cleaning.add_done_callback(closing.discard)
        await asyncio.shield(cleaning)


async def _close(events: AsyncGenerator[str], following: "asyncio.Future[Any] | None") -> None:
    if following is not None:
        following.cancel()
        await asyncio.wait({following})
        if not following.cancelled():
            following.exception()
    await events.aclose()

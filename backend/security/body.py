"""Bodies of requests are read whole, up to a size and within a time, before anything else sees them."""

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.problems import problem, problem_response


class BodyLimit:
    """Answers 413 to a body larger than ``max_bytes``, declared or counted while it arrives, and 408 to
    one that takes longer than ``seconds``.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, seconds: float) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "")
        body = bytearray()
        gone: Message | None = None
        try:
            async with asyncio.timeout(self._seconds):
                more = True
                while more and gone is None and not self._exceeds(declared, len(body)):
                    message = await receive()
                    if message["type"] == "http.request":
                        body += message.get("body", b"")
                        more = message.get("more_body", False)
                    else:
                        gone = message
        except TimeoutError:
            late = problem(
                408, f"the body did not arrive within {self._seconds:g} s; send it again"
            )
            response = problem_response(late, scope, {"Connection": "close"})
            await response(scope, receive, send)
            return
        if self._exceeds(declared, len(body)):
            large = problem(
                413, f"the request is larger than {self._max_bytes:,} bytes; send a smaller picture"
            )
            response = problem_response(large, scope, {"Connection": "close"})
            await response(scope, receive, send)
            return

        waiting: list[Message] = [gone] if gone else []
        waiting.insert(
            0, {"type": "http.request", "body": bytes(body), "more_body": gone is not None}
        )

        async def replay() -> Message:
            return waiting.pop(0) if waiting else await receive()

        await self._app(scope, replay, send)

    def _exceeds(self, declared: str, received: int) -> bool:
        # isdecimal, and not int() alone: "-1" and "1_0" are no lengths; the server refuses those.
        announced = int(declared) if declared.isascii() and declared.isdecimal() else 0
        return max(announced, received) > self._max_bytes

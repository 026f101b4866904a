"""API keys: who asks, and how often they may."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.problems import problem, problem_response
from backend.security.rate import RateLimiter
from backend.security.scope import Caller, request_id, set_caller
from backend.store import Store
from backend.store.keys import find_key

OPEN_PATHS = frozenset({"/healthz", "/readyz", "/openapi.json", "/docs"})
"""What needs no key: probes of orchestrators, and the description of the API."""


class KeyGuard:
    """Answers 401 without a valid key where one is required, 429 to a key that asks too often.

    A key comes as ``Authorization: Bearer KEY`` or ``X-API-Key: KEY``. One that is presented must be
    valid even where none is required.
    """

    def __init__(
        self, app: ASGIApp, store: Store, limiter: RateLimiter, rate_per_minute: int, required: bool
    ) -> None:
        self._app = app
        self._store = store
        self._limiter = limiter
        self._rate = rate_per_minute
        self._required = required

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS:
            await self._app(scope, receive, send)
            return
        presented = _presented(Headers(scope=scope))
        if presented or self._required:
            key = await find_key(self._store, presented) if presented else None
            if key is None:
                detail = "the API key is not valid" if presented else "an API key is required"
                refused = problem(
                    401, f"{detail}; send one as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'"
                )
                headers = {"WWW-Authenticate": "Bearer"}
                response = problem_response(refused, request_id(scope), headers)
                await response(scope, receive, send)
                return
            wait = self._limiter.take(key.id, key.rate_per_minute or self._rate)
            if wait:
                often = problem(429, f"this key asks too often; ask again in {wait} s")
                headers = {"Retry-After": str(wait)}
                response = problem_response(often, request_id(scope), headers)
                await response(scope, receive, send)
                return
            set_caller(scope, Caller(key.id, key.name))
        await self._app(scope, receive, send)


def _presented(headers: Headers) -> str:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")

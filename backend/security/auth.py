"""API keys: who asks, and how often they may."""

import logging

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.problems import problem, problem_of, problem_response
from backend.security.rate import RateLimiter
from backend.security.scope import Caller, request_id, set_caller
from backend.store import Store
from backend.store.keys import find_key
from retriever.errors import StoreError

_log = logging.getLogger("shoplens")

OPEN_PATHS = frozenset({"/healthz", "/readyz", "/openapi.json", "/docs"})
"""What needs no key: probes of orchestrators, and the description of the API."""


class KeyGuard:
    """Answers 401 without a valid key where one is required, 429 to a key that asks too often.

    A key comes as ``Authorization: Bearer KEY`` or ``X-API-Key: KEY``. Where none is required, one that
    is not valid counts as none: OpenAI's clients cannot leave it out.
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
        try:
            key = await find_key(self._store, presented) if presented else None
        except StoreError as error:
            _log.error("request %s: %s", request_id(scope), error)
            await problem_response(problem_of(error), scope)(scope, receive, send)
            return
        if key is None and self._required:
            detail = "the API key is not valid" if presented else "an API key is required"
            refused = problem(
                401, f"{detail}; send one as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'"
            )
            headers = {"WWW-Authenticate": "Bearer"}
            await problem_response(refused, scope, headers)(scope, receive, send)
            return
        if key is not None:
            wait = self._limiter.take(key.id, key.rate_per_minute or self._rate)
            if wait:
                often = problem(429, f"this key asks too often; ask again in {wait} s")
                headers = {"Retry-After": str(wait)}
                response = problem_response(often, scope, headers)
                await response(scope, receive, send)
                return
            set_caller(scope, Caller(key.id, key.name))
        await self._app(scope, receive, send)


def _presented(headers: Headers) -> str:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")

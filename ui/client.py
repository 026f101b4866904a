"""`Backend`: the routes of the backend that the chat uses."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from ui.errors import RefusedError, UnreachableError
from ui.model import Json, Outgoing, Product, Summary
from ui.settings import ChatSettings
from ui.sse import read_events

_CONNECT_SECONDS = 3.0
_READ_SECONDS = 60.0
"""The backend puts a comment on a silent stream every 15 s, so a minute of silence means it is gone."""

_PARALLEL = 6
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Backend:
    """Asks one backend. Threads may share it.

    Every call raises `UnreachableError` when there is no answer and `RefusedError` when the answer is a
    problem.
    """

    def __init__(self, settings: ChatSettings) -> None:
        headers = {"Authorization": f"Bearer {settings.api_key}"} if settings.api_key else {}
        self.url = settings.backend_url
        self._client = httpx.Client(
            base_url=settings.backend_url,
            headers=headers,
            timeout=httpx.Timeout(_READ_SECONDS, connect=_CONNECT_SECONDS),
            # A proxy of the environment is for other machines than this one.
            trust_env=urlsplit(settings.backend_url).hostname not in _LOOPBACK,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    # State

    def why_not_ready(self) -> str:
        """Why searches are not answered, in words; "" when they are."""
        try:
            self._get("/readyz")
        except RefusedError as error:
            if error.status != 503:
                raise
            return str(error)
        return ""

    def indexing(self) -> Json | None:
        """How far an index is that is being built now, as the backend tells it; None without one."""
        found: Json | None = self._get("/v1/indexing")["running"]
        return found

    def capabilities(self) -> Json:
        """The fields that one can filter by."""
        found: Json = self._get("/v1/capabilities")
        return found

    # The chat

    def say(
        self, conversation_id: str | None, message: Outgoing, constraints: Json | None
    ) -> Iterator[tuple[str, Json]]:
        """Send a message; gives the events of the reply as (name, data) while they arrive."""
        fields: dict[str, Any] = {"text": message.text}
        if conversation_id is not None:
            fields["conversation_id"] = conversation_id
        if message.like:
            fields["like"] = message.like
        if message.removed:
            fields["removed"] = list(message.removed)
        if constraints is not None:
            fields["constraints"] = constraints
        sent: dict[str, Any] = {"json": fields}
        if message.picture is not None:
            form = {k: v if isinstance(v, str) else json.dumps(v) for k, v in fields.items()}
            sent = {"data": form, "files": {"picture": ("picture", message.picture)}}
        with self._answering(), self._client.stream("POST", "/v1/chat", **sent) as reply:
            if not reply.is_success:
                reply.read()
                raise _refused(reply)
            yield from read_events(reply.iter_lines())

    def conversations(self, limit: int = 30) -> list[Summary]:
        """The latest conversations of this API key."""
        found = self._get("/v1/conversations", limit=limit)
        return [Summary(item["id"], item["title"], item["updated"]) for item in found]

    def conversation(self, conversation_id: str) -> Json:
        """What was said and shown."""
        found: Json = self._get(f"/v1/conversations/{quote(conversation_id)}")
        return found

    def shown(self, conversation_id: str) -> dict[str, Product]:
        """The products that a conversation speaks of, as the catalogue has them now, by id."""
        found = self._get(f"/v1/conversations/{quote(conversation_id)}/products")
        return {item["id"]: Product.read(item) for item in found}

    def picture_of(self, conversation_id: str) -> bytes | None:
        """The picture that a conversation searches by, small, where it does."""
        try:
            return self._bytes(f"/v1/conversations/{quote(conversation_id)}/picture")
        except RefusedError as error:
            if error.status != 404:
                raise
            return None

    def forget(self, conversation_id: str) -> None:
        """Delete a conversation for good."""
        with self._answering():
            _checked(self._client.delete(f"/v1/conversations/{quote(conversation_id)}"))

    def judge(
        self, query: str, product_id: str, relevant: bool, conversation_id: str | None
    ) -> None:
        """Keep a thumb: whether a product answers a query."""
        verdict: dict[str, Any] = {
            "query": query,
            "product_id": product_id,
            "verdict": "relevant" if relevant else "irrelevant",
        }
        if conversation_id is not None:
            verdict["conversation_id"] = conversation_id
        self._post("/v1/feedback", verdict)

    def pictures(self, keys: Sequence[str]) -> list[bytes | None]:
        """Small pictures (JPEG) by their keys; None for one that was not kept."""
        with ThreadPoolExecutor(_PARALLEL) as pool:
            return list(pool.map(self._picture, keys))

    # The evaluation page

    def adapters(self) -> list[Json]:
        """The adapters that fit the served encoder."""
        found: list[Json] = self._get("/v1/adapters")
        return found

    def compare(self, text: str, adapters: Sequence[str], k: int) -> list[Json]:
        """The same words searched with several adapters, exactly."""
        body = {"text": text, "adapters": list(adapters), "k": k}
        found: list[Json] = self._post("/v1/adapters/compare", body)
        return found

    def evaluations(self) -> list[Json]:
        """What `shoplens eval` has kept, newest first."""
        found: list[Json] = self._get("/v1/evaluations")
        return found

    def evaluation(self, name: str) -> Json:
        """One of them, whole."""
        found: Json = self._get(f"/v1/evaluations/{quote(name, safe='')}")
        return found

    def _picture(self, key: str) -> bytes | None:
        try:
            return self._bytes(f"/v1/pictures/{key}.jpg")
        except RefusedError as error:
            if error.status not in (404, 422):
                raise
            return None

    def _get(self, path: str, **query: Any) -> Any:
        with self._answering():
            return _json(_checked(self._client.get(path, params=query)))

    def _post(self, path: str, body: Json) -> Any:
        with self._answering():
            return _json(_checked(self._client.post(path, json=body)))

    def _bytes(self, path: str) -> bytes:
        with self._answering():
            return _checked(self._client.get(path)).content

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except (httpx.RequestError, httpx.InvalidURL) as error:
            raise UnreachableError(
                f"The shop's server at {self.url} does not answer ({type(error).__name__})."
            ) from error


def _checked(reply: httpx.Response) -> httpx.Response:
    if not reply.is_success:
        raise _refused(reply)
    return reply


def _json(reply: httpx.Response) -> Any:
    try:
        return reply.json()
    except ValueError as error:
        raise RefusedError(
            reply.status_code,
            "",
            f"What answers at {reply.url} is no shoplens backend; see that SHOPLENS_BACKEND_URL names one.",
        ) from error


def _refused(reply: httpx.Response) -> RefusedError:
    try:
        problem = reply.json()
        return RefusedError(
            reply.status_code, problem["type"].rpartition(":")[2], str(problem["detail"])
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return RefusedError(
            reply.status_code, "", f"The server answered {reply.status_code} and no more."
        )

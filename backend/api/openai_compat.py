"""The recommender as a chat model of OpenAI's API, so that its clients work unchanged.

The messages carry the conversation. What earlier turns showed ("the second one") is remembered by the
hash of the messages up to there; after a restart, or where a client rewrote them, the shopper's own
messages are gone through once more with the offline writer, which shows the same products.
"""

import hashlib
import json
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Annotated, Any, Literal
from uuid import uuid4

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from backend.api.deps import CallerDep, ServicesDep
from backend.api.models import PictureInput
from backend.api.replies import reply
from backend.api.sse import event_stream, sse
from backend.problems import problem_of, problem_responses
from backend.security.scope import request_id
from backend.services import Services
from generator.conversation import Conversation, Message
from generator.events import Done, Event, Products, Text, Understood
from generator.recommender import Recommender
from retriever.errors import QueryError, ShoplensError

MODEL = "shoplens"

router = APIRouter(prefix="/v1", tags=["openai"])

_REMEMBERED = 500


class _Open(BaseModel):
    model_config = ConfigDict(extra="ignore")


class ImageUrl(_Open):
    url: PictureInput


class Part(_Open):
    """A part of a message: text, or a picture as a ``data:`` address (`PictureInput`)."""

    type: Literal["text", "image_url"]
    text: str = ""
    image_url: ImageUrl | None = None


class ChatCompletionMessage(_Open):
    role: Literal["system", "developer", "user", "assistant"]
    content: str | Annotated[list[Part], Field(max_length=20)] | None = None

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return " ".join(part.text for part in self.content if part.text)
        return self.content or ""

    @property
    def picture(self) -> bytes | str | None:
        parts = self.content if isinstance(self.content, list) else []
        return next((part.image_url.url for part in parts if part.image_url), None)


class StreamOptions(_Open):
    include_usage: bool = False


class ChatCompletionRequest(_Open):
    """As OpenAI's; system messages are not followed, sampling settings have no effect."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "examples": [
                {"model": MODEL, "messages": [{"role": "user", "content": "a red handbag"}]}
            ]
        },
    )

    model: str = Field(default=MODEL, max_length=200)
    messages: list[ChatCompletionMessage] = Field(min_length=1, max_length=200)
    stream: bool = False
    stream_options: StreamOptions | None = None
    n: Literal[1] | None = None
    tools: Annotated[list[Any], Field(max_length=0)] | None = Field(
        default=None, description="Not supported: the recommender calls no tools."
    )

    def last(self) -> ChatCompletionMessage:
        """Raises `QueryError` unless the last message is the shopper's."""
        last = self.messages[-1]
        if last.role != "user" or not (last.text.strip() or last.picture):
            raise QueryError("the last message must be the user's, with some text or a picture")
        return last


@router.get("/models", operation_id="list_models")
async def models() -> dict[str, Any]:
    """The one model there is."""
    one = {"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}
    return {"object": "list", "data": [one]}


@router.post(
    "/chat/completions",
    operation_id="create_chat_completion",
    response_class=JSONResponse,
    responses={
        200: {"content": {"application/json": {}, "text/event-stream": {}}},
        **problem_responses(413, 422, 503),
    },
)
async def chat_completions(
    body: ChatCompletionRequest, request: Request, services: ServicesDep, caller: CallerDep
) -> Response:
    """Answer the last message. ``shoplens`` in the answer holds the products and the citations."""
    last = body.last()
    message = await _message(services, last)
    conversation = await _conversation(services, caller.key_id, body.messages[:-1])
    events = reply(services, conversation, message)
    answer = _Answer(body, caller.key_id, services)
    if body.stream:
        first = [await anext(events), await anext(events)]
        chunks = _chunks(answer, first, events, conversation, request_id(request.scope))
        return await event_stream(chunks, services.settings.keep_alive_seconds, services.closing)
    async with aclosing(events):
        async for event in events:
            answer.add(event)
    answer.remember(conversation)
    choice = {"role": "assistant", "content": " ".join(answer.texts), "refusal": None}
    return JSONResponse(
        {
            **answer.head("chat.completion"),
            "choices": [{"index": 0, "message": choice, "finish_reason": "stop", "logprobs": None}],
            "usage": answer.usage,
            "shoplens": answer.extra,
        }
    )


async def _chunks(
    answer: "_Answer",
    first: Sequence[Event],
    events: AsyncGenerator[Event],
    conversation: Conversation,
    request: str,
) -> AsyncGenerator[str]:
    try:
        for event in first:
            answer.add(event)
        yield answer.chunk({"role": "assistant", "content": ""}, shoplens=dict(answer.extra))
        async for event in events:
            answer.add(event)
            if isinstance(event, Text):
                space = " " if len(answer.texts) > 1 else ""
                yield answer.chunk({"content": space + event.text})
        answer.remember(conversation)
        yield answer.chunk({}, "stop", shoplens=answer.extra)
        if answer.request.stream_options and answer.request.stream_options.include_usage:
            head = answer.head("chat.completion.chunk")
            yield sse(json.dumps({**head, "choices": [], "usage": answer.usage}))
        yield sse("[DONE]")
    except ShoplensError as error:
        told = problem_of(error).model_copy(update={"request_id": request})
        failure = {"message": told.detail, "type": told.type, "code": str(told.status)}
        yield sse(json.dumps({"error": failure}))
    finally:
        await events.aclose()


class _Answer:
    """What a reply has come to, in the shapes of OpenAI's API."""

    def __init__(self, request: ChatCompletionRequest, owner: str, services: Services) -> None:
        self.request = request
        self.remembered = services.remembered
        self.owner = owner
        self.texts: list[str] = []
        self.extra: dict[str, Any] = {"products": [], "citations": []}
        self.usage = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
        self._head = {"id": f"chatcmpl-{uuid4().hex}", "created": int(time.time()), "model": MODEL}

    def add(self, event: Event) -> None:
        data = event.model_dump(mode="json")
        if isinstance(event, Understood):
            self.extra["constraints"] = data["chips"]
        elif isinstance(event, Products):
            self.extra |= {"products": data["items"], "fits": event.fits}
        elif isinstance(event, Text):
            self.texts.append(event.text)
            self.extra["citations"] += [
                cited for cited in data["citations"] if cited not in self.extra["citations"]
            ]
        elif isinstance(event, Done):
            self.extra["writer"] = event.writer
            self.usage = {
                "prompt_tokens": event.tokens_in,
                "completion_tokens": event.tokens_out,
                "total_tokens": event.tokens_in + event.tokens_out,
            }

    def head(self, kind: str) -> dict[str, Any]:
        return {**self._head, "object": kind}

    def chunk(self, delta: dict[str, Any], finish: str | None = None, **extra: Any) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return sse(json.dumps({**self.head("chat.completion.chunk"), "choices": [choice], **extra}))

    def remember(self, conversation: Conversation) -> None:
        said = ChatCompletionMessage(role="assistant", content=" ".join(self.texts))
        key = _key(self.owner, [*self.request.messages, said])
        self.remembered[key] = conversation.model_dump_json()
        while len(self.remembered) > _REMEMBERED:
            self.remembered.popitem(last=False)


async def _conversation(
    services: Services, owner: str, earlier: Sequence[ChatCompletionMessage]
) -> Conversation:
    known = services.remembered.get(_key(owner, earlier))
    if known is not None:
        return Conversation.model_validate_json(known)
    conversation = Conversation()
    said = [message for message in earlier if message.role == "user"]
    if said:
        async with services.pinned() as search:
            offline = Recommender(search, await services.capabilities(search.version))
            for message in said:
                if message.text.strip() or message.picture:
                    read = await _message(services, message)
                    async for _ in offline.reply(conversation, read):
                        pass
    return conversation


async def _message(services: Services, message: ChatCompletionMessage) -> Message:
    if len(message.text) > 2_000:
        raise QueryError("a message is longer than 2,000 characters; say it in fewer words")
    return Message(text=message.text, picture=await services.pictures.read(message.picture))


def _key(owner: str, messages: Sequence[ChatCompletionMessage]) -> str:
    digest = hashlib.blake2b(owner.encode(), digest_size=16)
    for message in messages:
        if message.role in ("user", "assistant"):
            digest.update(json.dumps([message.role, message.text]).encode())
            picture = message.picture or b""
            digest.update(picture.encode() if isinstance(picture, str) else picture)
    return digest.hexdigest()

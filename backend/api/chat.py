"""``POST /v1/chat``: a turn of a conversation as server-sent events."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse

from backend.api.bodies import body_of, request_body
from backend.api.conversations import unknown
from backend.api.deps import CallerDep, ServicesDep
from backend.api.models import PictureInput, Words
from backend.api.replies import reply
from backend.api.sse import event_stream, sse
from backend.problems import problem, problem_of, problem_responses
from backend.security.scope import Caller, request_id
from backend.services import Services
from backend.store.conversations import Stored, load_conversation, save_conversation
from generator.constraints import Constraints
from generator.conversation import Conversation, Message
from generator.events import Done, Event
from retriever.errors import QueryError, ShoplensError

router = APIRouter(tags=["chat"])

_log = logging.getLogger("shoplens")


class ChatMessage(BaseModel):
    """What a shopper says, and in which conversation (none: a new one is begun).

    ``constraints`` narrow what the text asks; ``removed`` are keys of constraints (``chips``) to drop.
    ``like`` is the id of a product to show more of, within the constraints in force; it needs no text.
    """

    model_config = ConfigDict(extra="forbid")

    conversation_id: Annotated[str, Field(pattern="^[0-9a-f]{32}$")] | None = None
    text: Words = ""
    picture: PictureInput | None = None
    constraints: Constraints | None = None
    removed: list[str] = Field(default_factory=list, max_length=50)
    like: Annotated[str, Field(min_length=1, max_length=512, pattern=r"^[^\x00]+$")] | None = None
    k: int = Field(default=8, ge=1, le=50)

    @property
    def empty(self) -> bool:
        """Whether it asks for nothing at all."""
        given = (self.text.strip(), self.picture, self.removed, self.constraints, self.like)
        return not any(given)

    def message(self, picture: bytes | None) -> Message:
        fields = self.model_dump(exclude={"conversation_id", "constraints", "picture"})
        return Message(**fields, picture=picture, constraints=self.constraints)


_STREAM = (
    "Events, in this order: `conversation` (its id), `understood`, `products`, any number of `text` "
    "(one checked sentence with its citations) and `withheld`, `done` (writer, tokens, seconds); or "
    "`error`, a problem, which ends the stream. Comments keep the connection open."
)


@router.post(
    "/v1/chat",
    operation_id="chat",
    response_class=StreamingResponse,
    responses={
        200: {"description": _STREAM, "content": {"text/event-stream": {}}},
        **problem_responses(404, 409, 413, 415, 422, 503),
    },
    openapi_extra=request_body(ChatMessage, {"text": "a red handbag under 80 euros"}),
)
async def chat(
    request: Request,
    body: Annotated[ChatMessage, Depends(body_of(ChatMessage))],
    services: ServicesDep,
    caller: CallerDep,
) -> StreamingResponse:
    """Recommend products in a conversation; every sentence is checked before it is sent."""
    if body.empty:
        raise QueryError("the message is empty; give some text, a picture, or both")
    if body.like is not None and (body.text.strip() or body.picture is not None):
        raise QueryError("the message has both like and words or a picture; send one of them")
    message = body.message(await services.pictures.read(body.picture))
    stored = Stored(Conversation(), 0)
    if body.conversation_id is not None:
        found = await load_conversation(services.store, caller.key_id, body.conversation_id)
        if found is None:
            raise unknown(body.conversation_id)
        stored = found
    if stored.conversation.id in services.busy:
        raise HTTPException(409, "a reply in this conversation is still being written; wait for it")
    services.busy.add(stored.conversation.id)
    events = reply(services, stored.conversation, message)
    try:
        # Up to the products, so that a refused filter is a status and not an event.
        first = [await anext(events), await anext(events)]
    except BaseException:
        services.busy.discard(stored.conversation.id)
        await events.aclose()
        raise
    stream = _stream(services, caller, stored, first, events, request_id(request.scope))
    return await event_stream(stream, services.settings.keep_alive_seconds, services.closing)


async def _stream(
    services: Services,
    caller: Caller,
    stored: Stored,
    first: list[Event],
    events: AsyncGenerator[Event],
    request: str,
) -> AsyncGenerator[str]:
    conversation = stored.conversation
    saved: bool | None = None
    try:
        yield sse(f'{{"id":"{conversation.id}"}}', "conversation")
        for event in first:
            yield sse(event.model_dump_json(), event.type)
        async for event in events:
            if isinstance(event, Done):
                saved = await save_conversation(services.store, caller.key_id, stored)
                if not saved:
                    lost = problem(409, "the conversation went on elsewhere; read it again")
                    yield sse(
                        lost.model_copy(update={"request_id": request}).model_dump_json(), "error"
                    )
                    return
            yield sse(event.model_dump_json(), event.type)
    except ShoplensError as error:
        _log.error("request %s: %s", request, error)
        told = problem_of(error).model_copy(update={"request_id": request})
        yield sse(told.model_dump_json(), "error")
    finally:
        await events.aclose()
        services.busy.discard(conversation.id)
        if saved is None and conversation.turns:
            # The client went away: what it was shown still counts when it comes back.
            await asyncio.shield(save_conversation(services.store, caller.key_id, stored))

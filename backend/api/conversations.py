"""Conversations: begun, listed, read, forgotten. They survive a restart."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from backend.api.deps import CallerDep, ConversationId, ServicesDep
from backend.problems import problem_responses
from backend.store.conversations import (
    Stored,
    Summary,
    delete_conversation,
    list_conversations,
    load_conversation,
    save_conversation,
)
from generator.constraints import Chip
from generator.conversation import Conversation, Turn

router = APIRouter(prefix="/v1/conversations", tags=["conversations"])


class ConversationView(BaseModel):
    """What was said and shown, and the constraints in force."""

    id: str
    turns: list[Turn]
    constraints: list[Chip]


@router.post("", operation_id="create_conversation", status_code=201)
async def create(services: ServicesDep, caller: CallerDep) -> ConversationView:
    """Begin a conversation. `POST /v1/chat` without an id does so too."""
    conversation = Conversation()
    await save_conversation(services.store, caller.key_id, Stored(conversation, 0))
    return _view(conversation)


@router.get("", operation_id="list_conversations", responses=problem_responses(422))
async def listing(
    services: ServicesDep, caller: CallerDep, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> list[Summary]:
    """Your latest conversations."""
    return await list_conversations(services.store, caller.key_id, limit)


@router.get(
    "/{conversation_id}", operation_id="get_conversation", responses=problem_responses(404, 422)
)
async def get(
    conversation_id: ConversationId, services: ServicesDep, caller: CallerDep
) -> ConversationView:
    """One of your conversations."""
    stored = await load_conversation(services.store, caller.key_id, conversation_id)
    if stored is None:
        raise unknown(conversation_id)
    return _view(stored.conversation)


@router.delete(
    "/{conversation_id}",
    operation_id="delete_conversation",
    status_code=204,
    responses=problem_responses(404, 422),
)
async def delete(
    conversation_id: ConversationId, services: ServicesDep, caller: CallerDep
) -> Response:
    """Forget a conversation for good."""
    if not await delete_conversation(services.store, caller.key_id, conversation_id):
        raise unknown(conversation_id)
    return Response(status_code=204)


def unknown(conversation_id: str) -> HTTPException:
    return HTTPException(
        404, f"you have no conversation {conversation_id}; begin one without an id"
    )


def _view(conversation: Conversation) -> ConversationView:
    return ConversationView(
        id=conversation.id, turns=conversation.turns, constraints=conversation.constraints.chips()
    )

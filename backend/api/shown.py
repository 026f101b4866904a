"""What a conversation showed, for whoever opens it again: its products and its picture."""

import asyncio

from fastapi import APIRouter, Response
from starlette.exceptions import HTTPException

from backend.api.conversations import unknown
from backend.api.deps import CallerDep, ConversationId, ServicesDep
from backend.api.models import ProductView, product_view
from backend.problems import problem_responses
from backend.security.scope import Caller
from backend.services import Services
from backend.store.conversations import load_conversation
from generator.conversation import Conversation

router = APIRouter(prefix="/v1/conversations", tags=["conversations"])


@router.get(
    "/{conversation_id}/products",
    operation_id="get_shown_products",
    responses=problem_responses(404, 422, 503),
)
async def products(
    conversation_id: ConversationId, services: ServicesDep, caller: CallerDep
) -> list[ProductView]:
    """The products that a conversation showed or spoke of, as the catalogue has them now.

    Those that are gone from the catalogue are left out.
    """
    conversation = await _load(services, caller, conversation_id)
    ids = [
        product_id
        for turn in conversation.turns
        for product_id in (
            *(shown.product_id for shown in turn.shown),
            *turn.understanding.references,
        )
    ]
    return await asyncio.to_thread(_views, services, list(dict.fromkeys(ids)))


@router.get(
    "/{conversation_id}/picture",
    operation_id="get_conversation_picture",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}, **problem_responses(404, 422)},
)
async def picture(
    conversation_id: ConversationId, services: ServicesDep, caller: CallerDep
) -> Response:
    """A small copy of the picture that the conversation searches by at present."""
    conversation = await _load(services, caller, conversation_id)
    if conversation.picture is None:
        raise HTTPException(404, "this conversation searches by no picture at present")
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(conversation.picture, media_type="image/jpeg", headers=headers)


async def _load(services: Services, caller: Caller, conversation_id: str) -> Conversation:
    stored = await load_conversation(services.store, caller.key_id, conversation_id)
    if stored is None:
        raise unknown(conversation_id)
    return stored.conversation


def _views(services: Services, ids: list[str]) -> list[ProductView]:
    if not ids:
        return []
    with services.served.pinned() as search:
        found = search.version.get(ids)
        keys = search.version.keys_of([product.id for product in found])
    return [product_view(product, keys[product.id].picture) for product in found]

"""``POST /v1/feedback``."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from backend.api.deps import CallerDep, ServicesDep
from backend.api.models import Words
from backend.problems import problem_responses
from backend.store.feedback import Verdict, add_feedback

router = APIRouter(tags=["feedback"])


class FeedbackIn(BaseModel):
    """A verdict on a product that was shown for a query."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"query": "a red handbag", "product_id": "p1", "verdict": "relevant", "comment": ""}
            ]
        },
    )

    query: Words
    product_id: Annotated[str, Field(min_length=1, max_length=512, pattern=r"^[^\x00]+$")]
    verdict: Verdict
    conversation_id: Annotated[str, Field(pattern="^[0-9a-f]{32}$")] | None = None
    comment: Words = ""


class FeedbackKept(BaseModel):
    id: int


@router.post(
    "/v1/feedback",
    operation_id="give_feedback",
    status_code=201,
    responses=problem_responses(404, 413, 422, 503),
)
async def feedback(given: FeedbackIn, services: ServicesDep, caller: CallerDep) -> FeedbackKept:
    """Keep a verdict. `shoplens feedback export` writes them as pairs that
    `shoplens train --feedback` trains adapters on."""
    if await services.product(given.product_id) is None:
        raise HTTPException(404, f"no product {given.product_id!r} in the index; check the id")
    number = await add_feedback(services.store, owner=caller.key_id, **given.model_dump())
    return FeedbackKept(id=number)

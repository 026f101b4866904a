"""``/v1/adapters``: which there are, and the same words searched with several of them."""

import asyncio
import time
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from backend.api.deps import ServicesDep
from backend.api.models import RetrievedView, Words, retrieved_view
from backend.problems import problem_responses
from backend.side_by_side import FittingAdapter, fitting_adapters
from retriever.errors import QueryError

router = APIRouter(prefix="/v1/adapters", tags=["evaluation"])


class Comparison(BaseModel):
    """What to look for, and the adapters to do it with, by name."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"text": "a red handbag", "adapters": ["identity", "fashion"], "k": 5}]
        },
    )

    text: Words
    adapters: list[Annotated[str, Field(max_length=200)]] = Field(min_length=1, max_length=3)
    k: int = Field(default=10, ge=1, le=50)


class FoundWith(BaseModel):
    """What one adapter found, best first; scores of different adapters do not compare."""

    adapter: str
    products: list[RetrievedView]
    seconds: float


@router.get("", operation_id="list_adapters", responses=problem_responses(503))
async def adapters(services: ServicesDep) -> list[FittingAdapter]:
    """The adapters that fit the served encoder, zero-shot (`identity`) first."""
    async with services.pinned() as search:
        return await asyncio.to_thread(fitting_adapters, search, services.settings.folders.adapters)


@router.post(
    "/compare", operation_id="compare_adapters", responses=problem_responses(404, 422, 503)
)
async def compare(asked: Comparison, services: ServicesDep) -> list[FoundWith]:
    """Search the served products with each adapter, exactly; what is served does not change."""
    if not asked.text.strip():
        raise QueryError("the query is empty; give some text")
    found = []
    async with services.pinned() as search:
        known = await asyncio.to_thread(
            fitting_adapters, search, services.settings.folders.adapters
        )
        names = [adapter.name for adapter in known]
        for name in asked.adapters:
            # Only names that were found: a path from outside is never opened.
            if name not in names:
                raise HTTPException(
                    404, f"no adapter {name!r} fits this index; there are {', '.join(names)}"
                )
            started = time.perf_counter()
            products = await asyncio.to_thread(
                services.side_by_side.search, search, asked.text, name, asked.k
            )
            found.append(
                FoundWith(
                    adapter=name,
                    products=[retrieved_view(item) for item in products],
                    seconds=round(time.perf_counter() - started, 4),
                )
            )
    return found

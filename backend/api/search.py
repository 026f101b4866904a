"""``POST /v1/search`` and ``GET /v1/capabilities``."""

import time
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from backend.api.bodies import body_of, request_body
from backend.api.deps import ServicesDep
from backend.api.models import Filter, Found, PictureInput, Words, retrieved_view
from backend.problems import problem_responses
from backend.telemetry import trace_text
from retriever.capabilities import Capabilities
from retriever.index import Mmr
from retriever.retrieved import Mode
from retriever.where import And, Where
from retriever.where_parser import parse_where

router = APIRouter(tags=["search"])


class SearchQuery(BaseModel):
    """What to look for: words, a picture, or both; ``filters`` and ``where`` both hold."""

    model_config = ConfigDict(extra="forbid")

    text: Words = ""
    picture: PictureInput | None = None
    picture_weight: float = Field(default=0.5, ge=0, le=1, description="The picture's share.")
    filters: Filter | None = None
    where: Words | None = Field(
        default=None,
        description="A filter as text, such as: price <= 50 and colour in (red, orange)",
    )
    mode: Mode = "dense"
    k: int = Field(default=10, ge=1, le=100)
    diverse: bool = Field(default=False, description="Fewer products that look alike (dense only).")

    def filter(self) -> Where | None:
        """Both filters as one. Raises `FilterError`."""
        parts = [] if self.filters is None else [self.filters.where()]
        if self.where is not None and self.where.strip():
            parts.append(parse_where(self.where))
        return None if not parts else parts[0] if len(parts) == 1 else And(tuple(parts))


_EXAMPLE = {"text": "a red handbag", "where": "price <= 80", "k": 5}


@router.post(
    "/v1/search",
    operation_id="search_products",
    responses=problem_responses(413, 415, 422, 503),
    openapi_extra=request_body(SearchQuery, _EXAMPLE),
)
async def search(
    query: Annotated[SearchQuery, Depends(body_of(SearchQuery))], services: ServicesDep
) -> Found:
    """Find products by words, a picture, or both. Filters are kept exactly or refused."""
    started = time.perf_counter()
    trace_text(services.settings, query.text)
    retrieved = await services.served.asearch(
        query.text,
        await services.pictures.read(query.picture),
        where=query.filter(),
        limit=query.k,
        mode=query.mode,
        picture_weight=query.picture_weight,
        mmr=Mmr() if query.diverse else None,
    )
    return Found(
        products=[retrieved_view(found) for found in retrieved],
        mode=query.mode,
        seconds=round(time.perf_counter() - started, 4),
    )


@router.get("/v1/capabilities", operation_id="get_capabilities", responses=problem_responses(503))
async def capabilities(services: ServicesDep) -> Capabilities:
    """The fields one can filter by, with their values and ranges, from the live index."""
    async with services.pinned() as search:
        return await services.capabilities(search.version)

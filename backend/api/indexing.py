"""``GET /v1/indexing``: whether the index is being built now, and how far that is."""

import asyncio

from fastapi import APIRouter
from pydantic import BaseModel

from backend.api.deps import ServicesDep
from backend.progress import Progress, read_progress

router = APIRouter(tags=["health"])


class Indexing(BaseModel):
    """``running`` is None while no process that shares this server's data folder builds the index."""

    running: Progress | None


@router.get("/v1/indexing", operation_id="get_indexing")
async def indexing(services: ServicesDep) -> Indexing:
    """How far an index that is being built is; `/readyz` says whether one is served already."""
    settings = services.settings
    found = await asyncio.to_thread(read_progress, settings.folders.progress, settings.name)
    return Indexing(running=found)

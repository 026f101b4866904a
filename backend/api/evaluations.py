"""``/v1/evaluations``: what `shoplens eval` has kept in the data folder."""

import asyncio
import json
import logging
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Response
from fastapi import Path as PathParameter
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from backend.api.deps import ServicesDep
from backend.problems import problem_responses

router = APIRouter(prefix="/v1/evaluations", tags=["evaluation"])

_log = logging.getLogger("shoplens")
_LISTED = 50


class EvaluationSummary(BaseModel):
    """An evaluation: its name here, and what was evaluated on what."""

    name: str
    catalogue: str
    split: str
    products: int
    encoder: str
    methods: list[str]
    created: str


@router.get("", operation_id="list_evaluations", responses=problem_responses(503))
async def evaluations(services: ServicesDep) -> list[EvaluationSummary]:
    """The evaluations that were kept, newest first. A file that holds none is left out, and logged."""
    return await asyncio.to_thread(_summaries, services.settings.folders.evaluations)


@router.get(
    "/{name}",
    operation_id="get_evaluation",
    response_class=Response,
    responses={200: {"content": {"application/json": {}}}, **problem_responses(404, 422)},
)
async def evaluation(
    name: Annotated[str, PathParameter(pattern=r"^[^/\\\x00]{1,200}$")], services: ServicesDep
) -> Response:
    """One of them as `shoplens eval` wrote it: scores, breakdowns, errors, the rank of every query."""
    path = await asyncio.to_thread(_find, services.settings.folders.evaluations, name)
    if path is None:
        raise HTTPException(404, f"no evaluation {name!r} was kept; /v1/evaluations lists them")
    return Response(await asyncio.to_thread(path.read_bytes), media_type="application/json")


def _find(folder: Path, name: str) -> Path | None:
    """The file of that name; only files that are listed in the folder are opened."""
    return next((file for file in _files(folder) if file.stem == name), None)


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime, reverse=True)


def _summaries(folder: Path) -> list[EvaluationSummary]:
    found = []
    damaged = []
    for file in _files(folder)[:_LISTED]:
        try:
            document: Any = json.loads(file.read_bytes())
            found.append(EvaluationSummary.model_validate({**document, "name": file.stem}))
        except (OSError, ValueError, TypeError) as error:
            damaged.append(file.name)
            _log.warning("%s holds no evaluation: %s", file, error)
    if damaged and not found:
        raise HTTPException(
            503, f"{damaged[0]} holds no evaluation; remove it or run `shoplens eval` again"
        )
    return found

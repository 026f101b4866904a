"""Liveness, readiness, metrics."""

import asyncio
from typing import Literal

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

from backend.api.deps import ServicesDep
from backend.problems import problem, problem_response, problem_responses

router = APIRouter(tags=["health"])


class Health(BaseModel):
    status: Literal["ok"] = "ok"


class Ready(BaseModel):
    """The version that is served and the fingerprint of what built it."""

    status: Literal["ready"] = "ready"
    version: str | None
    fingerprint: str | None


@router.get("/healthz", operation_id="get_health")
async def healthz() -> Health:
    """The process answers."""
    return Health()


@router.get(
    "/readyz", operation_id="get_readiness", response_model=Ready, responses=problem_responses(503)
)
async def readyz(request: Request, services: ServicesDep) -> Ready | Response:
    """Searches are answered: there is an index, and it was built by the model that is loaded here. With
    a language model, its client is loaded too.
    """
    if services.warming is not None and not services.warming.done():
        loading = "the language model's client is still being loaded; ask again in a moment"
        return problem_response(problem(503, loading, "not-ready"), request.scope)
    state = await asyncio.to_thread(services.served.readiness)
    if not state.ready:
        return problem_response(problem(503, state.reason, "not-ready"), request.scope)
    return Ready(version=state.version, fingerprint=state.fingerprint)


@router.get(
    "/metrics",
    operation_id="get_metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}},
)
async def metrics(services: ServicesDep) -> Response:
    """Requests, latency by stage, requests in flight, tokens of the language model, for Prometheus."""
    return Response(
        generate_latest(services.metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
    )

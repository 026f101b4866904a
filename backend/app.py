"""The FastAPI application: layers, routes, and the MCP server at ``/mcp``."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from backend.api import (
    adapters,
    chat,
    conversations,
    docs,
    evaluations,
    feedback,
    health,
    indexing,
    openai_compat,
    products,
    search,
    shown,
)
from backend.api.bodies import describe
from backend.api.deps import describe_keys
from backend.mcp_server import ProductTools, mcp_server, mount_mcp
from backend.problems import add_problem_handlers
from backend.security.auth import KeyGuard
from backend.security.body import BodyLimit
from backend.security.hosts import HostGuard
from backend.security.rate import RateLimiter
from backend.server_settings import LOOPBACK_NAMES
from backend.services import Services
from backend.telemetry import Metrics, Observed, flush_export
from generator.llm.client import preload
from retriever import stages

ROUTERS = (
    search,
    products,
    chat,
    conversations,
    shown,
    openai_compat,
    feedback,
    adapters,
    evaluations,
    indexing,
    health,
    docs,
)


def create_app(services: Services) -> FastAPI:
    """The app over what was opened; it closes the services when it shuts down."""
    mcp = mcp_server(ProductTools(services))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        stages.observers.append(services.metrics.stage)
        stages.counters.append(services.metrics.count)
        # Beside the loop; /readyz says when it is done, so that no first shopper waits for it.
        if services.llm is not None:
            services.warming = asyncio.create_task(asyncio.to_thread(preload))
        try:
            async with mcp.session_manager.run():
                yield
        finally:
            last = [*services.closing, *([services.warming] if services.warming else [])]
            if last:
                await asyncio.wait(last)
            stages.observers.remove(services.metrics.stage)
            stages.counters.remove(services.metrics.count)
            services.close()
            await asyncio.to_thread(flush_export)

    app = FastAPI(
        title="shoplens",
        version=version("shoplens"),
        description="Find products by what they look like. Filters are kept exactly or refused.",
        lifespan=lifespan,
        # `backend.api.docs` instead: these load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        # `Observed` has the spans; FastAPI's own would be second ones, with query strings on them.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.services = services
    for module in ROUTERS:
        app.include_router(module.router, dependencies=[describe_keys])
    add_problem_handlers(app)
    describe(app)
    mount_mcp(app, mcp)
    _add_layers(app, services, services.metrics)
    return app


def _add_layers(app: FastAPI, services: Services, metrics: Metrics) -> None:
    """From the inside out: the last one added sees a request first."""
    settings = services.settings
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes, seconds=settings.body_seconds)
    app.add_middleware(
        KeyGuard,
        store=services.store,
        limiter=RateLimiter(),
        rate_per_minute=settings.rate_per_minute,
        required=settings.keys_required,
    )
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "X-API-Key"],
            expose_headers=["X-Request-ID", "Retry-After"],
        )
    hosts = settings.allowed_hosts
    if settings.loopback:
        hosts = (*LOOPBACK_NAMES, *hosts)
    app.add_middleware(HostGuard, hosts=hosts, origins=settings.cors_origins)
    app.add_middleware(Observed, metrics=metrics)

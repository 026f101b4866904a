"""What the server tells of itself: Prometheus metrics and OpenTelemetry spans."""

import os
import time
from uuid import uuid4

from opentelemetry import trace
from opentelemetry.propagate import extract
from opentelemetry.trace import SpanKind, Status, StatusCode
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.server_settings import ServerSettings
from generator.events import Done

tracer = trace.get_tracer("shoplens.backend")

_FLUSH_MS = 5_000
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """The metrics of one server, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "shoplens_requests", "Requests answered.", ["route", "method", "status"],
            registry=self.registry,
        )  # fmt: skip
        self.stages = Histogram(
            "shoplens_stage_seconds", "Seconds by stage (request, encode, search, understand, write).",
            ["stage"], buckets=_SECONDS, registry=self.registry,
        )  # fmt: skip
        self.query_cache = Counter(
            "shoplens_query_cache", "Texts of queries that were known, or had to be encoded.", ["result"],
            registry=self.registry,
        )  # fmt: skip
        self.in_flight = Gauge(
            "shoplens_requests_in_flight", "Requests being answered.", registry=self.registry
        )
        self.tokens = Counter(
            "shoplens_llm_tokens", "Tokens of the language model.", ["direction"],
            registry=self.registry,
        )  # fmt: skip

    def stage(self, name: str, seconds: float) -> None:
        self.stages.labels(name).observe(seconds)

    def count(self, name: str) -> None:
        self.query_cache.labels(name.removeprefix("query_cache_")).inc()

    def reply(self, done: Done) -> None:
        """Count what a reply cost."""
        self.stage("understand", done.seconds.understand)
        self.stage("write", done.seconds.write)
        self.tokens.labels("in").inc(done.tokens_in)
        self.tokens.labels("out").inc(done.tokens_out)


class Observed:
    """Gives every request an id and a span, and counts it. The outermost layer."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        status = 500

        async def observed_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        started = time.perf_counter()
        with (
            self._metrics.in_flight.track_inprogress(),
            tracer.start_as_current_span(
                scope["method"],
                context=extract(dict(Headers(scope=scope))),
                kind=SpanKind.SERVER,
                # Messages of exceptions may repeat what was asked; the log has them.
                record_exception=False,
                set_status_on_exception=False,
                attributes={
                    "http.request.method": scope["method"],
                    "url.path": scope["path"],
                    "shoplens.request_id": request_id,
                },
            ) as span,
        ):
            try:
                await self._app(scope, receive, observed_send)
            finally:
                route = getattr(scope.get("route"), "path", None) or "other"
                span.update_name(f"{scope['method']} {route}")
                span.set_attribute("http.route", route)
                span.set_attribute("http.response.status_code", status)
                if status >= 500:
                    span.set_status(Status(StatusCode.ERROR))
                self._metrics.requests.labels(route, _method(scope), str(status)).inc()
                self._metrics.stage("request", time.perf_counter() - started)


def set_up_export(wanted: bool) -> None:
    """Send spans by OTLP over HTTP if asked to, or if an ``OTEL_EXPORTER_OTLP_...ENDPOINT`` is set."""
    endpoints = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    if not wanted and not any(os.environ.get(name) for name in endpoints):
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = {} if os.environ.get("OTEL_SERVICE_NAME") else {"service.name": "shoplens"}
    provider = TracerProvider(resource=Resource.create(named))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


def flush_export() -> None:
    """Send what waits to be sent: uvicorn ends by the signal it got, and nothing runs after that."""
    flush = getattr(trace.get_tracer_provider(), "force_flush", None)
    if flush is not None:
        flush(_FLUSH_MS)


def trace_text(settings: ServerSettings, text: str) -> None:
    """Put what was asked on the present span, where the settings say so."""
    if settings.otel_text:
        trace.get_current_span().set_attribute("shoplens.text", text)


def _method(scope: Scope) -> str:
    known = ("GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT", "PATCH")
    return scope["method"] if scope["method"] in known else "other"

"""Spans as a collector receives them: by OTLP over HTTP, from a server of its own process."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.fake_llm import FakeLlm, Request, Step, calls, fails, says

WORD = "zanzibarish"
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


class Collector:
    """What was received: spans, the resources that they are of, and all bytes."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.services: set[str] = set()
        self.raw = b""
        self.paths: set[str] = set()

    def of(self, trace_id: bytes) -> dict[bytes, Span]:
        return {span.span_id: span for span in self.spans if span.trace_id == trace_id}

    def tree(self, root: Span) -> dict[str, Any]:
        """A span's name and its children's trees."""
        spans = self.of(root.trace_id).values()
        children = sorted(
            (span for span in spans if span.parent_span_id == root.span_id),
            key=lambda span: span.start_time_unix_nano,
        )
        return {root.name: [self.tree(child) for child in children]}

    def requests(self, name: str) -> list[Span]:
        return [span for span in self.spans if span.name == name]


@contextmanager
def collecting() -> Iterator[tuple[str, Collector]]:
    """A collector's address, and what it received."""
    found = Collector()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/x-protobuf"
            if self.headers["Content-Encoding"] == "gzip":
                body = gzip.decompress(body)
            found.raw += body
            found.paths.add(self.path)
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for attribute in resource.resource.attributes:
                    if attribute.key == "service.name":
                        found.services.add(attribute.value.string_value)
                for scope in resource.scope_spans:
                    found.spans.extend(scope.spans)
            self.send_response(200)
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", found
    server.shutdown()
    server.server_close()
    thread.join()


def attributes(span: Span) -> dict[str, Any]:
    kinds = {a.key: a.value.WhichOneof("value") for a in span.attributes}
    return {a.key: getattr(a.value, kinds[a.key]) for a in span.attributes}


def model(request: Request) -> Step:
    """Reads by tool call; writes one sentence that holds."""
    if not request.get("stream"):
        return calls({"query": "a bag", "intent": "search"})
    return says("The first one [1] is close.", usage=(321, 12))


def test_a_turn_is_one_tree_of_spans(own_data: Path, serve_process: Any) -> None:
    with collecting() as (address, collector), FakeLlm(model) as llm:
        environment = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": address,
            "SHOPLENS_LLM": "openai/fake",
            "SHOPLENS_LLM_API_BASE": llm.url,
            "OPENAI_API_KEY": "none",
        }
        with (
            serve_process(own_data, **environment) as url,
            httpx.Client(base_url=url, timeout=60) as http,
        ):
            calls_from = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
            said = http.post("/v1/chat", json={"text": f"a bag {WORD}"}, headers=calls_from)
            assert "event: done" in said.text
            search = {"text": WORD, "where": "price > 0"}
            assert http.post("/v1/search", json=search).status_code == 200
            refused = http.post(
                "/v1/chat", json={"text": WORD, "constraints": {"wanted": {WORD: ["x"]}}}
            )
            assert refused.status_code == 422
    assert collector.paths == {"/v1/traces"}
    assert collector.services == {"shoplens"}

    chat, failed = collector.requests("POST /v1/chat")
    assert (chat.trace_id.hex(), chat.parent_span_id.hex()) == (TRACE, PARENT)
    assert collector.tree(chat) == {
        "POST /v1/chat": [
            {
                "recommend": [
                    {"chat openai/fake": []},
                    {"encode": []},
                    {"search": []},
                    {"chat openai/fake": []},
                ]
            }
        ]
    }
    reading, writing = [
        s for s in collector.requests("chat openai/fake") if s.trace_id == chat.trace_id
    ]
    assert writing.kind == Span.SPAN_KIND_CLIENT
    assert attributes(writing)["gen_ai.usage.input_tokens"] == 321
    assert attributes(writing)["gen_ai.usage.output_tokens"] == 12
    assert attributes(reading)["gen_ai.usage.input_tokens"] == 100
    recommend = next(s for s in collector.spans if s.span_id == writing.parent_span_id)
    for inner, outer in ((reading, recommend), (writing, recommend), (recommend, chat)):
        assert outer.start_time_unix_nano <= inner.start_time_unix_nano
        assert inner.end_time_unix_nano <= outer.end_time_unix_nano
    assert attributes(recommend)["shoplens.writer"] == "openai/fake"

    [searched] = collector.requests("POST /v1/search")
    assert collector.tree(searched) == {"POST /v1/search": [{"encode": []}, {"search": []}]}
    assert searched.trace_id.hex() != TRACE
    assert attributes(searched)["http.response.status_code"] == 200
    assert attributes(failed)["http.response.status_code"] == 422

    assert WORD.encode() not in collector.raw


def test_a_model_that_fails_is_told_and_text_where_it_is_asked_for(
    own_data: Path, serve_process: Any
) -> None:
    with collecting() as (address, collector), FakeLlm(fails(401)) as llm:
        environment = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": address,
            "OTEL_SERVICE_NAME": "my-shop",
            "SHOPLENS_OTEL_TEXT": "true",
            "SHOPLENS_LLM": "openai/fake",
            "SHOPLENS_LLM_API_BASE": llm.url,
            "OPENAI_API_KEY": "none",
        }
        with serve_process(own_data, **environment) as url:
            httpx.post(f"{url}/v1/chat", json={"text": f"a mug {WORD}"}, timeout=60)
            httpx.post(f"{url}/v1/search", json={"text": WORD}, timeout=60)
    assert collector.services == {"my-shop"}
    spans = collector.requests("chat openai/fake")
    assert spans
    assert {attributes(span)["error.type"] for span in spans} == {"AuthenticationError"}
    [recommend] = collector.requests("recommend")
    assert attributes(recommend)["shoplens.writer"] == "offline"
    assert attributes(recommend)["shoplens.text"] == f"a mug {WORD}"
    [searched] = collector.requests("POST /v1/search")
    assert attributes(searched)["shoplens.text"] == WORD

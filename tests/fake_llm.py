"""A language model server for tests: it speaks the OpenAI protocol over HTTP and says what it is told to.

    with FakeLlm(says("“Foxy” [1] costs 12.00 USD.")) as llm:
        LlmSettings(model="openai/fake", api_base=llm.url, api_key="none")

Each request takes the next step of the script; the last step is repeated. Requests are kept in
``llm.requests``. Steps: `says`, `calls`, `fails`, `stalls`, `breaks`, `garbage`; or a function of the
request, for a model that obeys whatever it reads.
"""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

Request = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """One answer: ``text`` in pieces of ``size`` characters, or a tool call, or something broken."""

    text: str = ""
    size: int = 7
    status: int = 200
    arguments: str | None = None
    stall: float = 0.0
    after: int | None = None
    raw: bytes | None = None
    usage: tuple[int, int] = (100, 20)


def says(text: str, size: int = 7, usage: tuple[int, int] = (100, 20)) -> Step:
    """An answer; also what a structured output is given as."""
    return Step(text=text, size=size, usage=usage)


def calls(arguments: object) -> Step:
    """A call of the one tool offered; as text where none was."""
    return Step(arguments=json.dumps(arguments))


def fails(status: int) -> Step:
    return Step(status=status)


def stalls(seconds: float, text: str = "", after: int = 0) -> Step:
    """Silence for ``seconds`` after ``after`` pieces of the text."""
    return Step(text=text, stall=seconds, after=after)


def breaks(text: str, after: int) -> Step:
    """The connection closes after ``after`` pieces."""
    return Step(text=text, after=after)


def garbage(raw: bytes = b"\x00<html>not a model</html>") -> Step:
    return Step(raw=raw)


Script = Step | Callable[[Request], Step]


@dataclass
class FakeLlm:
    """The server; start and stop it with ``with``."""

    steps: list[Script] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def __init__(self, *steps: Script) -> None:
        self.steps = list(steps) or [says("Hello.")]
        self.requests = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_: object) -> None:
                """Tests are quiet."""

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                fake.answer(self, json.loads(body))

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, handler: BaseHTTPRequestHandler, request: Request) -> None:
        with self._lock:
            script = self.steps[min(len(self.requests), len(self.steps) - 1)]
            self.requests.append(request)
        step = script(request) if callable(script) else script
        handler.close_connection = True
        if step.status != 200:
            error = {"error": {"message": "no", "type": "server_error", "code": None}}
            _send(handler, json.dumps(error).encode(), "application/json", step.status)
        elif step.raw is not None:
            _send(handler, step.raw, "text/html")
        elif request.get("stream"):
            self._stream(handler, step)
        else:
            self._stopping.wait(step.stall)
            _send(handler, json.dumps(_whole(step, request)).encode(), "application/json")

    def _stream(self, handler: BaseHTTPRequestHandler, step: Step) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Connection", "close")
        handler.end_headers()
        pieces = [step.text[at : at + step.size] for at in range(0, len(step.text), step.size)]
        try:
            for number, piece in enumerate(pieces or [""]):
                if step.after == number:
                    if not step.stall:
                        return
                    self._stopping.wait(step.stall)
                _event(
                    handler,
                    {"choices": [{"index": 0, "delta": {"role": "assistant", "content": piece}}]},
                )
            _event(handler, {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
            _event(handler, {"choices": [], "usage": _usage(step)})
            handler.wfile.write(b"data: [DONE]\n\n")
        except (BrokenPipeError, ConnectionResetError):
            return  # the client gave up waiting, as it should


def _whole(step: Step, request: Request) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": step.text}
    if step.arguments is not None:
        tools = request.get("tools")
        if tools:
            call = {"name": tools[0]["function"]["name"], "arguments": step.arguments}
            message = {"role": "assistant", "content": None}
            message["tool_calls"] = [{"id": "call_1", "type": "function", "function": call}]
        else:
            message["content"] = step.arguments
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {**_BASE, "object": "chat.completion", "choices": [choice], "usage": _usage(step)}


_BASE = {"id": "chatcmpl-1", "created": int(time.time()), "model": "fake"}


def _usage(step: Step) -> dict[str, int]:
    sent, written = step.usage
    return {"prompt_tokens": sent, "completion_tokens": written, "total_tokens": sent + written}


def _event(handler: BaseHTTPRequestHandler, chunk: dict[str, Any]) -> None:
    data = json.dumps({**_BASE, "object": "chat.completion.chunk", **chunk})
    handler.wfile.write(f"data: {data}\n\n".encode())
    handler.wfile.flush()


def _send(handler: BaseHTTPRequestHandler, body: bytes, kind: str, status: int = 200) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.wfile.write(body)

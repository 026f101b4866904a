"""The backend's client against something else that answers in its place."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from ui.client import Backend
from ui.errors import RefusedError
from ui.model import Outgoing
from ui.settings import ChatSettings


class _Elsewhere(BaseHTTPRequestHandler):
    """A web site that knows nothing of shops, and sends to a login what is below /v1."""

    def do_GET(self) -> None:
        page = b"<html>hello</html>"
        self.send_response(302 if self.path.startswith("/v1/") else 200)
        self.send_header("Location", "/login")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def elsewhere() -> Iterator[Backend]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere)
    Thread(target=server.serve_forever, daemon=True).start()
    client = Backend(ChatSettings(f"http://127.0.0.1:{server.server_port}"))
    yield client
    client.close()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda backend: backend.why_not_ready(), "no shoplens backend"),
        (lambda backend: backend.indexing(), "302"),
        (lambda backend: backend.pictures(["a"]), "302"),
        (lambda backend: backend.judge("a bag", "p", True, None), "302"),
        (lambda backend: list(backend.say(None, Outgoing(text="a bag"), None)), "302"),
    ],
)
def test_an_answer_that_is_none_of_a_backend_is_said(
    elsewhere: Backend, call: Callable[[Backend], object], said: str
) -> None:
    with pytest.raises(RefusedError, match=said):
        call(elsewhere)

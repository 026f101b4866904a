"""A small drawn shop behind a real server on a free port of this machine."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from typer.testing import CliRunner

from backend.app import create_app
from backend.cli import app as cli
from backend.security.fetching import PictureFetcher
from backend.server_settings import ServerSettings
from backend.services import Services
from retriever.drawn import draw_shop

Serve = Callable[..., Any]

ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def running(data_dir: Path, pictures: PictureFetcher | None = None, **given: Any) -> Iterator[str]:
    """A server over a data folder; gives its address. ``pictures`` replaces what fetches pictures."""
    services = Services.open(ServerSettings(data_dir=data_dir, name="shop", **given))
    services.pictures = pictures or services.pictures
    config = uvicorn.Config(
        create_app(services),
        log_level="warning",
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def served(data_dir: Path, **environment: str) -> Iterator[str]:
    """``shoplens serve`` as a process of its own, as one starts it; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    run = "from backend.cli import main; main()"
    options = ["--name", "shop", "--data-dir", str(data_dir), "--port", str(port)]
    own = {name: value for name, value in os.environ.items() if not name.startswith("SHOPLENS_")}
    process = subprocess.Popen(
        [sys.executable, "-c", run, "serve", *options],
        cwd=ROOT,
        env={**own, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **environment},
    )
    try:
        for _ in range(600):
            assert process.poll() is None, "the server ended"
            with suppress(httpx.TransportError):
                if httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=30).status_code == 200:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=60)


@pytest.fixture(scope="session")
def drawn_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of an index ``shop`` of drawn products."""
    folder = tmp_path_factory.mktemp("drawn")
    catalogue = draw_shop(folder / "shop", per_type=2, size=96, jobs=1)
    arguments = ["index", str(catalogue), "--name", "shop", "--data-dir", str(folder / "data")]
    result = CliRunner().invoke(cli, [*arguments, "--encoder", "mini"])
    assert result.exit_code == 0, result.output
    return folder / "data"


@pytest.fixture(scope="module")
def url(drawn_data: Path) -> Iterator[str]:
    """A server on loopback, without keys."""
    with running(drawn_data) as address:
        yield address


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=30) as opened:
        yield opened


@pytest.fixture
def own_data(drawn_data: Path, tmp_path: Path) -> Path:
    """A copy of the data folder for one test to change."""
    return Path(
        shutil.copytree(drawn_data, tmp_path / "data", ignore=shutil.ignore_patterns("*.db*"))
    )


@pytest.fixture
def serve() -> Serve:
    return running


@pytest.fixture(scope="session")
def serve_process() -> Serve:
    return served


def events(text: str) -> list[tuple[str, Any]]:
    """Server-sent events as (name, data)."""
    import json

    found = []
    for block in text.split("\n\n"):
        lines = [line for line in block.splitlines() if not line.startswith(":")]
        if lines:
            assert lines[0].startswith("event: "), block
            assert lines[1].startswith("data: "), block
            found.append((lines[0][7:], json.loads(lines[1][6:])))
    return found


@pytest.fixture
def chat() -> Callable[..., list[tuple[str, Any]]]:
    """Says something to a server and gives the events of its reply."""

    def say(client: httpx.Client, text: str, **fields: Any) -> list[tuple[str, Any]]:
        reply = client.post("/v1/chat", json={"text": text, **fields})
        assert reply.status_code == 200, reply.text
        assert reply.headers["content-type"].startswith("text/event-stream")
        return events(reply.text)

    return say

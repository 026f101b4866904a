"""A small drawn shop, a backend over it, and a browser where there is one."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import streamlit as st
from playwright.sync_api import Browser, sync_playwright
from typer.testing import CliRunner

from backend.cli import app as cli
from retriever.drawn import draw_shop

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-quic"
).split()
_START_SECONDS = 120.0

Shoplens = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of an index ``shop`` of drawn products, with an evaluation of it."""
    folder = tmp_path_factory.mktemp("chat-shop")
    catalogue = draw_shop(folder / "shop", per_type=3, size=96, jobs=1)
    arguments = ["index", str(catalogue), "--name", "shop", "--data-dir", str(folder / "data")]
    result = CliRunner().invoke(cli, [*arguments, "--encoder", "mini"])
    assert result.exit_code == 0, result.output
    arguments = ["eval", str(catalogue), "--split", "all", "--adapter", "fashion", "--least", "3"]
    result = CliRunner().invoke(cli, [*arguments, "--data-dir", str(folder / "data")])
    assert result.exit_code == 0, result.output
    return folder / "data"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Until a page answers, whatever it says."""
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text("utf-8", "replace")
        try:
            httpx.get(url, timeout=5, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"nothing answers at {url}: {log.read_text('utf-8', 'replace')}")


def stop(process: "subprocess.Popen[bytes]", how: int = signal.SIGINT) -> int:
    """End a command as Ctrl-C would, and give its exit status."""
    process.send_signal(how)
    try:
        return process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise


@pytest.fixture
def shoplens(tmp_path: Path) -> Iterator[Shoplens]:
    """Starts ``shoplens`` as a process of its own; what still runs at the end is ended."""
    started: list[subprocess.Popen[bytes]] = []
    # A process that is started in the background, as a CI may start the tests, ignores Ctrl-C, and so would
    # what it starts; a handler is not handed down.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def start(
        *arguments: str | Path, log: str = "log", **environment: str
    ) -> "subprocess.Popen[bytes]":
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("SHOPLENS_", "QDRANT_"))}
        with (tmp_path / log).open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "backend.cli", *map(str, arguments)],
                stdout=output,
                stderr=subprocess.STDOUT,
                env=clean | environment,
                cwd=tmp_path,
            )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            stop(process, signal.SIGTERM)
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="module")
def backend_url(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a backend over a copy of the shop, in a process of its own."""
    folder = tmp_path_factory.mktemp("backend")
    shutil.copytree(shop, folder / "data")
    port = free_port()
    log = folder / "log"
    command = [sys.executable, "-m", "backend.cli", "serve", "--name", "shop"]
    command += ["--data-dir", str(folder / "data"), "--port", str(port)]
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("SHOPLENS_", "QDRANT_"))}
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=clean)
    try:
        wait_for(f"http://127.0.0.1:{port}/readyz", process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(process, signal.SIGTERM)


@pytest.fixture
def chat_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Points the chat of this process at a backend, with nothing remembered of another."""

    def point(url: str, *, lists_all: bool = True, key: str = "") -> None:
        monkeypatch.setenv("SHOPLENS_BACKEND_URL", url)
        monkeypatch.setenv("SHOPLENS_UI_LISTS_ALL", "1" if lists_all else "0")
        monkeypatch.setenv("SHOPLENS_API_KEY", key)
        st.cache_resource.clear()
        st.cache_data.clear()

    yield point
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium of this machine; nothing is downloaded."""
    found = next((path for name in _BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no browser on the PATH (looked for {', '.join(_BROWSERS)})")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=_FLAGS)
        yield opened
        opened.close()

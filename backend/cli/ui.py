"""``shoplens ui``: the chat in the browser, with or without a backend of its own."""

import json
import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from backend.cli.console import note, progress_bar, status
from backend.cli.processes import Processes, answers, ended_by_signals, free_port, is_running
from backend.settings import (
    DEFAULT_DATA_DIR,
    DEFAULT_ENCODER,
    DEFAULT_NAME,
    ApiKeyOption,
    DataDirOption,
    DataFolders,
    EncoderOption,
    QdrantUrlOption,
    index_options,
)
from retriever.errors import SettingsError

if TYPE_CHECKING:
    from backend.cli.place import Place
    from retriever.catalogue import Catalogue

_DEMO = "demo"
_BACKEND_PORT, _CHAT_PORT = 8000, 8501


def ui(
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="[CATALOGUE]",
            help="A catalogue to index first.",
            show_default="the index there is, else the demo shop",
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            envvar="SHOPLENS_NAME",
            help="Name of the index.",
            show_default="products, else that of the demo",
        ),
    ] = None,
    data_dir: DataDirOption = DEFAULT_DATA_DIR,
    encoder: EncoderOption = DEFAULT_ENCODER,
    qdrant_url: QdrantUrlOption = None,
    api_key: ApiKeyOption = None,
    backend_url: Annotated[
        str | None,
        typer.Option(
            "--backend-url",
            envvar="SHOPLENS_BACKEND_URL",
            metavar="URL",
            help="Start the chat alone, for this backend; its API key is read from SHOPLENS_API_KEY.",
        ),
    ] = None,
    host: Annotated[
        str,
        typer.Option("--host", envvar="SHOPLENS_UI_HOST", help="Address the chat listens on."),
    ] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(
            "--port",
            envvar="SHOPLENS_UI_PORT",
            help="Port of the chat.",
            show_default=f"{_CHAT_PORT}, or a free one",
        ),
    ] = None,
) -> None:
    """Chat with the shop in the browser: starts a backend on this machine and the chat together.

    Without a catalogue and without an index it draws the demo shop; the page shows how far that is. With
    --backend-url only the chat is started. Ctrl-C stops everything; what was said is kept.
    """
    if backend_url is not None:
        if path is not None:
            raise SettingsError(
                f"{path} cannot be indexed by a chat alone; run `shoplens index` where the backend is, "
                "or leave --backend-url (SHOPLENS_BACKEND_URL) out"
            )
        _chat_alone(backend_url, host, _CHAT_PORT if port is None else port)
    from backend.cli.place import Place

    folders = DataFolders(data_dir)
    record = _Record(folders.root / "ui.json")
    if (running := record.running()) is not None:
        note(f"The chat is running already: open {running}\nIts processes: {record.processes()}")
        return
    if name is None:
        name = DEFAULT_NAME
        if path is None and not _is_built(Place(folders, name, qdrant_url, api_key)):
            name = _DEMO
    place = Place(folders, name, qdrant_url, api_key)
    if path is None and name != _DEMO and not _is_built(place):
        raise SettingsError(
            f"there is no index {name}; name a catalogue to make it of: shoplens ui CATALOGUE"
            f"{index_options(name, data_dir, qdrant_url)}"
        )
    _run_both(place, path, encoder, host, port, record)


def _run_both(
    place: "Place", path: Path | None, encoder: str, host: str, port: int | None, record: "_Record"
) -> None:
    from backend.server_settings import is_loopback

    catalogue = None if path is None else _catalogue(path)
    built = _is_built(place)
    if built and catalogue is not None:
        # Before the backend has it open: an embedded index is one process's at a time.
        _build(catalogue, place, encoder)
    backend_port = free_port("127.0.0.1", _BACKEND_PORT)
    chat_port = free_port(host, _CHAT_PORT) if port is None else port
    backend = f"http://127.0.0.1:{backend_port}"
    chat = f"http://{_address(host)}:{chat_port}"
    processes = Processes(place.folders.root / "logs")
    with ended_by_signals():
        try:
            processes.start("backend", _backend_command(place, backend_port), _environment(place))
            processes.start(
                "chat", _chat_command(host, chat_port), os.environ | _chat_settings(backend, host)
            )
            record.write(chat, processes.ids)
            with status("Starting"):
                processes.wait_until_answers(f"{chat}/_stcore/health")
                processes.wait_until_answers(f"{backend}/healthz")
            note(f"Open {chat} in a browser. Ctrl-C stops it; logs are in {processes.logs}.")
            if not is_loopback(host):
                note(
                    "Whoever reaches this address can chat with the shop. Conversations of others are "
                    "not listed there."
                )
            if not built:
                _build(catalogue, place, encoder)
                note("The index is ready, and so is the chat.")
            while True:
                processes.check()
                time.sleep(0.5)
        except KeyboardInterrupt:
            note("Stopping ...")
        finally:
            processes.stop()
            record.remove()


def _chat_alone(backend_url: str, host: str, port: int) -> None:
    """Become the chat server: signals then reach it, and not a parent of it."""
    note(f"The chat for {backend_url}: http://{_address(host)}:{port}")
    command = _chat_command(host, port)
    os.execve(command[0], command, os.environ | _chat_settings(backend_url, host))  # noqa: S606


def _chat_settings(backend_url: str, host: str) -> dict[str, str]:
    """Only on one's own machine are all conversations listed: elsewhere they are several people's."""
    from backend.server_settings import is_loopback

    return {
        "SHOPLENS_BACKEND_URL": backend_url,
        "SHOPLENS_UI_LISTS_ALL": "1" if is_loopback(host) else "0",
    }


def _chat_command(host: str, port: int) -> list[str]:
    package = find_spec("ui")
    if package is None or package.origin is None:
        raise SettingsError("the package ui is not installed; install shoplens whole")
    here = Path(package.origin).parent
    options = {
        "server.address": host,
        "server.port": port,
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "server.maxUploadSize": 10,
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "theme.base": here / "theme.toml",
    }
    given = [f"--{option}={value}" for option, value in options.items()]
    return [sys.executable, "-m", "streamlit", "run", str(here / "app.py"), *given]


def _backend_command(place: "Place", port: int) -> list[str]:
    command = [sys.executable, "-m", "backend.cli", "serve", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--name", place.name, "--data-dir", str(place.folders.root)]
    return command + (["--qdrant-url", place.qdrant_url] if place.qdrant_url else [])


def _environment(place: "Place") -> dict[str, str]:
    """The key goes by the environment, where other users do not see it."""
    return os.environ | ({"QDRANT_API_KEY": place.api_key} if place.api_key else {})


def _is_built(place: "Place") -> bool:
    with place.open() as index:
        return index.active() is not None


def _catalogue(path: Path) -> "Catalogue":
    from retriever.catalogue import Catalogue

    return Catalogue.open(path)


def _demo_shop(place: "Place") -> "Catalogue":
    from backend.progress import ProgressFile
    from retriever.catalogue import Catalogue
    from retriever.drawn import draw_shop

    what = "Drawing the demo shop"
    with progress_bar(what) as bar, ProgressFile(place.folders.progress, place.name) as tell:

        def both(done: int, total: int) -> None:
            bar(done, total)
            tell(done, total, what)

        return Catalogue.open(draw_shop(place.folders.demo_shop, on_progress=both))


def _build(catalogue: "Catalogue | None", place: "Place", encoder: str) -> None:
    """Index a catalogue (None: the demo shop, which is drawn first)."""
    # Takes seconds: before the drawing, after which the page would have nothing to show meanwhile.
    from backend.cli.build import build_index, tell_set_aside, tell_warnings

    if catalogue is None:
        catalogue = _demo_shop(place)
    report = build_index(catalogue, place, encoder)
    tell_set_aside(report.set_aside, catalogue.row_word)
    tell_warnings(report.warnings)


def _address(host: str) -> str:
    """The host as a browser on this machine names it."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104
    return f"[{shown}]" if ":" in shown and not shown.startswith("[") else shown


@dataclass(frozen=True, slots=True)
class _Record:
    """Where the chat over a data folder runs, so that a second start finds it."""

    path: Path

    def write(self, chat: str, processes: list[int]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps({"chat": chat, "processes": processes}), encoding="utf-8")

    def running(self) -> str | None:
        """The address of a chat that answers; a record left by a killed one counts for nothing, also where
        another chat has its port by now."""
        found = self._read()
        chat, processes = found.get("chat"), found.get("processes", [])
        if not processes or not all(map(is_running, processes)):
            return None
        return chat if chat is not None and answers(f"{chat}/_stcore/health") else None

    def processes(self) -> str:
        return ", ".join(map(str, self._read().get("processes", ())))

    def remove(self) -> None:
        with suppress(FileNotFoundError):
            self.path.unlink()

    def _read(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self.path.read_bytes())
        except (OSError, ValueError):
            return {}
        return found

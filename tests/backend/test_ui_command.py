"""``shoplens ui`` beside the chat itself: what it refuses, the chat alone, its child processes."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backend.cli.processes import Processes, answers, free_port
from retriever.errors import SettingsError
from tests.backend.conftest import Run


def test_chat_alone_indexes_nothing(run: Run, shop: Path) -> None:
    result = run("ui", shop, "--backend-url", "http://127.0.0.1:9")
    assert result.exit_code == 2
    assert "shoplens index" in result.output


def test_index_that_is_not_there_is_named(run: Run) -> None:
    result = run("ui", "--name", "nowhere")
    assert result.exit_code == 2
    assert "there is no index nowhere" in result.output
    assert "shoplens ui CATALOGUE --name nowhere" in result.output


def test_chat_that_runs_is_found_by_a_second_start(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".shoplens").mkdir()
    record = tmp_path / ".shoplens" / "ui.json"
    here = [os.getpid(), os.getppid()]
    record.write_text(json.dumps({"chat": "http://127.0.0.1:1", "processes": here}))
    monkeypatch.setattr("backend.cli.ui.answers", lambda url: url.startswith("http://127.0.0.1:1/"))
    result = run("ui")
    assert result.exit_code == 0
    assert "running already: open http://127.0.0.1:1" in result.output
    assert f"{here[0]}, {here[1]}" in result.output


def test_port_of_a_killed_chat_may_be_anothers_by_now(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    (tmp_path / ".shoplens").mkdir()
    record = tmp_path / ".shoplens" / "ui.json"
    record.write_text(json.dumps({"chat": "http://127.0.0.1:1", "processes": [ended.pid]}))
    monkeypatch.setattr("backend.cli.ui.answers", lambda _: True)
    result = run("ui", "--name", "nowhere")
    assert "there is no index nowhere" in result.output


def test_chat_alone_is_one_process_that_ends_when_asked(tmp_path: Path) -> None:
    port = free_port("127.0.0.1", 0)
    command = [sys.executable, "-m", "backend.cli", "ui", "--port", str(port)]
    environment = {"SHOPLENS_BACKEND_URL": "http://127.0.0.1:9"}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, env=os.environ | environment, stdout=log, stderr=log)
    try:
        until = time.monotonic() + 120
        while not answers(f"http://127.0.0.1:{port}/_stcore/health"):
            assert process.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < until
            time.sleep(0.1)
        process.terminate()
        assert process.wait(30) in (0, -signal.SIGTERM)
    finally:
        process.kill()
        process.wait()


def test_child_that_ends_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    processes = Processes(tmp_path)
    processes.start(
        "backend", [sys.executable, "-c", "raise SystemExit('no such index')"], os.environ
    )
    with pytest.raises(SettingsError, match="no such index"):
        processes.wait_until_answers("http://127.0.0.1:9")
    processes.stop()


def test_children_end_with_the_parent(tmp_path: Path) -> None:
    processes = Processes(tmp_path)
    processes.start("a", [sys.executable, "-c", "import time; time.sleep(600)"], os.environ)
    processes.start("b", [sys.executable, "-c", "import time; time.sleep(600)"], os.environ)
    processes.check()
    processes.stop()
    for child in processes.ids:
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)


def test_busy_port_is_left_alone() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        taken = listener.getsockname()[1]
        assert free_port("127.0.0.1", taken) != taken
    assert free_port("127.0.0.1", taken) == taken


@pytest.mark.parametrize(
    ("first", "then"),
    [("SIG_DFL", "interrupted"), ("SIG_IGN", "went on")],
)
def test_a_closed_terminal_ends_the_block_unless_it_is_ignored(first: str, then: str) -> None:
    assert _told("SIGHUP", first) == [then, "True"]


def test_termination_ends_the_block_as_ctrl_c_does() -> None:
    assert _told("SIGTERM") == ["interrupted", "True"]


def _told(name: str, first: str = "SIG_DFL") -> list[str]:
    """What a process says that gets a signal: how its block ended, and whether its handler is back.

    In a process of its own, as a signal that is not caught would end the tests; ``first`` is what it does
    with the signal before, which it would otherwise have from whatever started the tests.
    """
    script = f"""
import os, signal, time
from backend.cli.processes import ended_by_signals
signal.signal(signal.{name}, signal.{first})
before = signal.getsignal(signal.{name})
try:
    with ended_by_signals():
        os.kill(os.getpid(), signal.{name})
        time.sleep(0.2)
    print("went on")
except KeyboardInterrupt:
    print("interrupted")
print(signal.getsignal(signal.{name}) == before)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()

"""Child processes of a command: started with their output in log files, watched, and stopped together."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from retriever.errors import SettingsError

_STOP_SECONDS = 15.0
_LINES = 15


@dataclass(slots=True)
class Processes:
    """Children in the order started; they are stopped in the reverse order.

    Each runs in a session of its own, so that Ctrl-C in a terminal reaches the parent alone, which
    then stops them one after the other.
    """

    logs: Path
    _children: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    @property
    def ids(self) -> list[int]:
        return [child.pid for child in self._children.values()]

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start a child whose output goes to ``<logs>/<name>.log``."""
        self.logs.mkdir(parents=True, exist_ok=True)
        with self._log(name).open("wb") as log:
            self._children[name] = subprocess.Popen(  # noqa: S603 - our own command lines
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                start_new_session=True,
            )

    def check(self) -> None:
        """Raises `SettingsError` with the end of its log where a child has ended by itself."""
        for name, child in self._children.items():
            if child.poll() is not None:
                lines = self._log(name).read_text("utf-8", "replace").splitlines()[-_LINES:]
                raise SettingsError(
                    f"the {name} ended by itself (exit status {child.returncode}); the end of "
                    f"{self._log(name)}:\n" + "\n".join(lines)
                )

    def wait_until_answers(self, url: str, seconds: float = 90.0) -> None:
        """Wait for a page of a child. Raises `SettingsError` when it does not come or the child ends."""
        until = time.monotonic() + seconds
        while not answers(url):
            self.check()
            if time.monotonic() > until:
                raise SettingsError(
                    f"nothing answers at {url} after {seconds:.0f} s; see {self.logs}"
                )
            time.sleep(0.2)

    def stop(self) -> None:
        """End all that still run: asked first, killed after a while."""
        children = list(reversed(self._children.values()))
        for child in children:
            if child.poll() is None:
                child.terminate()
        for child in children:
            try:
                child.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def _log(self, name: str) -> Path:
        return self.logs / f"{name}.log"


def answers(url: str) -> bool:
    """Whether a page on this machine answers with success."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def is_running(process: int) -> bool:
    """Whether there is a process of that id."""
    try:
        os.kill(process, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return True


def free_port(host: str, wanted: int) -> int:
    """The wanted port if nothing listens there, else one that is free."""
    for port in (wanted, 0):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as tried:
            try:
                tried.bind((host, port))
            except OSError:
                continue
            return int(tried.getsockname()[1])
    raise SettingsError(f"no port is free on {host}; choose another --host")


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let SIGTERM and a closed terminal end the block as Ctrl-C does: with `KeyboardInterrupt`.

    A signal that is ignored stays so: under ``nohup`` a closed terminal ends nothing.
    """

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = {
        which: signal.signal(which, interrupt)
        for which in (signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(which) != signal.SIG_IGN
    }
    try:
        yield
    finally:
        for which, handler in before.items():
            signal.signal(which, handler)

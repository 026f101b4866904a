"""A throw-away PostgreSQL server for tests, on a free port, where its programs are installed."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

_NOBODY = "postgres"
"""PostgreSQL refuses to run as root; Debian's package makes this user."""


def installed() -> Path | None:
    """The folder of its programs, the newest version's where there are several."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[4]))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return None if initdb is None else Path(initdb).parent


@contextmanager
def running_postgres(programs: Path) -> Iterator[str]:
    """A server until the block ends; gives the URL of its first database. Nothing is synced to disk."""
    folder = Path(tempfile.mkdtemp(prefix="shoplens-pg-"))
    person: dict[str, Any] = {}
    if os.geteuid() == 0:
        shutil.chown(folder, _NOBODY)
        person = {"user": _NOBODY, "group": _NOBODY, "extra_groups": []}
    try:
        data = folder / "data"
        _run(programs / "initdb", "-D", data, "-U", "shop", "-A", "trust", "--no-sync", **person)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        settings = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off"
        control = (programs / "pg_ctl", "-D", data, "-w")
        _run(*control, "-l", folder / "log", "-o", settings, "start", **person)
        try:
            yield f"postgresql://shop@127.0.0.1:{port}/postgres"
        finally:
            _run(*control, "-m", "immediate", "stop", **person)
    finally:
        shutil.rmtree(folder)


@contextmanager
def fresh_database(server: str) -> Iterator[str]:
    """A new database of a server, dropped in the end; gives its URL."""
    import psycopg
    from psycopg import sql

    name = f"test_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield server.rpartition("/")[0] + f"/{name}"
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            connection.execute(drop)


def _run(*command: str | Path, **person: Any) -> None:
    # Not captured: the server inherits the pipes, and they would be waited for until it stops.
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **person)

"""`Store`: the database behind the server, with calls in worker threads so that no loop waits for it."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.orm import Session

from backend.store.tables import Base
from retriever.errors import SettingsError

_Result = TypeVar("_Result")


class Store:
    """Opens the database and makes what tables it lacks.

    ``url`` is one of SQLAlchemy: ``sqlite:///path`` or ``postgresql+psycopg://user@host/name``. SQLite
    runs with a write-ahead log synced at every commit: what was acknowledged outlives a killed process.
    Raises `SettingsError` when the database cannot be opened.
    """

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        try:
            Base.metadata.create_all(self._engine)
        except SQLAlchemyError as error:
            self._engine.dispose()
            raise _unusable(url, error) from error

    def run(self, work: Callable[[Session], _Result]) -> _Result:
        """Do some work in one transaction: committed when it returns, undone when it raises."""
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            return work(session)

    async def arun(self, work: Callable[[Session], _Result]) -> _Result:
        """As `run`, in a worker thread. A cancelled caller does not undo what was begun."""
        return await asyncio.to_thread(self.run, work)

    def close(self) -> None:
        self._engine.dispose()


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:"):
            Path(str(parsed.database)).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError, ImportError, OSError) as error:
        raise _unusable(url, error) from error
    if parsed.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    for setting in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 10000"):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _unusable(url: str, error: Exception) -> SettingsError:
    try:
        shown = make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        shown = "(not a database URL)"
    return SettingsError(
        f"the database {shown} cannot be used: {error}; set SHOPLENS_DATABASE_URL to one such as "
        "sqlite:///path/to/shoplens.db or postgresql+psycopg://user:password@host/name (which needs the "
        "package psycopg)"
    )

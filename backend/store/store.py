"""`Store`: the database behind the server, with calls in worker threads so that no loop waits for it."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import (
    ArgumentError,
    DisconnectionError,
    NoSuchModuleError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from backend.store.tables import Base
from retriever.errors import SettingsError, StoreError

_Result = TypeVar("_Result")

_SCHEMA_LOCK = 0x73686F706C656E73 >> 1
"""The advisory lock ("shoplens" in ASCII, halved to fit) under which PostgreSQL's tables are made."""

_CONNECT_SECONDS = 10
_CONNECTIONS = 10
_MORE_CONNECTIONS = 22
"""Beyond the kept ones, for a moment: as many in all as asyncio has worker threads, so that none waits."""


class Store:
    """Opens the database and makes what tables it lacks; several processes may do so at once.

    ``url`` is ``sqlite:///path`` or ``postgresql://user:password@host/name`` (``postgres://`` and
    ``postgresql+psycopg://`` mean the same). SQLite runs with a write-ahead log synced at every commit:
    what was acknowledged outlives a killed process. Raises `SettingsError` when the database cannot be
    opened.
    """

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        try:
            _make_tables(self._engine)
        except SQLAlchemyError as error:
            self._engine.dispose()
            raise _unusable(url, error) from error

    def run(self, work: Callable[[Session], _Result]) -> _Result:
        """Do some work in one transaction: committed when it returns, undone when it raises.

        Raises `StoreError` where the database cannot be reached or stays locked.
        """
        try:
            with Session(self._engine, expire_on_commit=False) as session, session.begin():
                return work(session)
        except (OperationalError, DisconnectionError, PoolTimeout) as error:
            shown = self._engine.url.render_as_string(hide_password=True)
            reason = getattr(error, "orig", None) or error
            raise StoreError(
                f"the database {shown} does not answer: {reason}; see that it runs and can be reached"
            ) from error

    async def arun(self, work: Callable[[Session], _Result]) -> _Result:
        """As `run`, in a worker thread. A cancelled caller does not undo what was begun."""
        return await asyncio.to_thread(self.run, work)

    def close(self) -> None:
        self._engine.dispose()


def _engine(url: str) -> Engine:
    try:
        parsed = _with_driver(make_url(url))
        if parsed.get_backend_name() == "sqlite":
            if parsed.database not in (None, "", ":memory:"):
                Path(str(parsed.database)).parent.mkdir(parents=True, exist_ok=True)
            engine = create_engine(parsed)
            event.listen(engine, "connect", _set_up_sqlite)
            return engine
        return create_engine(
            parsed,
            pool_pre_ping=True,
            pool_size=_CONNECTIONS,
            max_overflow=_MORE_CONNECTIONS,
            connect_args={"connect_timeout": _CONNECT_SECONDS},
        )
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"the database {_shown(url)} needs the package {error.name}, which is not installed; "
            "install it with: pip install 'shoplens[postgres]'"
        ) from error
    except (ArgumentError, NoSuchModuleError, ImportError, OSError) as error:
        raise _unusable(url, error) from error


def _with_driver(url: URL) -> URL:
    """The URL with the one driver that is supported; hosting providers write ``postgres://``."""
    backend = url.get_backend_name()
    if url.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    if backend == "sqlite":
        return url
    raise ArgumentError(f"{url.drivername} is neither sqlite nor postgresql")


def _make_tables(engine: Engine) -> None:
    """One process after the other: "create if there is none" alone fails for the second of two at once."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _SCHEMA_LOCK})
        else:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        Base.metadata.create_all(connection)


def _set_up_sqlite(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    # How long to wait for a lock comes first: the journal's mode is changed under one.
    for setting in ("busy_timeout = 10000", "journal_mode = WAL", "synchronous = FULL"):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _unusable(url: str, error: Exception) -> SettingsError:
    reason = getattr(error, "orig", None) or error
    return SettingsError(
        f"the database {_shown(url)} cannot be used: {reason}; set SHOPLENS_DATABASE_URL to one such as "
        "sqlite:///path/to/shoplens.db or postgresql://user:password@host/name"
    )


def _shown(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "(not a database URL)"

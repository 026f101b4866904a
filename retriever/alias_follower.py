"""`AliasFollower`: whatever version of an index is served, open for as long as it is."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

from retriever.adapter import open_adapter
from retriever.encoder import Encoder
from retriever.encoder.runtime import Runtime
from retriever.errors import AdapterError, FingerprintError, ProductIndexError, ShoplensError
from retriever.index import IndexVersion, ProductIndex
from retriever.index.folder import FolderIndex
from retriever.search import ProductSearch

_Found = TypeVar("_Found")

RETRY_SECONDS = 5.0
"""How long a version that could not be opened is left alone while another is served."""

RELOAD_SECONDS = 60.0
"""How long an encoder that does not belong to a version is not loaded anew for that version."""

REMOTE_CHECK_SECONDS = 1.0
"""How often a server is asked whether its alias has moved; a pointer file is read for every search."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether searches are answered by the version that the alias names, and if not, why."""

    ready: bool
    reason: str = ""
    version: str | None = None
    fingerprint: str | None = None


@dataclass(slots=True)
class _Served:
    """An open version with its encoder and adapter, and how many searches run on it."""

    search: ProductSearch
    name: str
    fingerprint: str
    running: int = 0
    retired: bool = False


class AliasFollower:
    """Opens the version that the alias names, with the encoder and adapter that built it.

    When the alias moves, the next use opens the new version, while others go on with the old one, which is
    closed after its last use ended. A new version that cannot be opened (its adapter is gone, say) leaves the
    old one in service, and `readiness` says why. One encoder stays loaded across swaps that keep the backbone.

    Threads and event loops may share one object. Nothing is opened before the first use. Closing it leaves the
    index itself open.
    """

    def __init__(
        self,
        index: ProductIndex,
        *,
        adapters: Path | None = None,
        encoder: Encoder | None = None,
        exports: Path | None = None,
        runtime: Runtime = "auto",
    ) -> None:
        self.index = index
        self._adapters = adapters
        self._exports = exports
        self._runtime: Runtime = runtime
        self._given = encoder
        self._encoder = encoder
        self._current: _Served | None = None
        self._problem: tuple[str | None, ShoplensError, float] | None = None
        self._checked = -float("inf")
        self._loaded_for: tuple[str, float] | None = None
        self._closed = False
        # _state guards the fields for moments; _opening is held while a version is opened, so that
        # searches never wait for that.
        self._state = threading.Lock()
        self._opening = threading.Lock()

    @property
    def version(self) -> str:
        """Name of the version that the next search runs on. Raises what opening it raises."""
        with self.pinned() as search:
            return search.version.info.version

    @property
    def fingerprint(self) -> str:
        """Fingerprint of that version. Raises what opening it raises."""
        with self.pinned() as search:
            return search.version.info.spec.fingerprint

    def readiness(self) -> Readiness:
        """Opens what is to be served if need be; never raises a `ShoplensError`."""
        try:
            self._refresh()
        except ShoplensError as error:
            return Readiness(False, str(error))
        with self._state:
            current, problem = self._current, self._problem
        if current is None:
            return Readiness(False, "the index was closed")
        reason = "" if problem is None else str(problem[1])
        return Readiness(not reason, reason, current.name, current.fingerprint)

    @property
    def ready(self) -> bool:
        """`readiness` in one word."""
        return self.readiness().ready

    @contextmanager
    def pinned(self) -> Iterator[ProductSearch]:
        """The search of the served version, which stays open and the same until the block ends."""
        self._refresh()
        served = self._take()
        try:
            yield served.search
        finally:
            self._give_back(served)

    @asynccontextmanager
    async def apinned(self) -> AsyncIterator[ProductSearch]:
        """As `pinned`, without blocking the event loop."""
        await asyncio.to_thread(self._refresh)
        served = self._take()  # after the await, so that a cancelled task holds nothing
        try:
            yield served.search
        finally:
            await self._agive_back(served)

    def close(self) -> None:
        """Serve no further search; the version is closed after the last running one ended."""
        with self._opening:
            with self._state:
                self._closed = True
            self._replace(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.close)

    def _answer(self, ask: Callable[[ProductSearch], _Found]) -> _Found:
        self._refresh()
        served = self._take()
        try:
            return ask(served.search)
        except ProductIndexError:
            # On a server another process may have dropped the version before its move was noticed here.
            self._refresh(at_once=True)
            if self._current is served:
                raise
        finally:
            self._give_back(served)
        with self.pinned() as search:
            return ask(search)

    async def _aanswer(self, ask: Callable[[ProductSearch], Awaitable[_Found]]) -> _Found:
        await asyncio.to_thread(self._refresh)
        served = self._take()  # after the await, so that a cancelled task holds nothing
        try:
            return await ask(served.search)
        except ProductIndexError:
            await asyncio.to_thread(self._refresh, at_once=True)
            if self._current is served:
                raise
        finally:
            await self._agive_back(served)
        async with self.apinned() as search:
            return await ask(search)

    def _refresh(self, *, at_once: bool = False) -> None:
        """Open the version that the alias names where it is not open yet.

        While one thread opens it, others go on with the present version, if there is one.
        """
        if not (at_once or self._is_due()):
            return
        wait = at_once or self._current is None
        if not self._opening.acquire(blocking=wait):
            return
        try:
            active = self.index.active()
            self._checked = time.monotonic()
            current = self._current
            if self._closed or (current is not None and current.name == active):
                self._problem = None
                return
            if not at_once and current is not None and self._failed_lately(active):
                return
            try:
                self._replace(self._open())
                self._problem = None
            except ShoplensError as error:
                self._problem = active, error, time.monotonic()
                if current is None:
                    raise
        finally:
            self._opening.release()

    def _is_due(self) -> bool:
        if self._current is None or isinstance(self.index, FolderIndex):
            return True
        return time.monotonic() - self._checked >= REMOTE_CHECK_SECONDS

    def _failed_lately(self, version: str | None) -> bool:
        problem = self._problem
        if problem is None or problem[0] != version:
            return False
        return time.monotonic() - problem[2] < RETRY_SECONDS

    def _open(self) -> _Served:
        version = self.index.open()
        try:
            search, encoder = self._search_of(version)
        except BaseException:
            version.close()
            raise
        self._encoder = encoder
        return _Served(search, version.info.version, version.info.spec.fingerprint)

    def _search_of(self, version: IndexVersion) -> tuple[ProductSearch, Encoder]:
        if self._given is not None:
            return self._searching(version, self._given)
        info = version.info
        loaded = self._encoder
        if loaded is not None and loaded.spec == info.spec.encoder:
            try:
                return self._searching(version, loaded)
            except (FingerprintError, AdapterError):
                # Another checkpoint may lie now where the loaded one was, but loading it takes seconds.
                if self._loaded_lately(info.version):
                    raise
        self._loaded_for = info.version, time.monotonic()
        fresh = Encoder.load(info.spec.encoder, runtime=self._runtime, exports=self._exports)
        return self._searching(version, fresh)

    def _loaded_lately(self, version: str) -> bool:
        loaded = self._loaded_for
        if loaded is None or loaded[0] != version:
            return False
        return time.monotonic() - loaded[1] < RELOAD_SECONDS

    def _searching(self, version: IndexVersion, encoder: Encoder) -> tuple[ProductSearch, Encoder]:
        adapter = open_adapter(version.info.spec.adapter, encoder, self._adapters)
        return ProductSearch(version=version, encoder=encoder, adapter=adapter), encoder

    def _take(self) -> _Served:
        with self._state:
            if self._current is None:
                raise ProductIndexError("the served index was closed; make another ServedIndex")
            self._current.running += 1
            return self._current

    def _give_back(self, served: _Served) -> None:
        if self._was_last(served):
            served.search.version.close()

    async def _agive_back(self, served: _Served) -> None:
        if self._was_last(served):
            # Closing flushes files; shielded, as a cancelled task must not leave them open.
            await asyncio.shield(asyncio.to_thread(served.search.version.close))

    def _was_last(self, served: _Served) -> bool:
        """Count a search that ended; whether the version is to be closed now."""
        with self._state:
            served.running -= 1
            return served.retired and served.running == 0

    def _replace(self, new: _Served | None) -> None:
        """Serve another version from now on; `_opening` is held."""
        with self._state:
            old, self._current = self._current, new
            if old is not None:
                old.retired = True
            idle = old is not None and old.running == 0
        if old is not None and idle:
            old.search.version.close()

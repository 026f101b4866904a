"""Calls to a Qdrant server: what its failures are called, and a client for each event loop."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from qdrant_client import AsyncQdrantClient
from qdrant_client.http.exceptions import (
    ApiException,
    ResponseHandlingException,
    UnexpectedResponse,
)

from retriever.errors import ProductIndexError


@dataclass(frozen=True, slots=True)
class ServerCalls:
    """Where calls go, in words, and how their failures are reported."""

    place: str

    @contextmanager
    def reported(self) -> Iterator[None]:
        """Turn the client's errors into `ProductIndexError` that name the place and what to do."""
        try:
            yield
        except UnexpectedResponse as error:
            raise ProductIndexError(self._refusal(error)) from error
        except ResponseHandlingException as error:
            raise ProductIndexError(
                f"{self.place} cannot be reached ({error}); check the URL, and that the server runs "
                "and is not overloaded"
            ) from error
        except (ApiException, ValueError, RuntimeError) as error:
            raise ProductIndexError(f"{self.place} refused a request: {error}") from error

    def _refusal(self, error: UnexpectedResponse) -> str:
        reason = error.content.decode(errors="replace")[:500]
        if error.status_code in (401, 403):
            return (
                f"{self.place} refused the API key (HTTP {error.status_code}); give one that may read "
                "and write this index's collections"
            )
        if error.status_code == 404:
            return f"{self.place} no longer has the collection asked for ({reason}); open the index again"
        if error.status_code == 409:
            return (
                f"{self.place} already has what was to be made ({reason}); another process may be "
                "indexing: wait for it, then try again"
            )
        return f"{self.place} answered HTTP {error.status_code}: {reason}"


class AsyncClients:
    """One asynchronous client for each event loop: its connections belong to the loop that made them."""

    def __init__(self, make: Callable[[], AsyncQdrantClient] | None) -> None:
        self._make = make
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncQdrantClient] = (
            WeakKeyDictionary()
        )

    def current(self) -> AsyncQdrantClient | None:
        """The running loop's client; None when there is only a synchronous one."""
        if self._make is None:
            return None
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            self._clients[loop] = self._make()
        return self._clients[loop]

    def close(self) -> None:
        """Close each client on its own loop, as far as that still runs."""
        for loop, client in list(self._clients.items()):
            if loop.is_running():
                asyncio.run_coroutine_threadsafe(client.close(), loop)
        self._clients.clear()

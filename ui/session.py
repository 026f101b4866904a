"""What all tabs of one chat server share: the client of the backend, and pictures that were seen."""

from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock

import streamlit as st

from ui.client import Backend
from ui.errors import BackendError
from ui.model import Json
from ui.settings import ChatSettings

_PICTURES = 2_000
"""Small pictures kept in memory, about 12 kB each."""


@st.cache_resource(show_spinner=False)
def settings() -> ChatSettings:
    """The settings of this server; they do not change while it runs."""
    return ChatSettings.from_environment()


@st.cache_resource(show_spinner=False, on_release=lambda made: made.close())
def backend() -> Backend:
    """The client of the backend."""
    return Backend(settings())


@st.cache_data(ttl=60, show_spinner=False)
def capabilities(url: str) -> Json:
    """The backend's capabilities, asked again every minute. Raises `BackendError`."""
    del url  # is the key: another backend has other capabilities
    return backend().capabilities()


class _Pictures:
    """Small pictures by key, the last seen ones; threads may share it.

    Not Streamlit's own cache, which cannot take several keys at once: a grid's pictures are fetched
    together.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: OrderedDict[str, bytes] = OrderedDict()

    def warm(self, keys: Iterable[str]) -> None:
        """Fetch those that are not known yet, at once; a backend that is down leaves them unknown."""
        with self._lock:
            wanted = [key for key in dict.fromkeys(keys) if key and key not in self._known]
        if not wanted:
            return
        try:
            found = backend().pictures(wanted)
        except BackendError:
            return  # the page says that the backend is down; cards stand without pictures meanwhile
        with self._lock:
            kept = zip(wanted, found, strict=True)
            self._known.update((key, picture) for key, picture in kept if picture is not None)
            while len(self._known) > _PICTURES:
                self._known.popitem(last=False)

    def __call__(self, key: str) -> bytes | None:
        """The picture (JPEG) of that key, as far as it was fetched."""
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
            return self._known.get(key)


picture_of = _Pictures()


@st.cache_data(max_entries=8, show_spinner=False)
def evaluation(url: str, name: str, created: str) -> Json:
    """An evaluation as it was kept; made anew under its name it is another. Raises `BackendError`."""
    del url, created  # are part of the key
    return backend().evaluation(name)

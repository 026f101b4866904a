"""What the chat goes by, from the environment; `shoplens ui` sets it for the process that it starts."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

DEFAULT_BACKEND = "http://127.0.0.1:8000"


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """Where the backend is and how the chat asks it.

    ``lists_all`` shows every conversation of the API key in the sidebar, as suits one person's own
    machine. Without it the sidebar lists those begun in this browser tab, and others are reached by
    their address alone: a chat that many people use must not show one what another said.
    """

    backend_url: str = DEFAULT_BACKEND
    api_key: str = ""
    lists_all: bool = False

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "ChatSettings":
        """``SHOPLENS_BACKEND_URL``, ``SHOPLENS_API_KEY``, ``SHOPLENS_UI_LISTS_ALL`` (``1``: yes)."""
        return cls(
            backend_url=environment.get("SHOPLENS_BACKEND_URL", "").rstrip("/") or DEFAULT_BACKEND,
            api_key=environment.get("SHOPLENS_API_KEY", ""),
            lists_all=environment.get("SHOPLENS_UI_LISTS_ALL", "") == "1",
        )

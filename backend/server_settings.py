"""Settings of the server: from options of ``shoplens serve``, else ``SHOPLENS_...`` in the environment."""

import ipaddress
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from backend.settings import DEFAULT_DATA_DIR, DEFAULT_NAME, DataFolders, Runtime

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


class ServerSettings(BaseSettings):
    """What a running server goes by; ``SHOPLENS_RATE_PER_MINUTE=60`` sets ``rate_per_minute``, and so on.

    An empty variable counts as unset. ``api_key`` is one that callers may use beside those that
    ``shoplens keys`` made, for containers that must know it before the database does. ``require_keys``
    asks for API keys on loopback too: set it behind a reverse proxy. ``allowed_hosts`` are names (without port) that requests may be addressed to beside those of loopback; empty allows any
    name on a server that others reach. ``cors_origins`` are origins whose pages may call the API.
    ``picture_hosts`` are hosts that pictures named by address are fetched from (`PictureHost.parse`).
    """

    model_config = SettingsConfigDict(
        env_prefix="SHOPLENS_",
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        populate_by_name=True,
    )

    data_dir: Path = DEFAULT_DATA_DIR
    name: str = DEFAULT_NAME
    encoder: str | None = None
    runtime: Runtime = "auto"
    qdrant_url: str | None = Field(default=None, validation_alias="QDRANT_URL")
    qdrant_api_key: SecretStr | None = Field(default=None, validation_alias="QDRANT_API_KEY")
    database_url: SecretStr | None = None
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    api_key: SecretStr | None = None
    require_keys: bool = False
    allowed_hosts: tuple[str, ...] = ()
    cors_origins: tuple[str, ...] = ()
    picture_hosts: tuple[str, ...] = ()
    rate_per_minute: int = Field(default=120, ge=1, description="Requests a minute of one API key.")
    max_body_bytes: int = Field(default=15_000_000, ge=1_000)
    body_seconds: float = Field(
        default=30.0, gt=0, description="Longest wait for a request's body."
    )
    keep_alive_seconds: float = Field(
        default=15.0, gt=0, description="Between comments on a stream."
    )
    llm_timeout: float = Field(default=20.0, gt=0, description="Seconds to a model's next token.")
    otel: bool = Field(default=False, description="Export traces, also without an OTEL_ variable.")
    otel_text: bool = Field(default=False, description="Put what shoppers write on the traces.")

    @property
    def folders(self) -> DataFolders:
        return DataFolders(self.data_dir)

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return is_loopback(self.host)

    @property
    def keys_required(self) -> bool:
        return self.require_keys or not self.loopback

    @property
    def database(self) -> str:
        """URL of the database: SQLite in the data folder unless another is set."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.folders.database}"


def is_loopback(host: str) -> bool:
    """Whether a bind address is this machine's own; unknown names are taken for public ones."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False

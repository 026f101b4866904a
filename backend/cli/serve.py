"""``shoplens serve``: the REST, chat and MCP server."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from backend.cli.console import note, status
from backend.settings import (
    DEFAULT_DATA_DIR,
    DEFAULT_NAME,
    ApiKeyOption,
    DataDirOption,
    NameOption,
    QdrantUrlOption,
    RuntimeOption,
    SearchEncoderOption,
)

if TYPE_CHECKING:
    from backend.server_settings import ServerSettings


def serve(
    host: Annotated[
        str, typer.Option("--host", envvar="SHOPLENS_HOST", help="Address to listen on.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", envvar="SHOPLENS_PORT")] = 8000,
    name: NameOption = DEFAULT_NAME,
    data_dir: DataDirOption = DEFAULT_DATA_DIR,
    encoder: SearchEncoderOption = None,
    runtime: RuntimeOption = "auto",
    qdrant_url: QdrantUrlOption = None,
    api_key: ApiKeyOption = None,
) -> None:
    """Serve an index: REST under /v1, an OpenAI-compatible chat, MCP at /mcp, docs at /docs.

    Callers need an API key (`shoplens keys create`, or the one in SHOPLENS_API_KEY) unless the server
    listens on loopback only. Further settings are environment variables: SHOPLENS_LLM,
    SHOPLENS_DATABASE_URL, SHOPLENS_RATE_PER_MINUTE, SHOPLENS_ALLOWED_HOSTS, SHOPLENS_CORS_ORIGINS,
    SHOPLENS_PICTURE_HOSTS (JSON lists), SHOPLENS_REQUIRE_KEYS.
    """
    settings = server_settings(
        host=host,
        port=port,
        name=name,
        data_dir=data_dir,
        encoder=encoder,
        runtime=runtime,
        qdrant_url=qdrant_url,
        qdrant_api_key=api_key,
    )
    import uvicorn

    from backend.app import create_app
    from backend.services import Services
    from backend.store.keys import adopt_key, any_key
    from backend.telemetry import set_up_export
    from retriever.errors import SettingsError

    set_up_export(settings.otel)
    with status("Opening the index"):
        services = Services.open(settings)
        if settings.keys_required and settings.api_key is not None:
            adopt_key(services.store, settings.api_key.get_secret_value())
        if settings.keys_required and not any_key(services.store):
            services.close()
            raise SettingsError(
                f"the server would listen on {host} and ask for API keys, and there is none; make one "
                f"with `shoplens keys create NAME{_data_dir(data_dir)}`, give one in SHOPLENS_API_KEY, or "
                "listen on this machine alone with --host 127.0.0.1"
            )
        state = services.served.readiness()
    if not state.ready:
        note(f"Not ready, and /readyz says so until it is: {state.reason}")
    shown = f"[{host}]" if ":" in host else host
    note(
        f"Serving index {name} at http://{shown}:{port}; try\n"
        f"  curl -s http://{shown}:{port}/v1/search -H 'Content-Type: application/json' "
        """-d '{"text": "a red handbag"}'"""
    )
    uvicorn.run(
        create_app(services),
        host=host.strip("[]"),
        port=port,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=10,
    )


def server_settings(**given: Any) -> "ServerSettings":
    """Settings from options and the environment. Raises `SettingsError`."""
    from pydantic import ValidationError
    from pydantic_settings import SettingsError as UnreadableError

    from backend.server_settings import ServerSettings
    from retriever.errors import SettingsError

    try:
        return ServerSettings(**{name: value for name, value in given.items() if value is not None})
    except (ValidationError, UnreadableError) as error:
        raise SettingsError(f"a setting of the server cannot be used: {error}") from error


def _data_dir(data_dir: Path) -> str:
    return "" if data_dir == DEFAULT_DATA_DIR else f" --data-dir {data_dir}"

"""``shoplens mcp``: the MCP server on standard input and output."""

from typing import Annotated

import typer

from backend.cli.serve import server_settings
from backend.settings import (
    DEFAULT_DATA_DIR,
    DEFAULT_NAME,
    ApiKeyOption,
    DataDirOption,
    NameOption,
    QdrantUrlOption,
    SearchEncoderOption,
)


def mcp(
    url: Annotated[
        str | None,
        typer.Option(
            "--url", metavar="URL", help="A running server's /mcp to pass everything on to."
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option("--key", envvar="SHOPLENS_API_KEY", metavar="KEY", help="Its API key."),
    ] = None,
    name: NameOption = DEFAULT_NAME,
    data_dir: DataDirOption = DEFAULT_DATA_DIR,
    encoder: SearchEncoderOption = None,
    qdrant_url: QdrantUrlOption = None,
    api_key: ApiKeyOption = None,
) -> None:
    """Tools for an agent: search_products, similar_products, get_product, list_filters.

    An embedded index belongs to one process. While `shoplens serve` holds it, give that server's address
    with --url http://127.0.0.1:8000/mcp instead.
    """
    if url is not None:
        from backend.mcp_proxy import run_proxy

        run_proxy(url, key)
        return
    settings = server_settings(
        name=name,
        data_dir=data_dir,
        encoder=encoder,
        qdrant_url=qdrant_url,
        qdrant_api_key=api_key,
    )
    from backend.mcp_server import ProductTools, mcp_server
    from backend.services import Services
    from retriever.errors import IndexLockedError

    services = Services.open(settings)
    try:
        # Here, so that an index that cannot be opened ends the command with a message.
        with services.served.pinned():
            pass
        mcp_server(ProductTools(services)).run("stdio")
    except IndexLockedError as error:
        raise IndexLockedError(
            f"{error}. If that is `shoplens serve`, use it: shoplens mcp --url http://HOST:PORT/mcp"
        ) from error
    finally:
        services.close()

"""MCP on standard input and output, passed on to a running server."""

import anyio
import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.server import Server
from mcp.server.context import ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
)

from retriever.errors import SettingsError


def run_proxy(url: str, key: str | None) -> None:
    """Serve the tools of the MCP server at ``url`` until the input ends.

    Raises `SettingsError` when it cannot be reached.
    """
    anyio.run(_run, url, key)


async def _run(url: str, key: str | None) -> None:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with httpx2.AsyncClient(headers=headers, timeout=60) as http:
        try:
            reply = await http.get(url.rstrip("/").removesuffix("/mcp") + "/healthz")
            reply.raise_for_status()
        except httpx2.HTTPError as error:
            raise SettingsError(
                f"no shoplens server answers at {url} ({error}); start one with `shoplens serve` and "
                "give its address with /mcp at the end"
            ) from error
        async with Client(streamable_http_client(url, http_client=http)) as upstream:

            async def list_tools(
                _: ServerRequestContext, params: PaginatedRequestParams | None
            ) -> ListToolsResult:
                return await upstream.list_tools()

            async def call_tool(
                _: ServerRequestContext, params: CallToolRequestParams
            ) -> CallToolResult:
                return await upstream.call_tool(params.name, params.arguments or {})

            server = Server("shoplens", on_list_tools=list_tools, on_call_tool=call_tool)
            async with stdio_server() as (read, write):
                await server.run(read, write, server.create_initialization_options())

"""The official ``openai`` client, and MCP clients over HTTP, in memory and over stdio."""

import json
import sys
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from mcp import Client, StdioServerParameters, stdio_client

from backend.mcp_server import ProductTools, mcp_server
from backend.server_settings import ServerSettings
from backend.services import Services

ROOT = Path(__file__).resolve().parents[3]
TOOLS = {"search_products", "similar_products", "get_product", "list_filters"}


def shop_by_openai(url: str, first: str, second: str) -> list[list[dict[str, Any]]]:
    """Two turns, the second streamed; gives the products of each."""
    with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
        assert [model.id for model in client.models.list()] == ["shoplens"]
        messages: list[Any] = [{"role": "user", "content": first}]
        answer = client.chat.completions.create(model="shoplens", messages=messages)
        said = answer.choices[0].message.content
        assert said
        assert "[1]" in said
        assert answer.choices[0].finish_reason == "stop"
        assert answer.usage is not None
        messages += [{"role": "assistant", "content": said}, {"role": "user", "content": second}]
        stream = client.chat.completions.create(
            model="shoplens", messages=messages, stream=True, stream_options={"include_usage": True}
        )
        chunks = list(stream)
        assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
        assert chunks[-1].usage is not None
        assert chunks[-2].choices[0].finish_reason == "stop"
        found = [answer, chunks[0]]
        return [[i["product"] for i in f.model_extra["shoplens"]["products"]] for f in found]  # type: ignore[index]


async def shop_by_mcp(client: Client, query: str, filters: dict[str, Any]) -> list[dict[str, Any]]:
    """Looks at the filters, searches, reads the best and finds its like; gives what was found."""
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == TOOLS
    for tool in tools.values():
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint
        assert tool.output_schema is not None
    listed = (await client.call_tool("list_filters", {})).structured_content
    assert listed is not None
    assert {name.removesuffix("_max") for name in filters} <= {f["name"] for f in listed["fields"]}
    found = await client.call_tool("search_products", {"text": query, "filters": filters, "k": 5})
    assert found.structured_content is not None, found.content
    products: list[dict[str, Any]] = found.structured_content["products"]
    best = products[0]["id"]
    one = await client.call_tool("get_product", {"product_id": best})
    assert one.structured_content is not None
    assert one.structured_content["id"] == best
    like = await client.call_tool("similar_products", {"product_id": best, "k": 3})
    assert like.structured_content is not None
    assert best not in [p["id"] for p in like.structured_content["products"]]
    return products


def test_the_openai_client_has_a_conversation(url: str) -> None:
    first, second = shop_by_openai(url, "bags under 100", "cheaper ones in red")
    assert first
    assert all(product["price"]["amount"] < 100 for product in first)
    assert all(product["price"]["amount"] < 100 for product in second)
    assert all(product["attributes"]["colour"] == "red" for product in second)


def test_a_conversation_that_the_server_does_not_remember_is_gone_through_again(url: str) -> None:
    messages = [
        {"role": "user", "content": "bags under 100"},
        {"role": "assistant", "content": "something this server never said"},
        {"role": "user", "content": "more like the first one"},
    ]
    with httpx.Client(base_url=url, timeout=30) as client:
        first = client.post("/v1/chat/completions", json={"messages": messages[:1]}).json()
        second = client.post("/v1/chat/completions", json={"messages": messages}).json()
    shown = [item["product"]["id"] for item in first["shoplens"]["products"]]
    assert second["shoplens"]["products"]
    assert shown[0] not in [item["product"]["id"] for item in second["shoplens"]["products"]]


def test_openai_clients_are_told_what_is_not_supported(url: str) -> None:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
        with pytest.raises(openai.UnprocessableEntityError, match="tools"):
            client.chat.completions.create(
                model="shoplens",
                messages=[{"role": "user", "content": "a mug"}],
                tools=[{"type": "function", "function": {"name": "f"}}],
            )
        with pytest.raises(openai.UnprocessableEntityError, match="last message"):
            client.chat.completions.create(
                model="shoplens", messages=[{"role": "assistant", "content": "hello"}]
            )


async def test_mcp_over_http(url: str) -> None:
    async with Client(f"{url}/mcp") as client:
        products = await shop_by_mcp(client, "a bag", {"category": ["bags"], "price_max": 100})
    assert all(p["category"] == "Bags" and p["price"]["amount"] <= 100 for p in products)


async def test_mcp_inputs_are_typed_with_the_catalogues_values(url: str) -> None:
    async with Client(f"{url}/mcp") as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        schema = json.dumps(tools["search_products"].input_schema)
        assert '"bags"' in schema
        wrong = await client.call_tool("search_products", {"filters": {"category": ["submarines"]}})
        assert wrong.is_error
        refused = await client.call_tool("search_products", {"text": "x", "where": "colr = red"})
        assert refused.is_error
        assert "did you mean 'colour'" in refused.content[0].text  # type: ignore[union-attr]


async def test_mcp_in_memory(own_data: Path) -> None:
    services = Services.open(ServerSettings(data_dir=own_data, name="shop"))
    try:
        async with Client(mcp_server(ProductTools(services))) as client:
            await shop_by_mcp(client, "a sofa", {"price_max": 5000})
    finally:
        services.close()


@pytest.mark.parametrize("proxied", [False, True])
async def test_mcp_over_stdio(own_data: Path, url: str, proxied: bool) -> None:
    place = ["--url", f"{url}/mcp"] if proxied else ["--data-dir", str(own_data), "--name", "shop"]
    server = StdioServerParameters(
        command=sys.executable,
        args=["-c", "from backend.cli import main; main()", "mcp", *place],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    )
    async with Client(stdio_client(server)) as client:
        await shop_by_mcp(client, "a mug", {"price_max": 500})

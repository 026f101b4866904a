"""Pictures named by address in every body that takes one."""

import asyncio
import ipaddress
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from mcp import Client

from backend.security.fetching import Address, PictureFetcher

HERE = ipaddress.ip_address("127.0.0.1")


@pytest.fixture
def shop_pictures(drawn_data: Path) -> Iterator[tuple[str, list[str]]]:
    """A host of the drawn shop's pictures: its address without a path, and the paths asked of it."""
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(drawn_data.parent / "shop"))

        def log_message(self, *_: object) -> None:
            asked.append(self.path)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://pictures.example:{server.server_address[1]}", asked
    server.shutdown()
    server.server_close()
    thread.join()


def fetcher(host: str) -> PictureFetcher:
    """A fetcher that may reach this machine, under the host's name."""

    async def resolve(name: str, port: int) -> list[Address]:
        return [HERE]

    return PictureFetcher([host], resolve=resolve, allowed=lambda address: address == HERE)


async def searched_by_agent(url: str, address: str) -> Any:
    async with Client(f"{url}/mcp") as agent:
        return await agent.call_tool("search_products", {"picture": address, "k": 1})


def test_every_body_takes_an_address_of_a_listed_host(
    own_data: Path, serve: Any, shop_pictures: tuple[str, list[str]]
) -> None:
    host, asked = shop_pictures
    with (
        serve(own_data, pictures=fetcher(host)) as url,
        httpx.Client(base_url=url, timeout=30) as http,
    ):
        [sofa] = http.post("/v1/search", json={"text": "sofa", "k": 1}).json()["products"]
        address = f"{host}/pictures/{sofa['id']}.png"
        form = http.post("/v1/search", files={"picture": (None, address), "k": (None, "1")})
        assert [product["id"] for product in form.json()["products"]] == [sofa["id"]]
        found = http.post("/v1/search", json={"picture": address, "k": 1}).json()["products"]
        assert [product["id"] for product in found] == [sofa["id"]]
        chat = http.post("/v1/chat", json={"picture": address, "k": 1})
        assert f'"id":"{sofa["id"]}"' in chat.text
        with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
            messages: list[Any] = [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "like this"},
                        {"type": "image_url", "image_url": {"url": address}},
                    ],
                }
            ]
            answer = client.chat.completions.create(model="shoplens", messages=messages)
            assert answer.model_extra is not None
            assert answer.model_extra["shoplens"]["products"][0]["product"]["id"] == sofa["id"]
            before = len(asked)
            messages += [
                {"role": "assistant", "content": answer.choices[0].message.content},
                {"role": "user", "content": "cheaper ones"},
            ]
            client.chat.completions.create(model="shoplens", messages=messages)
            assert len(asked) == before, "a picture of an earlier turn is not fetched again"
        same = asyncio.run(searched_by_agent(url, address))
        assert same.structured_content is not None, same.content
        assert same.structured_content["products"][0]["id"] == sofa["id"]
        page = http.post("/v1/search", json={"picture": f"{host}/catalogue.csv"})
        assert (page.status_code, page.json()["type"]) == (
            422,
            "urn:shoplens:problem:unusable-picture",
        )


def test_without_a_list_every_body_refuses_addresses(
    url: str, client: httpx.Client, shop_pictures: tuple[str, list[str]]
) -> None:
    host, asked = shop_pictures
    address = host.replace("pictures.example", "127.0.0.1") + "/catalogue.csv"
    part = {"type": "image_url", "image_url": {"url": address}}
    for path, body in (
        ("/v1/search", {"picture": address}),
        ("/v1/chat", {"picture": address}),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": [part]}]}),
    ):
        reply = client.post(path, json=body)
        assert reply.status_code == 422
        assert reply.headers["content-type"] == "application/problem+json"
        assert "SHOPLENS_PICTURE_HOSTS" in reply.json()["detail"]
    refused = asyncio.run(searched_by_agent(url, address))
    assert refused.is_error
    assert "SHOPLENS_PICTURE_HOSTS" in refused.content[0].text
    assert asked == []


def test_a_list_that_cannot_be_read_stops_the_server(
    own_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    from backend.cli import app

    monkeypatch.setenv("SHOPLENS_PICTURE_HOSTS", '["https://cdn.example/path"]')
    result = CliRunner().invoke(app, ["serve", "--name", "shop", "--data-dir", str(own_data)])
    assert result.exit_code == 2
    assert "SHOPLENS_PICTURE_HOSTS is no host" in " ".join(result.stderr.split())

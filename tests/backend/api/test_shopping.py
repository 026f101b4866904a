"""curl, the ``openai`` client and an MCP client each do their whole shopping, at a server process.

In a drawn shop, and in a real catalogue where there is one: ask, narrow, ask about "the second one",
compare the first two, ask for its like within another limit.
"""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from typing import Any

import openai
import pytest
from mcp import Client
from typer.testing import CliRunner

from backend.cli import app

ROOT = Path(__file__).resolve().parents[3]
FASHION = ROOT.parent / "shared" / "catalogues" / "fashion.parquet"

Product = dict[str, Any]


@dataclass(frozen=True)
class Shop:
    """A served shop, and what is asked of it: ``narrower`` leaves products of ``narrowed`` alone,
    ``other`` (of something like the second one) those of ``changed``.
    """

    url: str
    query: str
    narrower: str
    narrowed: dict[str, Any]
    other: str
    changed: dict[str, Any]

    @property
    def turns(self) -> list[str]:
        return [
            self.query,
            self.narrower,
            "tell me about the second one",
            "compare the first two",
            f"something like the second one but {self.other}",
        ]

    def check(self, shown: list[list[Product]], texts: list[str]) -> None:
        """What every client must have seen: the products and the text of each turn."""
        found, narrowed, second, compared, like = shown
        assert len(found) >= 4
        assert not all(fits(product, self.narrowed) for product in found)
        assert len(narrowed) >= 2
        assert all(fits(product, self.narrowed) for product in narrowed)
        assert [one["id"] for one in second] == [narrowed[1]["id"]]
        assert [one["id"] for one in compared] == [one["id"] for one in narrowed[:2]]
        assert like
        assert not all(fits(product, self.changed) for product in narrowed)
        assert all(fits(product, self.changed) for product in like)
        assert all("[1]" in text for text in texts)
        assert "[2]" in texts[3]


def fits(product: Product, limits: dict[str, Any]) -> bool:
    """Whether a product has one of the values of each attribute and costs no more than ``price_max``."""
    attributes = {**product["attributes"], "category": product["category"]}
    most = limits.get("price_max")
    return (most is None or product["price"]["amount"] <= most) and all(
        str(attributes[name]).casefold() in values
        for name, values in limits.items()
        if name != "price_max"
    )


@pytest.fixture(scope="session")
def drawn_shop(
    drawn_data: Path, tmp_path_factory: pytest.TempPathFactory, serve_process: Any
) -> Iterator[Shop]:
    data = copytree(drawn_data, tmp_path_factory.mktemp("drawn-served") / "data")
    with serve_process(data) as url:
        narrowed = {"category": ["bags"], "price_max": 200}
        yield Shop(url, "bags", "under 200", narrowed, "under 60", {"price_max": 60})


@pytest.fixture(scope="session")
def fashion_shop(tmp_path_factory: pytest.TempPathFactory, serve_process: Any) -> Iterator[Shop]:
    """A few hundred shoes of the real catalogue, which has no prices."""
    if not FASHION.is_file():
        pytest.skip("needs ../shared/catalogues")
    import pyarrow.parquet as pq

    folder = tmp_path_factory.mktemp("fashion")
    shoes = [("subCategory", "==", "Shoes"), ("gender", "in", ["Men", "Women"])]
    rows = pq.read_table(FASHION, filters=shoes)
    pq.write_table(rows.slice(0, 400), folder / "shoes.parquet")
    place = ("--name", "shop", "--data-dir", str(folder / "data"), "--encoder", "mini")
    arguments = ["index", str(folder / "shoes.parquet"), *place, "--picture-aspect", "3:4"]
    indexed = CliRunner().invoke(app, arguments)
    assert indexed.exit_code == 0, indexed.output
    with serve_process(folder / "data") as url:
        narrowed = {"base_colour": ["black"], "gender": ["men"]}
        changed = {"base_colour": ["white"]}
        yield Shop(
            url, "casual shoes for men", "only the black ones", narrowed, "in white", changed
        )


@pytest.fixture(params=["drawn_shop", pytest.param("fashion_shop", marks=pytest.mark.shared)])
def shop(request: pytest.FixtureRequest) -> Shop:
    found: Shop = request.getfixturevalue(request.param)
    return found


def curl(url: str, body: dict[str, Any]) -> list[tuple[str, Any]]:
    """Posts a body as one does in a terminal; gives the server-sent events."""
    json_type = ["-H", "Content-Type: application/json"]
    command = ["curl", "-sS", "-N", "--fail-with-body", "--max-time", "120", *json_type]
    done = subprocess.run(
        [*command, "-d", json.dumps(body), url], check=True, capture_output=True, text=True
    )
    found = []
    for block in done.stdout.split("\n\n"):
        lines = [line for line in block.splitlines() if not line.startswith(":")]
        if lines:
            found.append((lines[0][7:], json.loads(lines[1][6:])))
    return found


def test_curl(shop: Shop) -> None:
    shown, texts, conversation = [], [], None
    for text in shop.turns:
        body = (
            {"text": text}
            if conversation is None
            else {"text": text, "conversation_id": conversation}
        )
        events = curl(f"{shop.url}/v1/chat", body)
        names = [name for name, _ in events]
        assert names[:3] == ["conversation", "understood", "products"]
        assert names[-1] == "done"
        conversation = events[0][1]["id"]
        shown.append([item["product"] for item in events[2][1]["items"]])
        texts.append(" ".join(data["text"] for name, data in events if name == "text"))
    shop.check(shown, texts)


def test_the_openai_client(shop: Shop) -> None:
    shown, texts = [], []
    messages: list[Any] = []
    with openai.OpenAI(base_url=f"{shop.url}/v1", api_key="none", max_retries=0) as client:
        for number, text in enumerate(shop.turns):
            messages.append({"role": "user", "content": text})
            if number % 2:
                stream = client.chat.completions.create(
                    model="shoplens", messages=messages, stream=True
                )
                chunks = list(stream)
                said = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
                extra = chunks[0].model_extra
            else:
                answer = client.chat.completions.create(model="shoplens", messages=messages)
                said, extra = answer.choices[0].message.content or "", answer.model_extra
            messages.append({"role": "assistant", "content": said})
            assert extra is not None
            shown.append([item["product"] for item in extra["shoplens"]["products"]])
            texts.append(said)
    shop.check(shown, texts)


async def test_an_mcp_client(shop: Shop) -> None:
    """An agent has no "second one": it holds the ids itself."""
    async with Client(f"{shop.url}/mcp") as client:

        async def call(tool: str, **arguments: Any) -> dict[str, Any]:
            result = await client.call_tool(tool, arguments)
            assert not result.is_error, result.content
            assert result.structured_content is not None
            return result.structured_content

        fields = {field["name"]: field for field in (await call("list_filters"))["fields"]}
        wanted = {*shop.narrowed, *shop.changed} - {"price_max"}
        assert wanted <= set(fields)
        [category] = [name for name in sorted(wanted) if "values" in fields[name]][:1]
        known = {value["value"].casefold() for value in fields[category]["values"]}
        assert {*shop.narrowed.get(category, ()), *shop.changed.get(category, ())} <= known
        found = (await call("search_products", text=shop.query, k=8))["products"]
        assert not all(fits(product, shop.narrowed) for product in found)
        narrowed = await call("search_products", text=shop.query, filters=shop.narrowed, k=8)
        products = narrowed["products"]
        assert len(products) >= 2
        assert all(fits(product, shop.narrowed) for product in products)
        compared = [await call("get_product", product_id=one["id"]) for one in products[:2]]
        assert [one["title"] for one in compared] == [one["title"] for one in products[:2]]
        second = products[1]["id"]
        similar = await call("similar_products", product_id=second, filters=shop.changed, k=4)
        like = similar["products"]
        assert like
        assert all(fits(product, shop.changed) for product in like)
        assert second not in [product["id"] for product in like]
        unheard = await client.call_tool(
            "search_products", {"text": shop.query, "filters": {category: ["octarine"]}}
        )
        assert unheard.is_error

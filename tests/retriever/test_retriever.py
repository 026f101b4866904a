"""The retriever over a real embedded index and a real, tiny open_clip model."""

import asyncio
import io
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from llama_index.core.base.llms.types import TextBlock
from llama_index.core.base.response.schema import Response
from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.response_synthesizers import ResponseMode
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.schema import ImageNode, MetadataMode, QueryBundle
from llama_index.core.vector_stores.types import FilterOperator, MetadataFilter, MetadataFilters
from PIL import Image

from retriever.encoder import Encoder
from retriever.errors import FilterError, FingerprintError, PictureError, QueryError, SettingsError
from retriever.fingerprint import fingerprint
from retriever.index import EdgeIndex, IndexRecord, IndexSpec, IndexVersion, Mmr, RecordKeys
from retriever.lexical import terms_of_product
from retriever.node import to_node
from retriever.picture import Picture
from retriever.product import NO_CURRENCY, Price, Product
from retriever.retrieved import RetrievedProduct
from retriever.retriever import ProductRetriever
from retriever.search import SearchOptions
from retriever.where import Eq, Fields, In, Not, Range

COLOURS = ("red", "green", "blue", "orange")
SHAPES = ("ball", "cube", "ring")
FIELDS: Fields = {
    "base_colour": "keyword", "parts": "keyword", "price": "number", "on_sale": "bool"
}  # fmt: skip


def picture_of(number: int) -> Image.Image:
    """A picture of its own for each product: noise, the same at every call."""
    noise = np.random.default_rng(number).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((32, 32), Image.Resampling.NEAREST)


def png_of(number: int) -> bytes:
    buffer = io.BytesIO()
    picture_of(number).save(buffer, format="PNG")
    return buffer.getvalue()


def product_of(number: int) -> Product:
    colour, shape = COLOURS[number % 4], SHAPES[number % 3]
    return Product(
        id=f"p{number}",
        title=f"{colour} {shape}",
        brand="Acme",
        category="toys",
        price=Price(amount=float(number), currency="USD"),
        attributes={"base_colour": colour, "parts": [shape, "box"], "on_sale": number % 2 == 0},
    )


@pytest.fixture(scope="module")
def version(
    tiny_encoder: Encoder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[IndexVersion]:
    """24 products: every title stands for two of them."""
    spec = IndexSpec(
        fingerprint=fingerprint(tiny_encoder.fingerprint),
        encoder="tiny",
        dim=tiny_encoder.dim,
        fields=FIELDS,
    )
    products = [product_of(number) for number in range(24)]
    embeddings = tiny_encoder.encode_pictures([picture_of(number) for number in range(24)])
    with (
        EdgeIndex(tmp_path_factory.mktemp("index")) as index,
        index.create(spec) as created,
    ):
        created.upsert(
            [
                IndexRecord(product, embedding, terms_of_product(product), RecordKeys("", ""))
                for product, embedding in zip(products, embeddings, strict=True)
            ]
        )
        created.finish()
        yield created


@pytest.fixture(scope="module")
def retriever(version: IndexVersion, tiny_encoder: Encoder) -> ProductRetriever:
    return ProductRetriever(version=version, encoder=tiny_encoder, top_k=5)


def test_text_ranks_by_cosine(retriever: ProductRetriever, tiny_encoder: Encoder) -> None:
    found = retriever.search("an orange ball", limit=24)
    words = tiny_encoder.encode_texts(["an orange ball"])[0]
    pictures = tiny_encoder.encode_pictures([picture_of(number) for number in range(24)])
    cosines = {f"p{number}": float(cosine) for number, cosine in enumerate(pictures @ words)}
    assert {item.product.id: item.score for item in found} == pytest.approx(cosines, abs=1e-5)
    assert [item.rank for item in found] == list(range(1, 25))
    scores = [item.score for item in found]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("kind", ["decoded", "bytes", "path", "picture"])
def test_a_picture_finds_its_own_product(
    retriever: ProductRetriever, kind: str, tmp_path: Path
) -> None:
    path = tmp_path / "query.png"
    path.write_bytes(png_of(13))
    picture = {
        "decoded": picture_of(13),
        "bytes": png_of(13),
        "path": path,
        "picture": Picture(png_of(13)),
    }[kind]
    best = retriever.search(picture=picture, limit=1)[0]
    assert best.product == product_of(13)
    assert best.score == pytest.approx(1.0, abs=1e-5)


def test_text_and_picture_are_combined_by_weight(
    retriever: ProductRetriever, tiny_encoder: Encoder
) -> None:
    words = tiny_encoder.encode_texts(["a ring"])[0]
    looks = tiny_encoder.encode_pictures([picture_of(3)])[0]
    for weight in (0.0, 0.3, 1.0):
        both = (1 - weight) * words + weight * looks
        cosine = float(looks @ both / np.linalg.norm(both))
        found = retriever.search("a ring", picture_of(3), picture_weight=weight, limit=24)
        score = {item.product.id: item.score for item in found}["p3"]
        assert score == pytest.approx(cosine, abs=1e-5)


def test_text_beyond_the_context_is_cut_off(retriever: ProductRetriever) -> None:
    cut = [item.product.id for item in retriever.search("ball " * 200)]
    assert cut == [item.product.id for item in retriever.search("ball " * 400)]


def test_lexical_search_needs_the_words(retriever: ProductRetriever) -> None:
    found = retriever.search("orange", mode="lexical", limit=24)
    assert {item.product.attributes["base_colour"] for item in found} == {"orange"}
    assert len(found) == 6
    assert retriever.search("submarine", mode="lexical") == []


def test_hybrid_search_joins_words_and_looks(retriever: ProductRetriever) -> None:
    best = retriever.search("orange cube", picture_of(7), mode="hybrid", picture_weight=1.0)[0]
    assert best.product.id == "p7"
    assert best.score > 1 / 60


def test_mmr_changes_the_order(retriever: ProductRetriever) -> None:
    plain = [item.product.id for item in retriever.search(picture=picture_of(5))]
    varied = retriever.search(picture=picture_of(5), mmr=Mmr(diversity=0.9, candidates=24))
    assert varied[0].product.id == plain[0]
    assert [item.product.id for item in varied] != plain


def test_filters_of_retriever_and_search_both_hold(
    version: IndexVersion, tiny_encoder: Encoder
) -> None:
    filters = MetadataFilters(
        filters=[MetadataFilter(key="price", value=11, operator=FilterOperator.LTE)]
    )
    narrow = ProductRetriever(
        version=version, encoder=tiny_encoder, top_k=24,
        where=In("colour", ("Orange", "red")), filters=filters,
    )  # fmt: skip
    assert ids(narrow.search("toy")) == {"p0", "p3", "p4", "p7", "p8", "p11"}
    assert ids(narrow.search("toy", where=Eq("parts", "ring"))) == {"p8", "p11"}
    assert ids(narrow.search("toy", where=Range("price", gt=11))) == set()
    assert ids(narrow.similar("p1", where=Not(Eq("colour", "red")))) == {"p3", "p7", "p11"}
    nodes = narrow.retrieve("toy")
    assert {node.node_id for node in nodes} == ids(narrow.search("toy"))


def ids(found: list[RetrievedProduct]) -> set[str]:
    return {item.product.id for item in found}


def test_a_filter_on_an_unknown_field_is_refused(
    version: IndexVersion, tiny_encoder: Encoder, retriever: ProductRetriever
) -> None:
    with pytest.raises(FilterError, match="base_colour, on_sale, parts, price"):
        retriever.search("toy", where=Eq("flavour", "mint"))
    text_match = MetadataFilter(key="title", value="b", operator=FilterOperator.TEXT_MATCH)
    with pytest.raises(FilterError, match="text_match"):
        ProductRetriever(
            version=version, encoder=tiny_encoder, filters=MetadataFilters(filters=[text_match])
        )


def test_similar_leaves_the_product_itself_out(retriever: ProductRetriever) -> None:
    found = retriever.similar("p9", limit=23)
    by_picture = retriever.search(picture=picture_of(9), limit=24)
    assert [item.product.id for item in found] == [item.product.id for item in by_picture][1:]
    assert [item.rank for item in found] == list(range(1, 24))
    with pytest.raises(QueryError, match="'nobody'"):
        retriever.similar("nobody")
    for limit in (0, 1000):
        with pytest.raises(QueryError, match="1 to 999"):
            retriever.similar("p9", limit=limit)


@pytest.mark.parametrize(
    ("text", "picture", "options", "problem"),
    [
        (None, None, {}, "the query is empty"),
        (" \n", None, {}, "the query is empty"),
        (None, 1, {"mode": "lexical"}, "reads words only"),
        ("ball", 1, {"mode": "lexical"}, "reads words only"),
        (None, 1, {"mode": "hybrid"}, "needs text too"),
        (None, None, {"mode": "hybrid"}, "needs some text"),
        ("ball", None, {"mode": "psychic"}, "dense, lexical, hybrid"),
        ("ball", None, {"picture_weight": 1.5}, "between 0 and 1"),
        ("ball", None, {"limit": 0}, "limit is 0"),
        ("the of", None, {"mode": "lexical"}, "no word besides stop words"),
    ],
)
async def test_queries_that_make_no_sense(
    retriever: ProductRetriever,
    text: str | None,
    picture: int | None,
    options: SearchOptions,
    problem: str,
) -> None:
    shown = None if picture is None else picture_of(picture)
    with pytest.raises(QueryError, match=problem):
        retriever.search(text, shown, **options)
    with pytest.raises(QueryError, match=problem):
        await retriever.asearch(text, shown, **options)


def test_an_unusable_picture_is_an_error(retriever: ProductRetriever, tmp_path: Path) -> None:
    with pytest.raises(PictureError):
        retriever.search(picture=b"no picture")
    with pytest.raises(PictureError, match="missing"):
        retriever.search(picture=tmp_path / "missing.png")


def test_an_index_of_another_encoder_is_refused(
    version: IndexVersion, tiny_encoder: Encoder, tmp_path: Path
) -> None:
    spec = version.info.spec
    with (
        EdgeIndex(tmp_path) as index,
        index.create(replace(spec, fingerprint="0ther", encoder="ViT-X")) as other,
        pytest.raises(FingerprintError, match=r"ViT-X .*0ther.*`shoplens index`") as raised,
    ):
        ProductRetriever(version=other, encoder=tiny_encoder)
    assert spec.fingerprint in str(raised.value)


def test_mmr_outside_of_dense_mode_is_refused(version: IndexVersion, tiny_encoder: Encoder) -> None:
    with pytest.raises(SettingsError, match="hybrid"):
        ProductRetriever(version=version, encoder=tiny_encoder, mode="hybrid", mmr=Mmr())


async def test_async_gives_the_same(retriever: ProductRetriever) -> None:
    searches = [("ball", None), (None, picture_of(2)), ("ring", picture_of(4))]
    at_once = await asyncio.gather(*(retriever.asearch(*given) for given in searches))
    assert at_once == [retriever.search(*given) for given in searches]
    assert await retriever.asimilar("p2") == retriever.similar("p2")
    bundle = QueryBundle("cube")
    assert await retriever.aretrieve(bundle) == retriever.retrieve(bundle)


async def test_async_encodes_off_the_event_loop(
    retriever: ProductRetriever, tiny_encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []
    encode = tiny_encoder.encode_texts

    def recorded(texts: list[str]) -> np.ndarray:
        threads.append(threading.current_thread())
        return encode(texts)

    monkeypatch.setattr(tiny_encoder, "encode_texts", recorded)
    await retriever.aretrieve("a word that was not asked before")
    assert threads
    assert threading.main_thread() not in threads


def test_query_bundles(retriever: ProductRetriever, tiny_encoder: Encoder, tmp_path: Path) -> None:
    path = tmp_path / "query.png"
    path.write_bytes(png_of(6))
    assert retriever.retrieve(QueryBundle("", image_path=str(path)))[0].node_id == "p6"
    stored = tiny_encoder.encode_pictures([picture_of(8)])[0]
    by_vector = QueryBundle("ignored", embedding=(3 * stored).tolist())
    assert retriever.retrieve(by_vector)[0].node_id == "p8"
    mean = tiny_encoder.encode_texts(["a ball", "a ring"]).mean(axis=0)
    by_mean = retriever.retrieve(QueryBundle("x", embedding=mean.tolist()))
    phrased = retriever.retrieve(QueryBundle("x", custom_embedding_strs=["a ball", "a ring"]))
    assert [node.node_id for node in phrased] == [node.node_id for node in by_mean]


@pytest.mark.parametrize("value", [0.0, float("inf"), float("nan")])
def test_an_embedding_without_a_direction_is_refused(
    retriever: ProductRetriever, tiny_encoder: Encoder, value: float
) -> None:
    with pytest.raises(QueryError, match="zero or not finite"):
        retriever.retrieve(QueryBundle("", embedding=[value] * tiny_encoder.dim))


def test_nodes(retriever: ProductRetriever) -> None:
    found = retriever.retrieve("ball")[0]
    number = int(found.node_id.removeprefix("p"))
    product = product_of(number)
    assert isinstance(found.node, ImageNode)
    assert found.metadata == {
        "product_id": product.id, "title": product.title, "brand": "Acme", "category": "toys",
        "price": float(number), "currency": "USD", **product.attributes,
    }  # fmt: skip
    read = found.get_content(MetadataMode.LLM)
    assert read == found.text == found.get_content(MetadataMode.EMBED)
    sale = "yes" if product.attributes["on_sale"] else "no"
    assert read.splitlines() == [
        product.title,
        f"product id: {product.id}",
        "brand: Acme",
        "category: toys",
        f"price: {number}.00 USD",
        f"base colour: {product.attributes['base_colour']}",
        f"parts: {SHAPES[number % 3]} and box",
        f"on sale: {sale}",
    ]


def test_drops_into_a_query_engine(retriever: ProductRetriever) -> None:
    engine = RetrieverQueryEngine.from_args(retriever, llm=MockLLM())
    response = engine.query("orange ball")
    assert isinstance(response, Response)
    assert len(response.source_nodes) == 5
    for node in response.source_nodes:
        assert f"product id: {node.node_id}" in str(response)


async def test_drops_into_an_async_query_engine(retriever: ProductRetriever) -> None:
    engine = RetrieverQueryEngine.from_args(
        retriever, llm=MockLLM(), response_mode=ResponseMode.TREE_SUMMARIZE, use_async=True
    )
    response = await engine.aquery("orange ball")
    expected = [node.node_id for node in await retriever.aretrieve("orange ball")]
    assert [node.node_id for node in response.source_nodes] == expected
    assert f"product id: {expected[0]}" in str(response)


def test_a_multimodal_prompt_gets_the_text(retriever: ProductRetriever) -> None:
    found = retriever.retrieve("ball")[0]
    (block,) = found.node.get_content_blocks(MetadataMode.LLM)
    assert isinstance(block, TextBlock)
    assert block.text == found.text


def test_fusion_keeps_products_that_read_the_same(
    version: IndexVersion, tiny_encoder: Encoder
) -> None:
    """LlamaIndex removes duplicates by hash, here over two retrievers that find every product."""
    both = [
        ProductRetriever(version=version, encoder=tiny_encoder, top_k=24),
        ProductRetriever(version=version, encoder=tiny_encoder, top_k=24, mode="hybrid"),
    ]
    fusion = QueryFusionRetriever(
        both, llm=MockLLM(), num_queries=1, similarity_top_k=48, use_async=False
    )
    found = fusion.retrieve("ball")
    assert sorted(node.node_id for node in found) == sorted(f"p{number}" for number in range(24))


def test_a_price_without_a_known_currency_has_none_in_the_metadata() -> None:
    bare = Product(id="x", title="t", price=Price(amount=2, currency=NO_CURRENCY))
    node = to_node(RetrievedProduct(bare, 0.5, 1))
    assert node.metadata == {"product_id": "x", "title": "t", "price": 2.0}
    assert node.text == "t\nproduct id: x\nprice: 2.00"

"""An adapter between the encoder and the index: indexing, searching, and what does not fit."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from llama_index.core.schema import QueryBundle
from PIL import Image

from retriever.adapter import Adapter, AdapterConfig
from retriever.catalogue import Catalogue
from retriever.encoder import Encoder
from retriever.errors import AdapterError, FingerprintError
from retriever.features import FeatureCache
from retriever.fingerprint import fingerprint
from retriever.index import EdgeIndex, IndexVersion
from retriever.index.payload import spec_from_json, spec_to_json
from retriever.indexing import IndexingReport, index_catalogue
from retriever.picture import Picture
from retriever.query import Query
from retriever.retriever import ProductRetriever
from retriever.search import ProductSearch

COUNT = 10


class Shop:
    """A folder of pictures, its index and its feature cache."""

    def __init__(self, folder: Path, encoder: Encoder) -> None:
        self.encoder = encoder
        self.folder = folder / "pictures"
        self.folder.mkdir()
        for number in range(COUNT):
            noise = np.random.default_rng(number).integers(0, 256, (3, 2, 3), dtype=np.uint8)
            Image.fromarray(noise).resize((40, 60)).save(self.folder / f"p{number}.png")
        self.index = EdgeIndex(folder / "index")
        self.cache = FeatureCache(folder / "features", encoder.fingerprint, encoder.dim)

    def run(self, adapter: Adapter | None) -> IndexingReport:
        catalogue = Catalogue.open(self.folder)
        return index_catalogue(
            catalogue, self.encoder, self.index, cache=self.cache, adapter=adapter
        )

    def picture(self, number: int) -> Picture:
        return Picture(self.folder / f"p{number}.png")

    def features(self) -> np.ndarray:
        return self.cache.get([self.picture(number).key for number in range(COUNT)])


def moved(encoder: Encoder, seed: int = 0) -> Adapter:
    """A residual adapter that changes every embedding, and text otherwise than pictures."""
    adapter = Adapter(AdapterConfig(kind="residual", dim=encoder.dim, bottleneck=8, alpha=0.8))
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in adapter.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator))
    adapter.spec = f"moved{seed}"
    return adapter.eval()


@pytest.fixture
def shop(tmp_path: Path, tiny_encoder: Encoder) -> Shop:
    return Shop(tmp_path, tiny_encoder)


@pytest.fixture
def adapter(tiny_encoder: Encoder) -> Adapter:
    return moved(tiny_encoder)


@pytest.fixture
def version(shop: Shop, adapter: Adapter) -> Iterator[IndexVersion]:
    shop.run(adapter)
    with shop.index.open() as opened:
        yield opened


def test_the_index_holds_adapted_embeddings_of_cached_features(
    shop: Shop, adapter: Adapter
) -> None:
    assert shop.run(None).encoded == COUNT
    report = shop.run(adapter)
    assert (report.version, report.added, report.encoded) == ("v0002", COUNT, 0)
    with shop.index.open() as version:
        spec = version.info.spec
        assert spec.fingerprint == fingerprint(shop.encoder.fingerprint, adapter.fingerprint)
        assert spec.adapter == "moved0"
        stored = version.vectors([f"p{number}" for number in range(COUNT)])
    expected = adapter.embed_pictures(shop.features())
    assert not np.allclose(expected, shop.features(), atol=0.1)
    for number in range(COUNT):
        np.testing.assert_allclose(stored[f"p{number}"], expected[number], atol=1e-6)
    assert (shop.run(None).version, shop.run(adapter).version) == ("v0001", "v0002")


def test_a_retrained_or_renamed_adapter_gets_its_own_version(shop: Shop, adapter: Adapter) -> None:
    shop.run(adapter)
    retrained = moved(shop.encoder, seed=1)
    retrained.spec = adapter.spec
    assert shop.run(retrained).version == "v0002"
    retrained.spec = "renamed"
    assert shop.run(retrained).version == "v0003"


def test_every_kind_of_query_goes_through_the_adapter(
    shop: Shop, version: IndexVersion, adapter: Adapter
) -> None:
    encoder = shop.encoder
    search = ProductSearch(version=version, encoder=encoder, adapter=adapter, top_k=COUNT)
    pool = adapter.embed_pictures(shop.features())
    texts = adapter.embed_texts(encoder.encode_texts(["a ball", "a cube"]))
    picture = adapter.embed_pictures(encoder.encode_pictures([shop.picture(3).open()]))[0]
    asked: list[tuple[Query, np.ndarray]] = [
        (Query("a ball"), texts[0]),
        (Query(picture=shop.picture(3)), picture),
        (Query("a ball", shop.picture(3)), 0.25 * texts[0] + 0.75 * picture),
        (Query("x", phrasings=("a ball", "a cube")), texts.mean(axis=0)),
        (Query(embedding=3 * pool[5]), pool[5]),
    ]
    for query, embedding in asked:
        found = search.run(query, picture_weight=0.75)
        expected = pool @ (embedding / np.linalg.norm(embedding))
        scores = {item.product.id: item.score for item in found}
        assert scores == pytest.approx(
            {f"p{number}": float(expected[number]) for number in range(COUNT)}, abs=1e-5
        )


async def test_the_llama_index_retriever_goes_through_the_adapter(
    shop: Shop, version: IndexVersion, adapter: Adapter
) -> None:
    retriever = ProductRetriever(version=version, encoder=shop.encoder, adapter=adapter, top_k=3)
    bundle = QueryBundle("", image_path=str(shop.folder / "p4.png"))
    for nodes in (retriever.retrieve(bundle), await retriever.aretrieve(bundle)):
        assert nodes[0].node.node_id == "p4"
        assert nodes[0].score == pytest.approx(1, abs=1e-5)


def test_an_index_of_another_adapter_is_refused(
    shop: Shop, version: IndexVersion, adapter: Adapter
) -> None:
    with pytest.raises(FingerprintError, match=r"adapter moved0.*with adapter identity"):
        ProductSearch(version=version, encoder=shop.encoder)
    other = moved(shop.encoder, seed=1)
    with pytest.raises(FingerprintError, match=r"adapter moved0.*with adapter moved1"):
        ProductSearch(version=version, encoder=shop.encoder, adapter=other)
    adapter.backbone = "feed" * 8
    with pytest.raises(AdapterError, match="trained on the backbone feed"):
        ProductSearch(version=version, encoder=shop.encoder, adapter=adapter)


def test_indexing_with_an_adapter_of_another_backbone_is_refused(
    shop: Shop, adapter: Adapter
) -> None:
    adapter.backbone = "feed" * 8
    with pytest.raises(AdapterError, match="trained on the backbone feed"):
        shop.run(adapter)
    assert shop.index.versions() == []


def test_specs_written_before_adapters_still_open(shop: Shop) -> None:
    shop.run(None)
    [info] = shop.index.versions()
    data = spec_to_json(info.spec)
    assert data.pop("adapter") == "identity"
    assert spec_from_json(data, "an old manifest") == info.spec

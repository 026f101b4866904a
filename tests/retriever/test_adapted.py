"""An adapter between the encoder and the index: indexing, searching, and what does not fit."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from llama_index.core.schema import QueryBundle

from retriever.adapter import Adapter
from retriever.errors import AdapterError, FingerprintError
from retriever.fingerprint import fingerprint
from retriever.index import IndexVersion
from retriever.index.payload import spec_from_json, spec_to_json
from retriever.query import Query
from retriever.retriever import ProductRetriever
from retriever.search import ProductSearch

COUNT = 10
Moved = Callable[[int], Adapter]


@pytest.fixture
def version(adapted_shop: Any, adapter: Adapter) -> Iterator[IndexVersion]:
    adapted_shop.run(adapter)
    with adapted_shop.index.open() as opened:
        yield opened


def test_the_index_holds_adapted_embeddings_of_cached_features(
    adapted_shop: Any, adapter: Adapter
) -> None:
    assert adapted_shop.run(None).encoded == COUNT
    report = adapted_shop.run(adapter)
    assert (report.version, report.added, report.encoded) == ("v0002", COUNT, 0)
    with adapted_shop.index.open() as version:
        spec = version.info.spec
        assert spec.fingerprint == fingerprint(
            adapted_shop.encoder.fingerprint, adapter.fingerprint
        )
        assert spec.adapter == "moved0"
        stored = version.vectors([f"p{number}" for number in range(COUNT)])
    expected = adapter.embed_pictures(adapted_shop.features())
    assert not np.allclose(expected, adapted_shop.features(), atol=0.1)
    for number in range(COUNT):
        np.testing.assert_allclose(stored[f"p{number}"], expected[number], atol=1e-6)
    assert (adapted_shop.run(None).version, adapted_shop.run(adapter).version) == ("v0001", "v0002")


def test_a_retrained_or_renamed_adapter_gets_its_own_version(
    adapted_shop: Any, adapter: Adapter, moved: Moved
) -> None:
    adapted_shop.run(adapter)
    retrained = moved(1)
    retrained.spec = adapter.spec
    assert adapted_shop.run(retrained).version == "v0002"
    retrained.spec = "renamed"
    assert adapted_shop.run(retrained).version == "v0003"


def test_every_kind_of_query_goes_through_the_adapter(
    adapted_shop: Any, version: IndexVersion, adapter: Adapter
) -> None:
    encoder = adapted_shop.encoder
    search = ProductSearch(version=version, encoder=encoder, adapter=adapter, top_k=COUNT)
    pool = adapter.embed_pictures(adapted_shop.features())
    texts = adapter.embed_texts(encoder.encode_texts(["a ball", "a cube"]))
    picture = adapter.embed_pictures(encoder.encode_pictures([adapted_shop.picture(3).open()]))[0]
    asked: list[tuple[Query, np.ndarray]] = [
        (Query("a ball"), texts[0]),
        (Query(picture=adapted_shop.picture(3)), picture),
        (Query("a ball", adapted_shop.picture(3)), 0.25 * texts[0] + 0.75 * picture),
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
    adapted_shop: Any, version: IndexVersion, adapter: Adapter
) -> None:
    retriever = ProductRetriever(
        version=version, encoder=adapted_shop.encoder, adapter=adapter, top_k=3
    )
    bundle = QueryBundle("", image_path=str(adapted_shop.folder / "p4.png"))
    for nodes in (retriever.retrieve(bundle), await retriever.aretrieve(bundle)):
        assert nodes[0].node.node_id == "p4"
        assert nodes[0].score == pytest.approx(1, abs=1e-5)


def test_an_index_of_another_adapter_is_refused(
    adapted_shop: Any, version: IndexVersion, adapter: Adapter, moved: Moved
) -> None:
    with pytest.raises(FingerprintError, match=r"adapter moved0.*with adapter identity"):
        ProductSearch(version=version, encoder=adapted_shop.encoder)
    other = moved(1)
    with pytest.raises(FingerprintError, match=r"adapter moved0.*with adapter moved1"):
        ProductSearch(version=version, encoder=adapted_shop.encoder, adapter=other)
    adapter.backbone = "feed" * 8
    with pytest.raises(AdapterError, match="trained on the backbone feed"):
        ProductSearch(version=version, encoder=adapted_shop.encoder, adapter=adapter)


def test_indexing_with_an_adapter_of_another_backbone_is_refused(
    adapted_shop: Any, adapter: Adapter
) -> None:
    adapter.backbone = "feed" * 8
    with pytest.raises(AdapterError, match="trained on the backbone feed"):
        adapted_shop.run(adapter)
    assert adapted_shop.index.versions() == []


def test_specs_written_before_adapters_still_open(adapted_shop: Any) -> None:
    adapted_shop.run(None)
    [info] = adapted_shop.index.versions()
    data = spec_to_json(info.spec)
    assert data.pop("adapter") == "identity"
    assert spec_from_json(data, "an old manifest") == info.spec

"""Settings of an index: what is refused, that they are kept, and that quantised vectors are rescored."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qdrant_client import models

from retriever.errors import SettingsError
from retriever.index import EdgeIndex, IndexRecord, IndexSettings, IndexSpec, SearchRequest
from retriever.index.faiss import FaissIndex
from retriever.index.folder import FolderIndex
from retriever.index.payload import spec_from_json, spec_to_json
from retriever.index.qdrant_query import qdrant_query
from retriever.index.qdrant_vectors import vector_params
from retriever.index.settings import Quantisation
from retriever.where import Eq


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"quantisation": "int4"}, "choose one of none, int8, binary"),
        ({"oversampling": 0.5}, "oversampling is 0.5"),
        ({"m": 2}, "m of the index is 2"),
        ({"ef": 20_000}, "ef of the index is 20000"),
    ],
)
def test_what_no_engine_could_use_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        IndexSettings(**settings)


def test_settings_are_stored_with_the_spec_and_older_specs_have_the_default(
    spec: IndexSpec,
) -> None:
    changed = replace(spec, settings=IndexSettings("binary", oversampling=5, m=24))
    stored = spec_to_json(changed)
    assert spec_from_json(stored, "here") == changed
    del stored["settings"]
    assert spec_from_json(stored, "here").settings == IndexSettings()


# 16 bits, the signs of so short a vector, tell few products apart.
@pytest.mark.parametrize(("quantisation", "least"), [("int8", 0.95), ("binary", 0.6)])
def test_quantised_vectors_are_rescored_by_the_originals(
    tmp_path: Path,
    spec: IndexSpec,
    make_record: Callable[..., IndexRecord],
    quantisation: Quantisation,
    least: float,
) -> None:
    rescored = IndexSettings(quantisation, oversampling=16, exact_below=1000)
    agree = {True: 0, False: 0}
    for rescore in (True, False):
        settings = replace(rescored, rescore=rescore)
        index = EdgeIndex(tmp_path, str(rescore).lower())
        with index.create(replace(spec, settings=settings)) as version:
            version.upsert([make_record(number) for number in range(1200)])
            version.finish()
            for number in range(2000, 2020):
                query = make_record(number).embedding
                hits = version.search(SearchRequest(10, query))
                exact = version.search(SearchRequest(10, query, exact=True))
                agree[rescore] += len({h.product.id for h in hits} & {h.product.id for h in exact})
                if rescore:
                    true = [
                        float(query @ make_record(int(h.product.id[1:])).embedding) for h in hits
                    ]
                    np.testing.assert_allclose([h.score for h in hits], true, atol=1e-5)
    assert agree[True] >= least * 200
    assert agree[True] > agree[False]


def test_a_qdrant_server_is_told(spec: IndexSpec) -> None:
    quantised = replace(spec, settings=IndexSettings("int8", m=24, ef=300, exact_below=64))
    params = vector_params(quantised)
    assert isinstance(params.quantization_config, models.ScalarQuantization)
    assert params.on_disk
    assert params.hnsw_config is not None
    assert params.hnsw_config.m == 24
    request = SearchRequest(5, np.ones(16, np.float32), exact=True)
    search = qdrant_query(request, quantised.settings)["search_params"]
    assert search == models.SearchParams(
        hnsw_ef=300,
        exact=True,
        quantization=models.QuantizationSearchParams(ignore=True, rescore=True, oversampling=2.0),
    )
    assert qdrant_query(request, IndexSettings())["search_params"].quantization is None


def test_a_filter_widens_the_search_of_the_graph() -> None:
    where = Eq("colour", "red")
    settings = IndexSettings(ef=300)
    query = np.ones(16, np.float32)
    found = qdrant_query(SearchRequest(5, query, where=where), settings)["search_params"]
    assert found.hnsw_ef == 1200
    assert qdrant_query(SearchRequest(5, query), settings)["search_params"].hnsw_ef == 300


def test_a_graph_of_many_products_is_searched_more_widely() -> None:
    settings = IndexSettings(ef=300)
    assert settings.width(products=100_000) == 300
    assert settings.width(products=400_000) == 600
    assert settings.width(products=400_000, filtered=True) == 1200
    assert settings.width(products=100_000_000, filtered=True) == 9487


@pytest.mark.parametrize("engine", [EdgeIndex, FaissIndex])
def test_the_width_is_that_for_the_products_a_version_holds(
    tmp_path: Path,
    spec: IndexSpec,
    make_record: Callable[..., IndexRecord],
    engine: type[FolderIndex],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []

    def width(_self: IndexSettings, *, products: int = 0, filtered: bool = False) -> int:
        asked.append(products)
        return 128 if filtered else 64

    monkeypatch.setattr(IndexSettings, "width", width)
    with engine(tmp_path).create(spec) as version:
        version.upsert([make_record(number) for number in range(12)])
        version.delete(["p0"])
        version.finish()
        version.search(SearchRequest(3, make_record(5).embedding))
    assert asked == [11]

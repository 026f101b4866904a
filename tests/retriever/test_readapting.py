"""Another adapter for the products that are served, from cached features alone."""

import shutil
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pytest

from retriever.adapter import Adapter
from retriever.errors import FeatureCacheError, IndexLockedError, IndexMissingError
from retriever.features import FeatureCache
from retriever.index import SearchRequest
from retriever.lexical import query_terms
from retriever.readapting import ReadaptingReport, readapt

COUNT = 10
Moved = Callable[[int], Adapter]


def run(shop: Any, adapter: Adapter, **options: Any) -> ReadaptingReport:
    return readapt(shop.index, shop.encoder, adapter, cache=shop.cache, batch_size=4, **options)


def test_everything_but_the_embeddings_stays(adapted_shop: Any, adapter: Adapter) -> None:
    adapted_shop.run(None)
    with adapted_shop.index.open() as old:
        before = {record.product.id: record for batch in old.records() for record in batch}
        terms = old.search(SearchRequest(limit=COUNT, terms=query_terms("p3")))
    report = run(adapted_shop, adapter)
    assert (report.version, report.previous, report.written) == ("v0002", "v0001", COUNT)
    assert set(report.parts) == {"read", "adapt", "write", "optimise"}
    with adapted_shop.index.open() as new:
        assert new.info.version == "v0002"
        assert new.info.spec.adapter == adapter.spec
        after = {record.product.id: record for batch in new.records() for record in batch}
        assert after.keys() == before.keys()
        for key, record in before.items():
            assert (after[key].product, after[key].keys) == (record.product, record.keys)
            features = adapted_shop.cache.get([record.keys.picture])
            np.testing.assert_allclose(
                new.vectors([key])[key], adapter.embed_pictures(features)[0], atol=1e-6
            )
        found = new.search(SearchRequest(limit=COUNT, terms=query_terms("p3")))
        scores = {hit.product.id: hit.score for hit in terms}
        assert {hit.product.id: hit.score for hit in found} == pytest.approx(scores, rel=1e-5)


def test_rolling_back_moves_the_alias_alone(adapted_shop: Any, adapter: Adapter) -> None:
    adapted_shop.run(None)
    run(adapted_shop, adapter)
    back = run(adapted_shop, Adapter.identity(adapted_shop.encoder.dim))
    assert (back.version, back.written, adapted_shop.index.active()) == ("v0001", 0, "v0001")
    again = run(adapted_shop, Adapter.identity(adapted_shop.encoder.dim))
    assert (again.version, again.previous, again.written) == ("v0001", "v0001", 0)


def test_a_version_kept_from_before_is_brought_up_to_date(
    adapted_shop: Any, adapter: Adapter
) -> None:
    adapted_shop.run(None)
    run(adapted_shop, adapter)
    (adapted_shop.folder / "p0.png").unlink()
    shutil.copy(adapted_shop.folder / "p1.png", adapted_shop.folder / "new.png")
    adapted_shop.run(adapter)
    back = run(adapted_shop, Adapter.identity(adapted_shop.encoder.dim))
    assert (back.version, back.written) == ("v0001", 1)
    with adapted_shop.index.open() as version:
        assert set(version.keys()) == {*(f"p{number}" for number in range(1, COUNT)), "new"}


def test_an_interrupted_run_is_taken_up_and_what_is_served_stays(
    adapted_shop: Any, adapter: Adapter
) -> None:
    adapted_shop.run(None)

    def interrupt(done: int, _total: int, _stage: Literal["adapt", "finish"]) -> None:
        if done >= 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(adapted_shop, adapter, on_progress=interrupt)
    assert adapted_shop.index.active() == "v0001"
    report = run(adapted_shop, adapter)
    assert (report.version, report.written) == ("v0002", 2)
    assert adapted_shop.index.active() == "v0002"


def test_missing_features_are_told_before_anything_is_changed(
    adapted_shop: Any, adapter: Adapter
) -> None:
    adapted_shop.run(None)
    shutil.rmtree(adapted_shop.root / "features")
    adapted_shop.cache = FeatureCache(
        adapted_shop.root / "features", adapted_shop.encoder.fingerprint, adapted_shop.encoder.dim
    )
    with pytest.raises(FeatureCacheError, match="10 of 10 pictures; run `shoplens index"):
        run(adapted_shop, adapter)
    assert [info.version for info in adapted_shop.index.versions()] == ["v0001"]


def test_an_index_that_is_open_elsewhere_or_empty_is_refused(
    adapted_shop: Any, adapter: Adapter
) -> None:
    with pytest.raises(IndexMissingError):
        run(adapted_shop, adapter)
    adapted_shop.run(None)
    with adapted_shop.index.open(), pytest.raises(IndexLockedError):
        run(adapted_shop, adapter)

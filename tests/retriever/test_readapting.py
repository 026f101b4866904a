"""Another adapter for the products that are served, from cached features alone."""

import shutil
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pytest
import torch

from retriever.adapter import Adapter
from retriever.errors import (
    FeatureCacheError,
    IndexLockedError,
    IndexMissingError,
    ProductIndexError,
)
from retriever.features import FeatureCache
from retriever.index import (
    IndexVersion,
    ProductIndex,
    SearchRequest,
    SparseVector,
)
from retriever.lexical import query_terms

COUNT = 10
Moved = Callable[[int], Adapter]


def contents(version: IndexVersion) -> tuple[dict[str, Any], dict[str, float]]:
    """Products with keys and terms, and scores of words."""
    records = {
        record.product.id: (record.product, record.keys, terms(record.terms))
        for batch in version.records()
        for record in batch
    }
    hits = version.search(SearchRequest(limit=COUNT, terms=query_terms("p3 p4 p3")))
    return records, {hit.product.id: hit.score for hit in hits}


def terms(sparse: SparseVector) -> dict[int, float]:
    return dict(zip(sparse.indices.tolist(), sparse.values.tolist(), strict=True))


def test_everything_but_the_embeddings_stays(graph_shop: Any, adapter: Adapter) -> None:
    with graph_shop.index.open() as old:
        records, scores = contents(old)

    def check() -> None:
        with graph_shop.index.open() as new:
            assert new.info.spec.adapter == adapter.spec
            after, rescored = contents(new)
            assert after == records
            # Terms of points that were moved would count twice.
            assert rescored == pytest.approx(scores, rel=1e-5)
            for key, (_, keys, _) in records.items():
                expected = adapter.embed_pictures(graph_shop.cache.get([keys.picture]))[0]
                np.testing.assert_allclose(new.vectors([key])[key], expected, atol=1e-6)
                [nearest] = new.search(SearchRequest(1, expected))
                assert (nearest.product.id, nearest.score) == (key, pytest.approx(1, abs=1e-5))

    def look(done: int, _total: int, stage: Literal["adapt", "finish"]) -> None:
        if stage == "finish" and done == 0 and graph_shop.index.active() == "v0002":
            check()

    report = graph_shop.readapt(adapter, on_progress=look)
    assert (report.previous, report.written) == ("v0001", COUNT)
    assert set(report.parts) == {"read", "adapt", "write", "optimise"}
    check()


def test_rolling_back_moves_the_alias_alone(adapted_shop: Any, adapter: Adapter) -> None:
    adapted_shop.run(None)
    adapted_shop.readapt(adapter)
    back = adapted_shop.readapt(Adapter.identity(adapted_shop.encoder.dim))
    assert (back.version, back.written, adapted_shop.index.active()) == ("v0001", 0, "v0001")
    again = adapted_shop.readapt(Adapter.identity(adapted_shop.encoder.dim))
    assert (again.version, again.previous, again.written) == ("v0001", "v0001", 0)


def test_a_version_kept_from_before_is_brought_up_to_date(
    adapted_shop: Any, adapter: Adapter
) -> None:
    adapted_shop.run(None)
    adapted_shop.readapt(adapter)
    (adapted_shop.folder / "p0.png").unlink()
    shutil.copy(adapted_shop.folder / "p1.png", adapted_shop.folder / "new.png")
    adapted_shop.run(adapter)
    back = adapted_shop.readapt(Adapter.identity(adapted_shop.encoder.dim))
    assert (back.version, back.written) == ("v0001", 1)
    with adapted_shop.index.open() as version:
        assert set(version.keys()) == {*(f"p{number}" for number in range(1, COUNT)), "new"}


def interrupt(done: int, _total: int, _stage: Literal["adapt", "finish"]) -> None:
    if done >= 8:
        raise KeyboardInterrupt


def test_an_interrupted_run_is_taken_up_where_versions_are_not_copied(
    adapted_shop: Any, adapter: Adapter
) -> None:
    adapted_shop.run(None)
    adapted_shop.index.copies = False  # as on a server
    with pytest.raises(KeyboardInterrupt):
        adapted_shop.readapt(adapter, on_progress=interrupt)
    assert adapted_shop.index.active() == "v0001"
    report = adapted_shop.readapt(adapter)
    assert (report.version, report.written) == ("v0002", 2)
    assert adapted_shop.index.active() == "v0002"


def test_an_interrupted_copy_leaves_nothing(graph_shop: Any, adapter: Adapter) -> None:
    with pytest.raises(KeyboardInterrupt):
        graph_shop.readapt(adapter, on_progress=interrupt)
    versions = (graph_shop.root / "graphs" / "products").glob("v*")
    assert [folder.name for folder in versions] == ["v0001"]
    # A killed process leaves the folder, without a manifest: old and new embeddings may be in it.
    half_made = graph_shop.root / "graphs" / "products" / "v0002"
    shutil.copytree(
        half_made.with_name("v0001"), half_made, ignore=lambda *_: ["manifest.json", "lock"]
    )
    report = graph_shop.readapt(adapter)
    assert (report.previous, report.written) == ("v0001", COUNT)
    assert found(graph_shop.index, graph_shop, adapter)[0] == "p3"
    assert graph_shop.pending() == {"v0001": False, report.version: False}


def test_missing_features_are_told_before_anything_is_changed(
    adapted_shop: Any, adapter: Adapter
) -> None:
    adapted_shop.run(None)
    shutil.rmtree(adapted_shop.root / "features")
    adapted_shop.cache = FeatureCache(
        adapted_shop.root / "features", adapted_shop.encoder.fingerprint, adapted_shop.encoder.dim
    )
    with pytest.raises(FeatureCacheError, match="10 of 10 pictures; run `shoplens index"):
        adapted_shop.readapt(adapter)
    assert [info.version for info in adapted_shop.index.versions()] == ["v0001"]


def test_an_index_that_is_open_elsewhere_or_empty_is_refused(
    adapted_shop: Any, adapter: Adapter
) -> None:
    with pytest.raises(IndexMissingError):
        adapted_shop.readapt(adapter)
    adapted_shop.run(None)
    with adapted_shop.index.open(), pytest.raises(IndexLockedError):
        adapted_shop.readapt(adapter)


def found(index: ProductIndex, shop: Any, adapter: Adapter) -> list[str]:
    """Products nearest to the embedding of one of them, by the version that is served."""
    embedding = adapter.embed_pictures(shop.features()[3:4])[0]
    with index.open() as version:
        assert version.info.spec.adapter == adapter.spec
        return [hit.product.id for hit in version.search(SearchRequest(3, embedding))]


def test_it_is_served_before_its_graph_is_built(graph_shop: Any, adapter: Adapter) -> None:
    index = graph_shop.index
    assert graph_shop.pending() == {"v0001": False}
    seen: list[tuple[str | None, dict[str, bool], list[str]]] = []

    def look(done: int, _total: int, stage: Literal["adapt", "finish"]) -> None:
        if stage == "finish" and done == 0 and index.active() == "v0002":
            seen.append((index.active(), graph_shop.pending(), found(index, graph_shop, adapter)))

    report = graph_shop.readapt(adapter, on_progress=look)
    [(served, graphs, products)] = seen
    assert (served, graphs) == ("v0002", {"v0001": False, "v0002": True, "v0003": True})
    assert products[0] == "p3"
    assert (report.version, report.previous, report.written) == ("v0003", "v0001", COUNT)
    assert 0 < report.served_after < report.seconds
    assert graph_shop.pending() == {"v0001": False, "v0003": False}
    assert found(index, graph_shop, adapter) == products
    back = graph_shop.readapt(Adapter.identity(graph_shop.encoder.dim))
    assert (back.version, back.written) == ("v0001", 0)


@pytest.mark.parametrize("by", ["indexing", "adapter"])
def test_a_graph_that_was_interrupted_is_built_by_the_next_run(
    graph_shop: Any, adapter: Adapter, by: str
) -> None:
    index = graph_shop.index

    def interrupt(done: int, _total: int, stage: Literal["adapt", "finish"]) -> None:
        if stage == "finish" and done == 0 and index.active() == "v0002":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        graph_shop.readapt(adapter, on_progress=interrupt)
    assert index.active() == "v0002"
    products = found(index, graph_shop, adapter)
    if by == "indexing":
        graph_shop.run(adapter)
    else:
        graph_shop.readapt(adapter)
    served = index.active()
    assert graph_shop.pending() == {"v0001": False, served: False}
    assert found(index, graph_shop, adapter) == products


def test_many_products_wait_for_their_graph(
    graph_shop: Any, adapter: Adapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retriever.readapting.SERVED_WITHOUT_GRAPH", COUNT - 1)
    report = graph_shop.readapt(adapter)
    assert (report.version, graph_shop.index.active()) == ("v0002", "v0002")
    assert graph_shop.pending() == {"v0001": False, "v0002": False}


def test_the_one_to_go_back_to_stays_when_a_run_is_killed_at_its_end(
    graph_shop: Any, adapter: Adapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_version: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(graph_shop.index, "drop", killed)
        with pytest.raises(KeyboardInterrupt):
            graph_shop.readapt(adapter)
    assert graph_shop.index.active() == "v0003"
    assert graph_shop.pending() == {"v0001": False, "v0002": True, "v0003": False}
    graph_shop.run(adapter)
    assert graph_shop.pending() == {"v0001": False, "v0003": False}


def test_a_graph_that_fails_is_said_and_the_adapter_is_served(
    graph_shop: Any, adapter: Adapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = graph_shop.index

    def full(*_: object) -> Any:
        raise ProductIndexError("no space left")

    with monkeypatch.context() as patched:
        graph_shop.instead_of_serving("v0003", full, patched)
        report = graph_shop.readapt(adapter)
    assert (report.version, index.active(), report.graph_error) == (
        "v0002",
        "v0002",
        "no space left",
    )
    assert graph_shop.pending() == {"v0001": False, "v0002": True}
    with monkeypatch.context() as patched:
        patched.setattr(index, "copy", full)
        assert graph_shop.readapt(adapter).graph_error == "no space left"
    again = graph_shop.readapt(adapter)
    assert (again.graph_error, graph_shop.pending()) == (
        "",
        {"v0001": False, again.version: False},
    )


@pytest.mark.parametrize("by", ["indexing", "adapter"])
def test_the_one_to_go_back_to_stays_when_a_run_is_killed_before_its_copy_is_served(
    graph_shop: Any, adapter: Adapter, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    index = graph_shop.index

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        graph_shop.instead_of_serving("v0003", killed, patched)
        patched.setattr(index, "drop", lambda _version: None)
        with pytest.raises(KeyboardInterrupt):
            graph_shop.readapt(adapter)
    assert index.active() == "v0002"
    assert graph_shop.pending() == {"v0001": False, "v0002": True, "v0003": False}
    if by == "indexing":
        graph_shop.run(adapter)
    else:
        graph_shop.readapt(adapter)
        assert index.active() == "v0003"  # which has its graph already
    assert graph_shop.pending() == {"v0001": False, index.active(): False}


def test_what_is_complete_is_told_of_before_it_is_served(graph_shop: Any, adapter: Adapter) -> None:
    index = graph_shop.index
    seen: list[tuple[str, bool, str | None]] = []

    def complete(version: IndexVersion, changed: bool) -> None:
        seen.append((version.info.spec.adapter, changed, index.active()))

    graph_shop.readapt(adapter, on_complete=complete)
    graph_shop.readapt(adapter, on_complete=complete)
    assert seen == [(adapter.spec, True, "v0001"), (adapter.spec, False, "v0003")]


def test_an_adapter_that_gives_no_direction_is_refused(graph_shop: Any, adapter: Adapter) -> None:
    with torch.no_grad():
        for parameter in adapter.parameters():
            parameter.fill_(float("nan"))
    with pytest.raises(ProductIndexError, match="'moved0' are zero or not finite for 10 of 10"):
        graph_shop.readapt(adapter)
    assert graph_shop.index.active() == "v0001"
    assert graph_shop.pending() == {"v0001": False}


def test_an_interruption_just_after_the_graph_came_into_service_is_one(
    graph_shop: Any, adapter: Adapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(serve: Callable[[], bool]) -> bool:
        serve()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        graph_shop.instead_of_serving("v0003", killed, patched)
        with pytest.raises(KeyboardInterrupt):
            graph_shop.readapt(adapter)
    assert graph_shop.index.active() == "v0003"
    assert found(graph_shop.index, graph_shop, adapter)[0] == "p3"

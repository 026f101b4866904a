"""Another adapter for the products that are served, from cached features alone."""

import shutil
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pytest

from retriever.adapter import Adapter
from retriever.catalogue import Catalogue
from retriever.errors import (
    FeatureCacheError,
    IndexLockedError,
    IndexMissingError,
    ProductIndexError,
)
from retriever.features import FeatureCache
from retriever.index import (
    EdgeIndex,
    IndexSettings,
    IndexVersion,
    ProductIndex,
    SearchRequest,
    SparseVector,
)
from retriever.index.faiss import FaissIndex
from retriever.lexical import query_terms
from retriever.readapting import ReadaptingReport, readapt

COUNT = 10
Moved = Callable[[int], Adapter]


def run(shop: Any, adapter: Adapter, **options: Any) -> ReadaptingReport:
    return readapt(shop.index, shop.encoder, adapter, cache=shop.cache, batch_size=4, **options)


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

    report = run(graph_shop, adapter, on_progress=look)
    assert (report.previous, report.written) == ("v0001", COUNT)
    assert set(report.parts) == {"read", "adapt", "write", "optimise"}
    check()


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


def interrupt(done: int, _total: int, _stage: Literal["adapt", "finish"]) -> None:
    if done >= 8:
        raise KeyboardInterrupt


def test_an_interrupted_run_is_taken_up_where_versions_are_not_copied(
    adapted_shop: Any, adapter: Adapter
) -> None:
    adapted_shop.run(None)
    adapted_shop.index.copies = False  # as on a server
    with pytest.raises(KeyboardInterrupt):
        run(adapted_shop, adapter, on_progress=interrupt)
    assert adapted_shop.index.active() == "v0001"
    report = run(adapted_shop, adapter)
    assert (report.version, report.written) == ("v0002", 2)
    assert adapted_shop.index.active() == "v0002"


def test_an_interrupted_copy_leaves_nothing(graph_shop: Any, adapter: Adapter) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(graph_shop, adapter, on_progress=interrupt)
    assert pending(graph_shop.index) == {"v0001": False}
    # A killed process leaves the folder, without a manifest: old and new embeddings may be in it.
    half_made = graph_shop.root / "graphs" / "products" / "v0002"
    shutil.copytree(
        half_made.with_name("v0001"), half_made, ignore=lambda *_: ["manifest.json", "lock"]
    )
    report = run(graph_shop, adapter)
    assert (report.previous, report.written) == ("v0001", COUNT)
    assert found(graph_shop.index, graph_shop, adapter)[0] == "p3"
    assert pending(graph_shop.index) == {"v0001": False, report.version: False}


def test_a_copy_of_what_is_written_to_meanwhile_is_refused(
    graph_shop: Any, adapter: Adapter
) -> None:
    with graph_shop.index.open() as served:

        def change(*_: object) -> None:
            served.delete(["p7"])

        with pytest.raises(ProductIndexError, match="run the same again"):
            run(graph_shop, adapter, source=served, on_progress=change)
    assert graph_shop.index.active() == "v0001"
    report = run(graph_shop, adapter)
    assert (report.total, graph_shop.index.active()) == (COUNT - 1, report.version)
    with graph_shop.index.open() as version:
        assert set(version.keys()) == {f"p{number}" for number in range(COUNT) if number != 7}


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


GRAPH = IndexSettings(exact_below=COUNT)
"""So that ten products have a graph."""


@pytest.fixture(params=[EdgeIndex, FaissIndex])
def graph_shop(request: pytest.FixtureRequest, adapted_shop: Any) -> Any:
    adapted_shop.index = request.param(adapted_shop.root / "graphs")
    adapted_shop.run(None, GRAPH)
    return adapted_shop


def pending(index: ProductIndex) -> dict[str, bool]:
    return {info.version: info.graph_pending for info in index.versions()}


def found(index: ProductIndex, shop: Any, adapter: Adapter) -> list[str]:
    """Products nearest to the embedding of one of them, by the version that is served."""
    embedding = adapter.embed_pictures(shop.features()[3:4])[0]
    with index.open() as version:
        assert version.info.spec.adapter == adapter.spec
        return [hit.product.id for hit in version.search(SearchRequest(3, embedding))]


def test_it_is_served_before_its_graph_is_built(graph_shop: Any, adapter: Adapter) -> None:
    index = graph_shop.index
    assert pending(index) == {"v0001": False}
    seen: list[tuple[str | None, dict[str, bool], list[str]]] = []

    def look(done: int, _total: int, stage: Literal["adapt", "finish"]) -> None:
        if stage == "finish" and done == 0 and index.active() == "v0002":
            seen.append((index.active(), pending(index), found(index, graph_shop, adapter)))

    report = run(graph_shop, adapter, on_progress=look)
    [(served, graphs, products)] = seen
    assert (served, graphs) == ("v0002", {"v0001": False, "v0002": True, "v0003": True})
    assert products[0] == "p3"
    assert (report.version, report.previous, report.written) == ("v0003", "v0001", COUNT)
    assert 0 < report.served_after < report.seconds
    assert pending(index) == {"v0001": False, "v0003": False}
    assert found(index, graph_shop, adapter) == products
    back = run(graph_shop, Adapter.identity(graph_shop.encoder.dim))
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
        run(graph_shop, adapter, on_progress=interrupt)
    assert index.active() == "v0002"
    products = found(index, graph_shop, adapter)
    if by == "indexing":
        graph_shop.run(adapter)
    else:
        run(graph_shop, adapter)
    served = index.active()
    assert pending(index) == {"v0001": False, served: False}
    assert found(index, graph_shop, adapter) == products


def test_what_is_written_meanwhile_is_not_lost(graph_shop: Any, adapter: Adapter) -> None:
    index = graph_shop.index

    def change(done: int, _total: int, stage: Literal["adapt", "finish"]) -> None:
        if stage == "finish" and done == 0 and index.active() == "v0002":
            with index.open() as served:
                served.delete(["p7"])

    report = run(graph_shop, adapter, on_progress=change)
    assert (report.version, index.active()) == ("v0002", "v0002")
    assert pending(index) == {"v0001": False, "v0002": True}
    with index.open() as served:
        assert "p7" not in served.keys_of(["p7"])
        assert served.info.count == COUNT - 1


def test_many_products_wait_for_their_graph(
    graph_shop: Any, adapter: Adapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retriever.readapting.SERVED_WITHOUT_GRAPH", COUNT - 1)
    report = run(graph_shop, adapter)
    assert (report.version, graph_shop.index.active()) == ("v0002", "v0002")
    assert pending(graph_shop.index) == {"v0001": False, "v0002": False}


def test_the_one_to_go_back_to_stays_when_a_run_is_killed_at_its_end(
    graph_shop: Any, adapter: Adapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_version: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(graph_shop.index, "drop", killed)
        with pytest.raises(KeyboardInterrupt):
            run(graph_shop, adapter)
    assert graph_shop.index.active() == "v0003"
    assert pending(graph_shop.index) == {"v0001": False, "v0002": True, "v0003": False}
    graph_shop.run(adapter)
    assert pending(graph_shop.index) == {"v0001": False, "v0003": False}


def test_what_an_indexing_writes_while_the_graph_is_built_is_served(
    graph_shop: Any, adapter: Adapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It opened the version without a graph before that was replaced, and writes to it afterwards."""
    index = graph_shop.index
    (graph_shop.folder / "p7.png").unlink()
    before = Catalogue.rows_with_products

    def slowly(self: Catalogue, **options: Any) -> Any:
        graphless = open_here[0].info.version
        with index.copy(open_here[0], open_here[0].info.spec) as copy:
            copy.finish()
            made = copy.info.version
        assert index.activate_copy(made, graphless, index.revision(graphless))
        return before(self, **options)

    def interrupt(done: int, _total: int, stage: Literal["adapt", "finish"]) -> None:
        if stage == "finish" and done == 0 and index.active() == "v0002":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(graph_shop, adapter, on_progress=interrupt)
    open_here: list[IndexVersion] = []
    opened = index.open

    def opening(version: str | None = None) -> IndexVersion:
        open_here.append(opened(version))
        return open_here[0]

    with monkeypatch.context() as patched:
        patched.setattr(index, "open", opening)
        patched.setattr(Catalogue, "rows_with_products", slowly)
        report = graph_shop.run(adapter)
    assert report.removed == 1
    assert index.active() == report.version == "v0002"
    with index.open() as served:
        assert served.keys_of(["p7"]) == {}
        assert not served.info.graph_pending


def test_a_graph_that_fails_is_said_and_the_adapter_is_served(
    graph_shop: Any, adapter: Adapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = graph_shop.index

    def full(*_: object) -> Any:
        raise ProductIndexError("no space left")

    with monkeypatch.context() as patched:
        patched.setattr(index, "activate_copy", full)
        report = run(graph_shop, adapter)
    assert (report.version, index.active(), report.graph_error) == (
        "v0002",
        "v0002",
        "no space left",
    )
    assert pending(index) == {"v0001": False, "v0002": True}
    with monkeypatch.context() as patched:
        patched.setattr(index, "copy", full)
        assert run(graph_shop, adapter).graph_error == "no space left"
    again = run(graph_shop, adapter)
    assert (again.graph_error, pending(index)) == (
        "",
        {"v0001": False, again.version: False},
    )


def test_an_activation_by_another_meanwhile_stays(graph_shop: Any, adapter: Adapter) -> None:
    index = graph_shop.index

    def go_back(done: int, _total: int, stage: Literal["adapt", "finish"]) -> None:
        if stage == "finish" and done == 0 and index.active() == "v0002":
            index.activate("v0001")

    report = run(graph_shop, adapter, on_progress=go_back)
    assert report.graph_error == ""
    assert index.active() == "v0001"
    assert "v0003" not in pending(index)


@pytest.mark.parametrize("by", ["indexing", "adapter"])
def test_the_one_to_go_back_to_stays_when_a_run_is_killed_before_its_copy_is_served(
    graph_shop: Any, adapter: Adapter, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    index = graph_shop.index

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(index, "activate_copy", killed)
        patched.setattr(index, "drop", lambda _version: None)
        with pytest.raises(KeyboardInterrupt):
            run(graph_shop, adapter)
    assert index.active() == "v0002"
    assert pending(index) == {"v0001": False, "v0002": True, "v0003": False}
    if by == "indexing":
        graph_shop.run(adapter)
    else:
        run(graph_shop, adapter)
    assert pending(index) == {"v0001": False, index.active(): False}


def test_what_is_complete_is_told_of_before_it_is_served(graph_shop: Any, adapter: Adapter) -> None:
    index = graph_shop.index
    seen: list[tuple[str, bool, str | None]] = []

    def complete(version: IndexVersion, changed: bool) -> None:
        seen.append((version.info.spec.adapter, changed, index.active()))

    run(graph_shop, adapter, on_complete=complete)
    run(graph_shop, adapter, on_complete=complete)
    assert seen == [(adapter.spec, True, "v0001"), (adapter.spec, False, "v0003")]

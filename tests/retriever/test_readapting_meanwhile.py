"""Another adapter for products that others write, delete and activate meanwhile: nothing of theirs is lost."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import pytest

from retriever.adapter import Adapter
from retriever.catalogue import Catalogue
from retriever.errors import ProductIndexError
from retriever.index import IndexVersion
from retriever.index.folder_version import index_lock
from retriever.versions import drop_unless_used

COUNT = 10


def test_a_copy_of_what_is_written_to_meanwhile_is_refused(
    graph_shop: Any, adapter: Adapter
) -> None:
    with graph_shop.index.open() as served:

        def change(*_: object) -> None:
            served.delete(["p7"])

        with pytest.raises(ProductIndexError, match="was changed meanwhile"):
            graph_shop.readapt(adapter, source=served, on_progress=change)
    assert graph_shop.index.active() == "v0001"
    assert graph_shop.pending() == {"v0001": False, "v0002": True}  # and no copy for a graph
    report = graph_shop.readapt(adapter)
    assert (report.total, graph_shop.index.active()) == (COUNT - 1, report.version)
    with graph_shop.index.open() as version:
        assert set(version.keys()) == {f"p{number}" for number in range(COUNT) if number != 7}


def test_what_is_written_meanwhile_is_not_lost(graph_shop: Any, adapter: Adapter) -> None:
    index = graph_shop.index

    def change(done: int, _total: int, stage: Literal["adapt", "finish"]) -> None:
        if stage == "finish" and done == 0 and index.active() == "v0002":
            with index.open() as served:
                served.delete(["p7"])

    report = graph_shop.readapt(adapter, on_progress=change)
    assert (report.version, index.active()) == ("v0002", "v0002")
    assert graph_shop.pending() == {"v0001": False, "v0002": True}
    with index.open() as served:
        assert "p7" not in served.keys_of(["p7"])
        assert served.info.count == COUNT - 1


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
        assert index.activate_instead(made, graphless, index.revision(graphless))
        return before(self, **options)

    def interrupt(done: int, _total: int, stage: Literal["adapt", "finish"]) -> None:
        if stage == "finish" and done == 0 and index.active() == "v0002":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        graph_shop.readapt(adapter, on_progress=interrupt)
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


def test_an_activation_by_another_meanwhile_stays(graph_shop: Any, adapter: Adapter) -> None:
    index = graph_shop.index

    def go_back(done: int, _total: int, stage: Literal["adapt", "finish"]) -> None:
        if stage == "finish" and done == 0 and index.active() == "v0002":
            index.activate("v0001")

    report = graph_shop.readapt(adapter, on_progress=go_back)
    assert report.graph_error == "the index was changed while it was built"
    assert index.active() == "v0001"
    assert "v0003" not in graph_shop.pending()


def test_a_write_that_has_begun_before_the_alias_moves_is_not_lost(
    graph_shop: Any, adapter: Adapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long it takes to end."""
    begun, may_end = threading.Event(), threading.Event()

    with graph_shop.index.open() as served, ThreadPoolExecutor(1) as pool:
        ends = served._end_write

        def slowly(count: int) -> None:
            begun.set()
            assert may_end.wait(60)
            ends(count)

        def complete(*_: object) -> None:
            pool.submit(served.delete, ["p7"])
            assert begun.wait(60)

        monkeypatch.setattr(served, "_end_write", slowly)
        try:
            with pytest.raises(ProductIndexError, match="was changed meanwhile"):
                graph_shop.readapt(adapter, source=served, on_complete=complete)
        finally:
            may_end.set()
    assert graph_shop.index.active() == "v0001"


def test_a_write_just_before_the_alias_moves_is_not_lost(
    graph_shop: Any, adapter: Adapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = graph_shop.index

    def late(serve: Callable[[], bool]) -> bool:
        with index.open("v0001") as served:
            served.delete(["p7"])
        return serve()

    graph_shop.instead_of_serving("v0002", late, monkeypatch)
    with pytest.raises(ProductIndexError, match="was changed meanwhile"):
        graph_shop.readapt(adapter)
    assert index.active() == "v0001"


def test_a_product_deleted_while_keys_are_read_does_not_come_back(
    graph_shop: Any, adapter: Adapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When rolling back to a version that still has it."""
    graph_shop.readapt(adapter)
    with graph_shop.index.open() as served:
        keys = served.keys

        def then_delete() -> Any:
            found = keys()
            served.delete(["p7"])
            return found

        monkeypatch.setattr(served, "keys", then_delete)
        with pytest.raises(ProductIndexError, match="was changed meanwhile"):
            graph_shop.readapt(Adapter.identity(graph_shop.encoder.dim), source=served)
    assert graph_shop.index.active() == "v0003"


def test_an_activation_while_a_catalogue_is_indexed_stays(
    graph_shop: Any, adapter: Adapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph_shop.readapt(adapter)
    read = Catalogue.rows_with_products

    def going_back(self: Catalogue, **options: Any) -> Any:
        graph_shop.index.activate("v0001")
        return read(self, **options)

    monkeypatch.setattr(Catalogue, "rows_with_products", going_back)
    report = graph_shop.run(adapter)
    assert graph_shop.index.active() == "v0001"
    assert report.version == "v0003"
    assert any(
        "v0001 came into service meanwhile, by another command" in line for line in report.warnings
    )


def test_versions_that_another_run_dropped_first_are_no_failure(
    graph_shop: Any, adapter: Adapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop = graph_shop.index.drop

    def twice(version: str) -> None:
        drop(version)
        drop(version)

    monkeypatch.setattr(graph_shop.index, "drop", twice)
    assert graph_shop.readapt(adapter).version == "v0003"
    assert graph_shop.pending() == {"v0001": False, "v0003": False}


def test_a_copy_makes_way_for_what_was_written_to_its_source(graph_shop: Any) -> None:
    index = graph_shop.index
    with index.open() as source:
        with index.copy(source, source.info.spec) as copy:
            copy.finish()
        assert index.activate_instead("v0002", "v0001", index.revision("v0001"))
        source.delete(["p7"])
        source.finish()
    assert index.take_back("v0001")
    assert index.active() == "v0001"
    assert index.take_back("v0001")


def test_a_copy_that_was_written_to_stays(graph_shop: Any) -> None:
    index = graph_shop.index
    with index.open() as source, index.copy(source, source.info.spec) as copy:
        copy.finish()
    assert index.activate_instead("v0002", "v0001", index.revision("v0001"))
    with index.open() as served:
        served.delete(["p7"])
        served.finish()
    assert not index.take_back("v0001")
    assert index.active() == "v0002"


def test_a_version_of_the_same_kind_that_was_activated_on_purpose_stays(graph_shop: Any) -> None:
    index = graph_shop.index
    with index.open() as source, index.copy(source, source.info.spec) as copy:
        copy.finish()
    assert index.activate_instead("v0002", "v0001", index.revision("v0001"))
    index.activate("v0001")
    assert not index.take_back("v0002")
    assert index.active() == "v0001"


def test_a_change_waits_for_the_alias_that_is_being_moved(graph_shop: Any) -> None:
    """And does not begin before."""
    index = graph_shop.index
    revision = index.revision("v0001")
    with index.open() as served, ThreadPoolExecutor(1) as pool:
        with index_lock(graph_shop.root / "graphs" / "products"):
            deleting = pool.submit(served.delete, ["p7"])
            with pytest.raises(TimeoutError):
                deleting.result(0.3)
            assert index.revision("v0001") == revision
        assert deleting.result(60) == 1
    assert index.revision("v0001") == revision + 1


def test_a_version_that_has_just_come_into_service_is_not_dropped(
    graph_shop: Any, adapter: Adapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = graph_shop.index
    graph_shop.readapt(adapter)
    drop = index.drop

    def too_late(version: str) -> None:
        index.activate(version)
        drop(version)

    monkeypatch.setattr(index, "drop", too_late)
    drop_unless_used(index, "v0001")
    assert index.active() == "v0001"

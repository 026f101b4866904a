"""Swapping adapters while threads and tasks search: no search fails, none mixes two versions."""

import asyncio
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from retriever import alias_follower
from retriever.adapter import Adapter
from retriever.catalogue import Catalogue
from retriever.encoder import Encoder
from retriever.errors import IndexMissingError, ProductIndexError
from retriever.features import FeatureCache
from retriever.index import Engine, IndexSettings, SearchRequest, open_index
from retriever.indexing import index_catalogue
from retriever.retrieved import RetrievedProduct
from retriever.serving import ServedIndex

COUNT = 10
SWAPS = 12
Moved = Callable[[int], Adapter]


@pytest.fixture
def served(adapted_shop: Any) -> Iterator[ServedIndex]:
    with ServedIndex(
        adapted_shop.index,
        adapters=adapted_shop.adapters,
        features=adapted_shop.root / "features",
        encoder=adapted_shop.encoder,
    ) as opened:
        yield opened


def expected_scores(shop: Any, adapter: Adapter, text: str) -> dict[str, float]:
    words = adapter.embed_texts(shop.encoder.encode_texts([text]))[0]
    cosines = adapter.embed_pictures(shop.features()) @ words
    return {f"p{number}": float(cosines[number]) for number in range(COUNT)}


def matches(found: list[RetrievedProduct], scores: dict[str, float]) -> bool:
    got = {item.product.id: item.score for item in found}
    return got.keys() == scores.keys() and all(
        abs(got[key] - score) < 1e-5 for key, score in scores.items()
    )


async def test_searches_never_fail_or_mix_while_adapters_are_swapped(
    adapted_shop: Any, served: ServedIndex, moved: Moved
) -> None:
    adapters = [Adapter.identity(adapted_shop.encoder.dim), moved(0), moved(1)]
    for adapter in adapters[1:]:
        adapted_shop.save(adapter)
    adapted_shop.run(None)
    answers = [expected_scores(adapted_shop, adapter, "a ball") for adapter in adapters]
    found: list[list[RetrievedProduct]] = []
    stop = threading.Event()

    def search_all_the_time() -> None:
        while not stop.is_set():
            found.append(served.search("a ball", limit=COUNT))

    async def asearch_all_the_time() -> None:
        while not stop.is_set():
            found.append(await served.asearch("a ball", limit=COUNT))

    pool = ThreadPoolExecutor(3)
    threads = [pool.submit(search_all_the_time) for _ in range(3)]
    tasks = [asyncio.create_task(asearch_all_the_time()) for _ in range(3)]
    try:
        for swap in range(SWAPS):
            name = adapters[(swap + 1) % 3].spec
            report = await served.ause_adapter(name)
            assert report.adapter == name
            fresh = await served.asearch("a ball", limit=COUNT)
            assert matches(fresh, answers[(swap + 1) % 3])
    finally:
        stop.set()
        await asyncio.gather(*tasks)
        pool.shutdown()
    for thread in threads:
        thread.result()  # raises what a search raised
    used = [[matches(one, scores) for scores in answers] for one in found]
    assert all(sum(row) == 1 for row in used)
    assert np.any(used, axis=0).all()


@pytest.mark.parametrize("engine", ["edge", "faiss"])
def test_searches_use_the_adapter_while_its_graph_is_built(
    adapted_shop: Any, served: ServedIndex, moved: Moved, engine: Engine
) -> None:
    index = served.index = adapted_shop.index = open_index(
        path=adapted_shop.root / "index", engine=engine
    )
    adapters = [adapted_shop.save(moved(0)), adapted_shop.save(moved(1))]
    adapted_shop.run(adapters[0], IndexSettings(exact_below=COUNT))
    first, second = (expected_scores(adapted_shop, adapter, "a ball") for adapter in adapters)
    assert served.version == "v0001"
    seen: list[str] = []

    def search(done: int, _total: int, stage: str) -> None:
        found = served.search("a ball", limit=COUNT)
        if stage == "adapt":
            assert matches(found, first)
        elif done == 0 and index.active() == "v0002":
            assert matches(found, second)
            seen.append(served.version)

    report = served.use_adapter("moved1", on_progress=search)
    assert seen == ["v0002"]
    assert (report.version, served.version) == ("v0003", "v0003")
    assert matches(served.search("a ball", limit=COUNT), second)
    assert [info.version for info in index.versions()] == ["v0001", "v0003"]
    assert served.use_adapter("moved0").written == 0
    assert served.version == "v0001"


def test_a_graph_that_was_interrupted_is_built_by_asking_for_the_adapter_again(
    adapted_shop: Any, served: ServedIndex, moved: Moved
) -> None:
    adapted_shop.save(moved(0))
    adapted_shop.run(None, IndexSettings(exact_below=COUNT))

    def interrupt(_done: int, _total: int, _stage: str) -> None:
        if adapted_shop.index.active() == "v0002":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        served.use_adapter("moved0", on_progress=interrupt)
    assert served.version == "v0002"
    report = served.use_adapter("moved0")
    assert (report.previous, report.version) == ("v0002", served.version)
    assert {info.version: info.graph_pending for info in adapted_shop.index.versions()} == {
        "v0001": False,
        served.version: False,
    }


@pytest.mark.parametrize("engine", ["edge", "faiss"])
def test_another_process_moving_the_alias_is_noticed(
    adapted_shop: Any, served: ServedIndex, moved: Moved, engine: Engine
) -> None:
    served.index = adapted_shop.index = open_index(path=adapted_shop.root / "index", engine=engine)
    adapter = adapted_shop.save(moved(0))
    adapted_shop.run(None)
    assert served.version == "v0001"
    with served.pinned() as search:
        adapted_shop.run(adapter)
        assert served.version == "v0002"
        assert matches(
            served.search("a ball", limit=COUNT), expected_scores(adapted_shop, adapter, "a ball")
        )
        assert len(search.search("a ball", limit=COUNT)) == COUNT  # the old one is open still
    with pytest.raises(ProductIndexError, match="was closed"):
        search.search("a ball")
    assert served.fingerprint != search.version._manifest.spec.fingerprint


def test_it_is_not_ready_before_something_is_indexed(
    adapted_shop: Any, served: ServedIndex
) -> None:
    readiness = served.readiness()
    assert not readiness.ready
    assert "nothing is being served" in readiness.reason
    with pytest.raises(IndexMissingError):
        served.search("a ball")
    adapted_shop.run(None)
    assert served.ready


def test_a_version_that_cannot_be_served_leaves_the_old_one_and_says_why(
    adapted_shop: Any, served: ServedIndex, moved: Moved
) -> None:
    adapted_shop.run(None)
    assert served.ready
    adapted_shop.run(moved(0))  # never saved, so it cannot be loaded
    readiness = served.readiness()
    assert (readiness.ready, readiness.version) == (False, "v0001")
    assert "'moved0'" in readiness.reason
    assert len(served.search("a ball", limit=COUNT)) == COUNT
    adapted_shop.index.activate("v0001")
    assert served.ready


def test_a_retrained_adapter_makes_a_fresh_process_not_ready(
    adapted_shop: Any, served: ServedIndex, moved: Moved
) -> None:
    adapted_shop.run(adapted_shop.save(moved(0)))
    retrained = moved(1)
    retrained.spec = "moved0"
    adapted_shop.save(retrained)
    assert "their vectors do not compare" in served.readiness().reason


@pytest.mark.parametrize("busy", [False, True])
def test_a_checkpoint_trained_anew_where_the_loaded_one_was_is_served_once_indexed(
    tmp_path: Path,
    make_backbone: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    busy: bool,
) -> None:
    """Also if the new version is open elsewhere when it is looked for first."""
    monkeypatch.setattr(alias_follower, "RETRY_SECONDS", 0.0)
    folder = shutil.copytree(make_backbone(seed=1), tmp_path / "checkpoint")

    def run() -> str:
        encoder = Encoder.load(str(folder), device="cpu")
        cache = FeatureCache(tmp_path / "features", encoder.fingerprint, encoder.dim)
        index_catalogue(Catalogue.open(pictures), encoder, index, cache=cache)
        return encoder.fingerprint

    pictures = tmp_path / "pictures"
    pictures.mkdir()
    Image.new("RGB", (32, 32), "red").save(pictures / "p0.png")
    with open_index(path=tmp_path / "index") as index, ServedIndex(index) as served:
        first = run()
        with served.pinned() as search:
            assert search.encoder.fingerprint == first
        shutil.copytree(make_backbone(seed=2), folder, dirs_exist_ok=True)
        second = run()
        assert second != first
        if busy:
            with index.open():
                assert "is in use by" in served.readiness().reason
        assert served.readiness().ready
        with served.pinned() as search:
            assert search.encoder.fingerprint == second
        assert [found.product.id for found in served.search("a ball")] == ["p0"]


@pytest.mark.parametrize("pinned", [False, True])
async def test_a_version_is_closed_after_its_last_search_without_blocking_the_event_loop(
    adapted_shop: Any,
    served: ServedIndex,
    moved: Moved,
    monkeypatch: pytest.MonkeyPatch,
    pinned: bool,
) -> None:
    adapted_shop.run(None)
    adapted_shop.save(moved(0))
    with served.pinned() as search:
        version = search.version
    closed: list[int] = []
    searching, may_end = threading.Event(), threading.Event()
    find, close = version.search, version.close

    def slowly(request: SearchRequest) -> Any:
        searching.set()
        assert may_end.wait(60)
        return find(request)

    def closing() -> None:
        closed.append(threading.get_ident())
        close()

    monkeypatch.setattr(version, "search", slowly)
    monkeypatch.setattr(version, "close", closing)

    async def pin_and_search() -> Any:
        async with served.apinned() as search:
            return await search.asearch("a ball")

    task = asyncio.create_task(pin_and_search() if pinned else served.asearch("a ball"))
    assert await asyncio.to_thread(searching.wait, 60)
    await served.ause_adapter("moved0")
    assert not closed
    may_end.set()
    assert await task
    [thread] = closed
    assert thread != threading.get_ident()


async def test_the_facade_is_the_same_sync_and_async(
    adapted_shop: Any, served: ServedIndex
) -> None:
    adapted_shop.run(None)
    assert await served.asearch("a ball") == served.search("a ball")
    assert await served.asimilar("p1") == served.similar("p1")
    assert await served.aget(["p1"]) == served.get(["p1"])
    assert served.get(["p1"])[0].id == "p1"
    served.close()
    with pytest.raises(ProductIndexError, match="was closed"):
        await served.asearch("a ball")
    assert not served.ready
    adapted_shop.index.open().close()  # nothing holds it any more

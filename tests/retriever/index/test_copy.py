"""A version copied by an engine's own files, with the same embeddings or with others."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retriever.errors import ProductIndexError
from retriever.index import (
    Engine,
    IndexRecord,
    IndexSettings,
    IndexSpec,
    IndexVersion,
    ProductIndex,
    SearchRequest,
    edge_version,
    faiss_version,
    open_index,
)
from retriever.index.faiss_version import RECORDS, FaissVersion
from retriever.index.files import copy_folder
from retriever.index.folder_version import FolderVersion
from retriever.lexical import query_terms
from retriever.where_parser import parse_where

CHANGED = 20
"""Products written again, so that the source holds points that were moved or marked before."""


@pytest.fixture(params=["edge", "faiss"])
def engine(request: pytest.FixtureRequest) -> Engine:
    found: Engine = request.param
    return found


@pytest.fixture(params=[10, 1000], ids=["graph", "no graph"])
def settings(request: pytest.FixtureRequest) -> IndexSettings:
    return IndexSettings(exact_below=request.param)


@pytest.fixture
def copied(
    engine: Engine,
    settings: IndexSettings,
    spec: IndexSpec,
    records: list[IndexRecord],
    tmp_path: Path,
) -> Iterator[tuple[ProductIndex, IndexVersion]]:
    """An index and its one version, open, with and without a graph."""
    index = open_index(path=tmp_path, engine=engine)
    with index.create(replace(spec, settings=settings)) as source:
        source.upsert(records)
        source.finish()
        source.upsert(records[:CHANGED])
        source.delete(["p59"])
        source.finish()
    # Opened anew, because Edge counts what was written again twice in document frequencies until then.
    with index.open("v0001") as source:
        yield index, source


def turned(pictures: list[str]) -> Any:
    """Another embedding for each picture, longer than 1."""
    return np.stack([3 * one(picture) for picture in pictures])


def one(picture: str) -> Any:
    vector = np.random.default_rng(list(picture.encode())).normal(size=16).astype(np.float32)
    return vector / np.linalg.norm(vector)


def answers(version: IndexVersion) -> list[Any]:
    """What does not depend on embeddings."""
    where = parse_where("base_colour = green and price < 40")
    lexical = version.search(
        SearchRequest(60, terms=query_terms("green unicorn number7"), where=where)
    )
    return [
        version.keys(),
        {product.id: product for product in version.get([f"p{n}" for n in range(60)])},
        {hit.product.id: pytest.approx(hit.score, rel=1e-5) for hit in lexical},
        version.values("base_colour"),
        version.bounds("height"),
        version.count(where),
        version.count(),
    ]


@pytest.mark.parametrize("graph", [False, True])
def test_a_copy_with_other_embeddings_is_the_same_but_for_them(
    copied: tuple[ProductIndex, IndexVersion], graph: bool
) -> None:
    index, source = copied
    spec = replace(source.info.spec, adapter="other", fingerprint="4567cdef")
    expected = answers(source)
    before = source.vectors(["p3"])["p3"]
    with index.copy(source, spec, turned) as copy:
        assert (copy.info.version, copy.info.spec, copy.info.complete) == ("v0002", spec, False)
        copy.finish(graph=graph)
        assert copy.info.graph_pending is (not graph and spec.settings.exact_below == 10)
    with index.open("v0002") as copy:
        assert answers(copy) == expected
        for key, keys in copy.keys().items():
            np.testing.assert_allclose(copy.vectors([key])[key], one(keys.picture), atol=1e-6)
            [hit] = copy.search(SearchRequest(1, one(keys.picture)))
            assert (hit.product.id, hit.score) == (key, pytest.approx(1, abs=1e-5))
        assert copy.delete(["p3"]) == 1
    assert answers(source) == expected
    np.testing.assert_array_equal(source.vectors(["p3"])["p3"], before)


def test_a_plain_copy_is_the_same(copied: tuple[ProductIndex, IndexVersion]) -> None:
    index, source = copied
    with index.copy(source, source.info.spec) as copy:
        copy.finish()
        assert answers(copy) == answers(source)
        everything = [f"p{number}" for number in range(59)]
        vectors = source.vectors(everything)
        for key, vector in copy.vectors(everything).items():
            np.testing.assert_array_equal(vector, vectors[key])


def test_a_copy_that_fails_leaves_nothing(
    copied: tuple[ProductIndex, IndexVersion], tmp_path: Path
) -> None:
    index, source = copied

    def fail(_: list[str]) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index.copy(source, source.info.spec, fail)
    assert [info.version for info in index.versions()] == ["v0001"]
    assert {path.name for path in (tmp_path / "products").iterdir()} == {"lock", "v0001"}
    assert source.count() == 59


@pytest.mark.parametrize("change", ["write", "finish"])
def test_what_is_changed_while_its_files_are_copied_is_refused(
    copied: tuple[ProductIndex, IndexVersion],
    records: list[IndexRecord],
    monkeypatch: pytest.MonkeyPatch,
    change: str,
) -> None:
    """Also where the change has only begun when the copy is done."""
    index, source = copied
    begun, may_end = threading.Event(), threading.Event()

    def slowly(*_: object, **__: object) -> None:
        begun.set()
        assert may_end.wait(60)

    def during(copy: Any) -> Any:
        def copying(*paths: Path) -> None:
            if change == "write":
                pool.submit(source.upsert, records[:1])
            else:
                pool.submit(source.finish)
            assert begun.wait(60)
            copy(*paths)

        return copying

    monkeypatch.setattr(source, "_end_write" if change == "write" else "_end_finish", slowly)
    monkeypatch.setattr(edge_version, "copy_folder", during(edge_version.copy_folder))
    monkeypatch.setattr(faiss_version, "copy_file", during(faiss_version.copy_file))
    with ThreadPoolExecutor(1) as pool:
        try:
            with pytest.raises(ProductIndexError, match="written to while it was copied"):
                index.copy(source, source.info.spec)
        finally:
            may_end.set()
    assert [info.version for info in index.versions()] == ["v0001"]


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (lambda right: right * 0, "zero or not finite for 59 of 59"),
        (lambda right: np.where(right > 0, np.nan, right), "zero or not finite for 59 of 59"),
        (lambda right: right[:, :8], r"shape \[59, 8\], \[59, 16\] are needed"),
        (lambda right: right[1:], r"shape \[58, 16\], \[59, 16\] are needed"),
    ],
)
def test_embeddings_that_cannot_be_searched_are_refused(
    copied: tuple[ProductIndex, IndexVersion], wrong: Any, problem: str
) -> None:
    index, source = copied
    spec = replace(source.info.spec, adapter="other")
    with pytest.raises(ProductIndexError, match=f"adapter 'other'.* {problem}"):
        index.copy(source, spec, lambda pictures: wrong(turned(pictures)))
    assert [info.version for info in index.versions()] == ["v0001"]


def test_a_copy_that_lacks_products_is_refused(
    copied: tuple[ProductIndex, IndexVersion], monkeypatch: pytest.MonkeyPatch
) -> None:
    index, source = copied
    assert isinstance(source, FolderVersion)
    copy_to = source.copy_to
    monkeypatch.setattr(source, "copy_to", lambda folder: replace(copy_to(folder), count=60))
    with pytest.raises(ProductIndexError, match="holds 59 of 60 products"):
        index.copy(source, source.info.spec)
    assert [info.version for info in index.versions()] == ["v0001"]


def test_records_that_another_program_reads_are_not_copied_in_part(
    tmp_path: Path, spec: IndexSpec, records: list[IndexRecord]
) -> None:
    index = open_index(path=tmp_path, engine="faiss")
    with index.create(spec) as source:
        assert isinstance(source, FaissVersion)
        source.upsert(records)
        with closing(sqlite3.connect(tmp_path / "products" / "v0001" / RECORDS)) as other:
            other.execute("BEGIN")
            other.execute("SELECT count(*) FROM products").fetchone()
            source.delete(["p1"])
            assert source._records is not None
            source._records._db.execute("PRAGMA busy_timeout = 10")
            with pytest.raises(ProductIndexError, match="being read by another program"):
                index.copy(source, spec)
        with index.copy(source, spec) as copy:
            assert copy.count() == len(records) - 1


def test_other_engines_refuse(spec: IndexSpec, tmp_path: Path) -> None:
    with open_index(path=tmp_path, engine="milvus") as index, index.create(spec) as version:
        assert not index.copies
        with pytest.raises(ProductIndexError, match="does not copy versions"):
            index.copy(version, spec)


def test_holes_stay_holes_and_what_is_around_them_is_copied(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "in").mkdir(parents=True)
    (source / "empty").touch()
    (source / "short").write_bytes(b"abc")
    with (source / "in" / "sparse").open("wb") as file:
        for at in (1 << 20, 5 << 20):
            file.seek(at)
            file.write(os.urandom(10_000))
        file.truncate(32 << 20)
    copy_folder(source, tmp_path / "target")
    for name in ("empty", "short", "in/sparse"):
        assert (tmp_path / "target" / name).read_bytes() == (source / name).read_bytes()
    used = [(folder / "in" / "sparse").stat().st_blocks for folder in (source, tmp_path / "target")]
    assert used[1] <= used[0]

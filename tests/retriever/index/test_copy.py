"""A version copied by an engine's own files, with the same embeddings or with others."""

import os
from collections.abc import Iterator
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
    open_index,
)
from retriever.index.files import copy_folder
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

"""What only the Milvus engine promises: its expressions, its limits, a server by URL."""

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from pymilvus import MilvusClient

from retriever.errors import IndexLockedError, ProductIndexError, QueryError, SettingsError
from retriever.index import (
    IndexRecord,
    IndexSettings,
    IndexSpec,
    SearchRequest,
    engines,
    milvus,
    open_index,
)
from retriever.index.base import SparseVector
from retriever.index.milvus_filters import to_expression
from retriever.lexical import query_terms
from retriever.where import And, Eq, In, Not, Or, Range, Where

MakeRecord = Callable[..., IndexRecord]


@pytest.mark.parametrize(
    ("where", "expression"),
    [
        (Eq("brand", 'a"b\\c'), r'array_contains_any(f_brand, ["a\"b\\c"])'),
        (Eq("brand", "a\nb"), r'array_contains_any(f_brand, ["a\nb"])'),
        (Not(In("on_sale", (True,))), '(not array_contains_any(f_on_sale, ["true"]))'),
        (Range("price", gt=1.5, lte=2.0), "(f_price > 1.5 and f_price <= 2.0)"),
        (Not(Range("price", gt=1.5)), "(f_price is null or f_price <= 1.5)"),
        (Not(Eq("price", 3.0)), "(f_price is null or f_price not in [3.0])"),
        (
            Not(And((Eq("price", 3.0), Not(Or((Eq("brand", "x"), Eq("brand", "y"))))))),
            (
                "((f_price is null or f_price not in [3.0]) or "
                '(array_contains_any(f_brand, ["x"]) or array_contains_any(f_brand, ["y"])))'
            ),
        ),
    ],
)
def test_expressions(where: Where, expression: str) -> None:
    assert to_expression(where) == expression


HOSTILE = ['x"] ) or (f_price >= 0', "back\\slash", "tab\there", "it's", "{brand}", "日本", "\x01"]


def test_text_of_a_filter_stays_text(
    tmp_path: Path, spec: IndexSpec, make_record: MakeRecord
) -> None:
    with open_index(path=tmp_path, engine="milvus") as index, index.create(spec) as version:
        version.upsert([make_record(n, brand=brand) for n, brand in enumerate(HOSTILE)])
        for number, brand in enumerate(HOSTILE):
            request = SearchRequest(10, make_record(1).embedding, where=Eq("brand", brand))
            assert [hit.product.id for hit in version.search(request)] == [f"p{number}"]
            assert version.count(Not(Eq("brand", brand))) == len(HOSTILE) - 1


def test_with_a_graph_searches_are_approximate_and_say_so(
    tmp_path: Path, spec: IndexSpec, make_record: MakeRecord
) -> None:
    spec = replace(spec, settings=IndexSettings(exact_below=500))
    with open_index(path=tmp_path, engine="milvus") as index:
        with index.create(spec) as version:
            version.upsert([make_record(number) for number in range(600)])
            version.finish()
        with index.open("v0001") as version:
            query = make_record(7).embedding
            assert version.search(SearchRequest(1, query))[0].product.id == "p7"
            with pytest.raises(QueryError, match="cannot search exactly"):
                version.search(SearchRequest(1, query, exact=True))


def test_a_graph_finds_enough_where_few_products_fit(
    tmp_path: Path, spec: IndexSpec, make_record: MakeRecord
) -> None:
    spec = replace(spec, settings=IndexSettings(exact_below=500, ef=32))
    few = Range("price", lt=60)
    with open_index(path=tmp_path, engine="milvus") as index, index.create(spec) as version:
        version.upsert([make_record(number) for number in range(2000)])
        version.finish()
        for number in range(2000, 2005):
            hits = version.search(SearchRequest(50, make_record(number).embedding, where=few))
            assert len(hits) == 50


@pytest.mark.parametrize("step", ["make_collection", "make_indexes"])
def test_a_version_whose_making_was_interrupted_leaves_nothing_behind(
    tmp_path: Path, spec: IndexSpec, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with open_index(path=tmp_path, engine="milvus") as index:
        with monkeypatch.context() as patch:
            patch.setattr(milvus, step, killed)
            with pytest.raises(KeyboardInterrupt):
                index.create(spec)
        made = [info.version for info in index.versions()]
        assert made == ([] if step == "make_collection" else ["v0001"])
        assert index.active() is None
        for version in made:
            index.drop(version)
        assert isinstance(index, milvus.MilvusIndex)
        assert index._client().list_collections() == ["shoplens_products__specs"]
        with index.create(spec) as version:
            assert version.info.version == "v0002" or step == "make_indexes"


def test_an_interruption_while_the_graph_is_made_loses_nothing(
    tmp_path: Path, spec: IndexSpec, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    spec = replace(spec, settings=IndexSettings(exact_below=500))
    with open_index(path=tmp_path, engine="milvus") as index, index.create(spec) as version:
        version.upsert([make_record(number) for number in range(600)])
        with monkeypatch.context() as patch:
            patch.setattr(MilvusClient, "create_index", killed)
            with pytest.raises(KeyboardInterrupt):
                version.finish()
    with open_index(path=tmp_path) as index:
        assert [(info.complete, info.count) for info in index.versions()] == [(False, 600)]
        with index.open("v0001") as version:
            query = make_record(7).embedding
            assert version.search(SearchRequest(1, query, exact=True))[0].product.id == "p7"
            version.finish()
            assert version.search(SearchRequest(1, query))[0].product.id == "p7"
            assert version.info.complete


def test_words_may_be_looked_up_while_products_are_written(
    tmp_path: Path, spec: IndexSpec, make_record: MakeRecord
) -> None:
    request = SearchRequest(10, terms=query_terms("red navy green thing unicorn"))
    stop = threading.Event()
    with open_index(path=tmp_path, engine="milvus") as index, index.create(spec) as version:
        version.upsert([make_record(0)])

        def search() -> None:
            while not stop.is_set():
                assert version.search(request)

        with ThreadPoolExecutor(3) as pool:
            searches = [pool.submit(search) for _ in range(3)]
            try:
                for number in range(1, 15):
                    version.upsert([make_record(number)])
            finally:
                stop.set()
            for one in searches:
                one.result()


def test_what_milvus_cannot_hold_is_refused(
    tmp_path: Path, spec: IndexSpec, make_record: MakeRecord
) -> None:
    with open_index(path=tmp_path, engine="milvus") as index:
        with pytest.raises(SettingsError, match="without quantisation"):
            index.create(replace(spec, settings=IndexSettings("int8")))
        with index.create(spec) as version:
            with pytest.raises(ProductIndexError, match=r"'p1' has a product of 7\d,\d+ bytes"):
                version.upsert([make_record(1, description="x" * 70_000)])
            with pytest.raises(ProductIndexError, match="several numbers in field 'height'"):
                version.upsert([make_record(1, attributes={"height": ["1", "2"]})])
            assert version.count() == 0


def test_a_product_without_terms_comes_back_without(
    tmp_path: Path, spec: IndexSpec, make_record: MakeRecord
) -> None:
    none = SparseVector(np.empty(0, np.uint32), np.empty(0, np.float32))
    with open_index(path=tmp_path, engine="milvus") as index, index.create(spec) as version:
        version.upsert([replace(make_record(1), terms=none)])
        [[record]] = version.records()
        assert len(record.terms.indices) == 0


def test_a_second_process_is_told_who_holds_the_index(tmp_path: Path, spec: IndexSpec) -> None:
    with open_index(path=tmp_path, engine="milvus") as index:
        index.create(spec)
        with (
            open_index(path=tmp_path) as second,
            pytest.raises(IndexLockedError, match="this process"),
        ):
            second.versions()
    with open_index(path=tmp_path) as index:
        assert [info.version for info in index.versions()] == ["v0001"]


def test_a_server_is_used_by_its_url(
    tmp_path: Path, spec: IndexSpec, make_record: MakeRecord
) -> None:
    script = (
        "import sys\nfrom milvus_lite.adapter.grpc.server import start_server_in_thread\n"
        "server, db, port = start_server_in_thread(data_dir=sys.argv[1], host='127.0.0.1', port=0)\n"
        "print(port, flush=True)\nsys.stdin.read()\nserver.stop(grace=0)\ndb.close()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{int(server.stdout.readline())}"
        with open_index("shoes-1", url=url, engine="milvus") as index:
            with index.create(spec) as version:
                version.upsert([make_record(number) for number in range(10)])
                version.finish()
            index.activate("v0001")
            with index.open() as version:
                hits = version.search(SearchRequest(1, make_record(3).embedding))
                assert [hit.product.id for hit in hits] == ["p3"]


def test_urls_and_engines_that_do_not_go_together(tmp_path: Path) -> None:
    with pytest.raises(ProductIndexError, match="looks like http://localhost:19530"):
        open_index(url="localhost", engine="milvus")
    with pytest.raises(SettingsError, match="'qdrant' is a server"):
        open_index(path=tmp_path, engine="qdrant")
    with pytest.raises(SettingsError, match="'faiss' is embedded"):
        open_index(url="http://127.0.0.1:9", engine="faiss")


def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        engines, "find_spec", lambda name: None if name == "faiss" else find_spec(name)
    )
    with pytest.raises(SettingsError, match=r"pip install 'shoplens\[faiss\]'"):
        open_index(path=tmp_path, engine="faiss")

"""What only the FAISS engine promises: crashes, its graph, what it refuses."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import faiss
import numpy as np
import pytest

from retriever.errors import IndexLockedError, ProductIndexError, SettingsError
from retriever.index import (
    EdgeIndex,
    IndexRecord,
    IndexSettings,
    IndexSpec,
    IndexVersion,
    SearchRequest,
    open_index,
)
from retriever.where import Eq, Range

MakeRecord = Callable[..., IndexRecord]
ROOT = Path(__file__).resolve().parents[3]

WRITER = """
import sys
from pathlib import Path
import numpy as np
from retriever.index import IndexRecord, RecordKeys, SparseVector, open_index
from retriever.product import Product

version = open_index(path=Path(sys.argv[1])).open("v0001")
print("open", flush=True)
number = int(sys.argv[2])
while True:
    batch = []
    for number in range(number, number + 20):
        vector = np.random.default_rng(number).normal(size=16).astype(np.float32)
        terms = SparseVector(np.array([number], np.uint32), np.array([1.0], np.float32))
        product = Product(id=f"p{number}", title="written by a child")
        batch.append(IndexRecord(product, vector, terms, RecordKeys("", str(number))))
    version.upsert(batch)
    number += 1
    print(number, flush=True)
"""


@pytest.fixture
def graph_spec(spec: IndexSpec) -> IndexSpec:
    return replace(spec, settings=IndexSettings(exact_below=1000, ef=128))


def test_sigkill_during_upserts_loses_nothing_acknowledged(tmp_path: Path, spec: IndexSpec) -> None:
    open_index(path=tmp_path, engine="faiss").create(spec).close()
    written = 0
    for delay in (0.0, 0.07, 0.23):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(written)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "open\n"
            written = int(process.stdout.readline())
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
            for line in process.stdout:
                written = int(line)
        with open_index(path=tmp_path).open("v0001") as version:
            keys = version.keys()
            assert {f"p{number}" for number in range(written)} <= keys.keys()
            assert len(keys) == version.count() <= written + 20
            last = np.random.default_rng(written - 1).normal(size=16).astype(np.float32)
            hits = version.search(SearchRequest(limit=1, embedding=last))
            assert [hit.product.id for hit in hits] == [f"p{written - 1}"]


def test_the_graph_is_loaded_with_what_was_written_and_deleted_since(
    tmp_path: Path, graph_spec: IndexSpec, make_record: MakeRecord
) -> None:
    index = open_index(path=tmp_path, engine="faiss")
    graph = tmp_path / "products" / "v0001" / "graph.faiss"
    with index.create(graph_spec) as version:
        version.upsert([make_record(number) for number in range(1200)])
        assert not graph.exists()
        version.finish()
        assert graph.exists()
        version.upsert([make_record(number) for number in range(1200, 1250)])
        version.upsert([make_record(7, title="written again")])
        version.delete(["p11"])
        expected = found(version, make_record)
    with index.open("v0001") as version:
        assert found(version, make_record) == expected
        assert version.get(["p7"])[0].title == "written again"
        assert found_one(version, make_record(1249)) == "p1249"
        assert found_one(version, make_record(11)) != "p11"
        version.finish()
        assert found_one(version, make_record(1249)) == "p1249"
    graph.unlink()
    with index.open("v0001") as version:
        assert version.count() == 1249
        assert found_one(version, make_record(7)) == "p7"


def test_the_graph_finds_what_exact_search_does(
    tmp_path: Path, graph_spec: IndexSpec, make_record: MakeRecord
) -> None:
    with open_index(path=tmp_path, engine="faiss").create(graph_spec) as version:
        version.upsert([make_record(number) for number in range(1500)])
        version.finish()
        agree = total = 0
        for number in range(2000, 2020):
            for where in (None, Eq("brand", "acme"), Range("price", lt=1400)):
                query = make_record(number).embedding
                approximate, exact = (
                    {
                        hit.product.id
                        for hit in version.search(SearchRequest(10, query, where=where, exact=e))
                    }
                    for e in (False, True)
                )
                agree += len(approximate & exact)
                total += 10
        assert agree >= 0.97 * total


def test_a_graph_that_lost_much_is_built_anew_or_given_up(
    tmp_path: Path, graph_spec: IndexSpec, make_record: MakeRecord
) -> None:
    graph = tmp_path / "products" / "v0001" / "graph.faiss"
    with open_index(path=tmp_path, engine="faiss").create(graph_spec) as version:
        version.upsert([make_record(number) for number in range(1500)])
        version.finish()
        size = graph.stat().st_size
        version.delete([f"p{number}" for number in range(400)])
        version.finish()
        assert graph.stat().st_size < size
        assert found_one(version, make_record(1300)) == "p1300"
        version.delete([f"p{number}" for number in range(400, 600)])
        version.finish()
        assert not graph.exists()
        assert found_one(version, make_record(1300)) == "p1300"
        assert version.count() == 900


def test_a_filter_that_few_fit_is_answered_as_fully_as_without_a_graph(
    tmp_path: Path, spec: IndexSpec, make_record: MakeRecord
) -> None:
    spec = replace(spec, settings=IndexSettings(exact_below=60, ef=32))
    with open_index(path=tmp_path, engine="faiss").create(spec) as version:
        version.upsert([make_record(number) for number in range(3000)])
        version.finish()
        few = Range("price", lt=75)
        for number in range(3000, 3010):
            query = make_record(number).embedding
            approximate, exact = (
                {
                    hit.product.id
                    for hit in version.search(SearchRequest(50, query, where=few, exact=e))
                }
                for e in (False, True)
            )
            assert approximate == exact
            assert len(exact) == 50


def test_a_graph_that_cannot_be_written_leaves_each_product_once(
    tmp_path: Path, graph_spec: IndexSpec, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise RuntimeError("No space left on device")

    request = SearchRequest(1000, make_record(1).embedding)
    with open_index(path=tmp_path, engine="faiss").create(graph_spec) as version:
        version.upsert([make_record(number) for number in range(1000)])
        with monkeypatch.context() as patch:
            patch.setattr(faiss, "write_index", full)
            with pytest.raises(ProductIndexError, match="No space left"):
                version.finish()
        assert not version.info.complete
        for _ in range(2):
            hits = [hit.product.id for hit in version.search(replace(request, exact=True))]
            assert len(hits) == len(set(hits)) == 1000
            version.finish()


def test_a_damaged_graph_costs_no_product(
    tmp_path: Path,
    graph_spec: IndexSpec,
    make_record: MakeRecord,
    caplog: pytest.LogCaptureFixture,
) -> None:
    index = open_index(path=tmp_path, engine="faiss")
    with index.create(graph_spec) as version:
        version.upsert([make_record(number) for number in range(1000)])
        version.finish()
    graph = tmp_path / "products" / "v0001" / "graph.faiss"
    whole = graph.read_bytes()
    graph.write_bytes(whole[: len(whole) // 2])
    with index.open("v0001") as version:
        assert "graph.faiss is damaged" in caplog.text
        assert found_one(version, make_record(11)) == "p11"
        version.finish()
    assert graph.stat().st_size == len(whole)


def test_quantisation_is_refused(tmp_path: Path, spec: IndexSpec) -> None:
    index = open_index(path=tmp_path, engine="faiss")
    with pytest.raises(SettingsError, match=r"'faiss' is used without quantisation"):
        index.create(replace(spec, settings=IndexSettings("int8")))
    assert index.versions() == []


def test_a_second_opening_is_told_so(tmp_path: Path, spec: IndexSpec) -> None:
    index = open_index(path=tmp_path, engine="faiss")
    with index.create(spec), pytest.raises(IndexLockedError, match="this process"):
        index.open("v0001")
    index.open("v0001").close()


def test_a_folder_is_opened_by_the_engine_that_made_it(tmp_path: Path, spec: IndexSpec) -> None:
    open_index(path=tmp_path, engine="faiss").create(spec).close()
    assert open_index(path=tmp_path).engine == "faiss"
    with pytest.raises(SettingsError, match="made by engine 'faiss', not 'edge'"):
        open_index(path=tmp_path, engine="edge")
    EdgeIndex(tmp_path, "others").create(spec).close()
    assert open_index("others", path=tmp_path).engine == "edge"


def found(version: IndexVersion, make_record: MakeRecord) -> list[list[str]]:
    requests = (SearchRequest(10, make_record(number).embedding, exact=True) for number in range(9))
    return [[hit.product.id for hit in version.search(request)] for request in requests]


def found_one(version: IndexVersion, record: IndexRecord) -> str:
    [hit] = version.search(SearchRequest(1, record.embedding))
    return hit.product.id

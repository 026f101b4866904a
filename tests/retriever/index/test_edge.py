"""What only the embedded engine promises: crashes, locks, files."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from retriever.errors import IndexLockedError, IndexMissingError, ProductIndexError, SettingsError
from retriever.index import (
    DEFAULT_FOLDER,
    EdgeIndex,
    IndexRecord,
    IndexSettings,
    IndexSpec,
    SearchRequest,
    edge_shard,
    open_index,
)
from retriever.index.edge_version import EdgeVersion
from retriever.index.folder_version import Manifest
from retriever.where import Range

MakeRecord = Callable[..., IndexRecord]
ROOT = Path(__file__).resolve().parents[3]

BUILDER = """
import sys
from pathlib import Path
import numpy as np
from retriever.index import EdgeIndex, IndexRecord, IndexSettings, IndexSpec, RecordKeys, SparseVector
from retriever.index import edge_shard
from retriever.product import Product

# Says which process it is, and stays in the middle of building.
edge_shard._OPTIMISE = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(600)"
spec = IndexSpec("0123abcd", "test:encoder", 2, {}, settings=IndexSettings(exact_below=1))
terms = SparseVector(np.array([1], np.uint32), np.array([1], np.float32))
record = IndexRecord(Product(id="p1"), np.array([1, 0], np.float32), terms, RecordKeys("p", "r"))
with EdgeIndex(Path("index")).create(spec) as version:
    version.upsert([record])
    version.finish()
"""

WRITER = """
import sys
from pathlib import Path
import numpy as np
from retriever.index import EdgeIndex, IndexRecord, RecordKeys, SparseVector
from retriever.product import Product

version = EdgeIndex(Path(sys.argv[1])).open("v0001")
print("open", flush=True)
if sys.argv[2] == "hold":
    sys.stdin.read()
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


@contextmanager
def child(folder: Path, start: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), start],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        try:
            yield process
        finally:
            process.kill()


def test_sigkill_during_upserts_loses_nothing_acknowledged(tmp_path: Path, spec: IndexSpec) -> None:
    index = EdgeIndex(tmp_path)
    index.create(spec).close()
    written = 0
    for delay in (0.0, 0.07, 0.23):
        with child(tmp_path, str(written)) as process:
            assert process.stdout is not None
            written = int(process.stdout.readline())
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
            for line in process.stdout:
                written = int(line)
        with index.open("v0001") as version:
            keys = version.keys()
            assert {f"p{number}" for number in range(written)} <= keys.keys()
            assert len(keys) == version.count() <= written + 20
            last = np.random.default_rng(written - 1).normal(size=16).astype(np.float32)
            hits = version.search(SearchRequest(limit=1, embedding=last))
            assert [hit.product.id for hit in hits] == [f"p{written - 1}"]
    info = index.versions()[0]
    assert not info.complete
    assert info.count >= written


def test_a_second_process_is_told_who_holds_the_index(tmp_path: Path, spec: IndexSpec) -> None:
    index = EdgeIndex(tmp_path)
    index.create(spec).close()
    with child(tmp_path, "hold") as process:
        with pytest.raises(IndexLockedError, match=rf"process {process.pid} \(-c.*--qdrant-url"):
            index.open("v0001")
        with pytest.raises(IndexLockedError, match=str(process.pid)):
            index.drop("v0001")
        # Another version can be built meanwhile.
        index.create(spec).close()
    with index.open("v0001") as version:
        assert version.count() == 0


def test_a_second_opening_in_the_same_process_is_told_so(tmp_path: Path, spec: IndexSpec) -> None:
    index = EdgeIndex(tmp_path)
    with index.create(spec), pytest.raises(IndexLockedError, match=r"this process \(\d+\) itself"):
        index.open("v0001")
    index.open("v0001").close()


def test_the_engines_own_lock_is_the_second_line(tmp_path: Path, spec: IndexSpec) -> None:
    index = EdgeIndex(tmp_path)
    version = index.create(spec)
    (tmp_path / "products" / "v0001" / "lock").unlink()
    with pytest.raises(IndexLockedError, match="another process"):
        index.open("v0001")
    version.close()


def test_a_half_made_version_is_ignored_and_removed(
    tmp_path: Path, spec: IndexSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = EdgeIndex(tmp_path)
    index.create(spec).close()
    for name in ("v0002", "v0003"):
        (tmp_path / "products" / name / "shard").mkdir(parents=True)
    assert [info.version for info in index.versions()] == ["v0001"]
    with pytest.raises(IndexMissingError, match="stored versions: v0001"):
        index.open("v0002")
    monkeypatch.setattr(Manifest, "write", fail)
    with pytest.raises(OSError, match="disk full"):
        index.create(spec)
    monkeypatch.undo()
    with index.create(spec) as version:
        assert version.info.version == "v0002"
    assert not (tmp_path / "products" / "v0003").exists()


def fail(*_: object) -> None:
    raise OSError("disk full")


def test_damaged_files_are_named(tmp_path: Path, spec: IndexSpec) -> None:
    index = EdgeIndex(tmp_path)
    index.create(spec).close()
    (tmp_path / "products" / "active").write_text("", encoding="utf-8")
    with pytest.raises(ProductIndexError, match="active names no version"):
        index.active()
    manifest = tmp_path / "products" / "v0001" / "manifest.json"
    for text in ("", "[]", '{"spec": {}, "complete": true, "count": 1}'):
        manifest.write_text(text, encoding="utf-8")
        with pytest.raises(ProductIndexError, match="index the catalogue again"):
            index.versions()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, spec: IndexSpec) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.raises(ProductIndexError, match="file/products cannot be written"):
        EdgeIndex(blocked).create(spec)


def test_above_the_threshold_a_graph_is_built_and_survives_a_kill(
    tmp_path: Path, spec: IndexSpec, make_record: MakeRecord
) -> None:
    spec = replace(spec, settings=IndexSettings(exact_below=1000))
    index = EdgeIndex(tmp_path)
    shard = tmp_path / "products" / "v0001" / "shard"
    with index.create(spec) as version:
        version.upsert([make_record(number) for number in range(1200)])
    optimiser = subprocess.Popen([sys.executable, "-c", edge_shard._OPTIMISE, str(shard)])
    time.sleep(0.1)
    optimiser.kill()
    optimiser.wait()
    with index.open("v0001") as version:
        assert version.count() == 1200
        version.finish()
        assert version.info.complete
        queries = [make_record(number).embedding for number in range(2000, 2020)]
        for where in (None, Range("price", lt=700)):
            agree = 0
            for query in queries:
                approximate, exact = (
                    {
                        hit.product.id
                        for hit in version.search(
                            SearchRequest(10, query, where=where, exact=exact)
                        )
                    }
                    for exact in (False, True)
                )
                agree += len(approximate & exact)
            assert agree >= 0.97 * 10 * len(queries)


def test_a_failing_optimiser_keeps_the_products(
    tmp_path: Path, spec: IndexSpec, records: list[IndexRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = replace(spec, settings=IndexSettings(exact_below=10))
    monkeypatch.setattr(edge_shard, "_OPTIMISE", "raise SystemExit('out of memory')")
    with EdgeIndex(tmp_path).create(spec) as version:
        version.upsert(records)
        with pytest.raises(ProductIndexError, match=r"could not be built .out of memory"):
            version.finish()
        assert version.count() == len(records)
        assert not version.info.complete


async def test_the_event_loop_runs_while_a_search_waits(
    tmp_path: Path, spec: IndexSpec, records: list[IndexRecord]
) -> None:
    with EdgeIndex(tmp_path).create(spec) as version:
        version.upsert(records)
        assert isinstance(version, EdgeVersion)
        held, release = threading.Event(), threading.Event()

        def hold() -> None:
            with version._open_shard():
                held.set()
                release.wait()

        holder = threading.Thread(target=hold)
        holder.start()
        held.wait()
        search = asyncio.create_task(version.asearch(SearchRequest(1, records[4].embedding)))
        await asyncio.sleep(0.05)
        assert not search.done()
        release.set()
        assert [hit.product.id for hit in await search] == ["p4"]
        holder.join()


def test_open_index_chooses_the_engine(tmp_path: Path) -> None:
    assert open_index(path=tmp_path).engine == "edge"
    assert not DEFAULT_FOLDER.is_absolute()
    with open_index("shoes", url="http://127.0.0.1:9") as server:
        assert (server.engine, server.name) == ("qdrant", "shoes")
    with pytest.raises(SettingsError, match="not both"):
        open_index(path=tmp_path, url="http://127.0.0.1:9")
    with pytest.raises(SettingsError, match="give its URL"):
        open_index(api_key="key")
    for name in ("", "../up", "a/b", "A", "a__b", "-a"):
        with pytest.raises(ProductIndexError, match="cannot name an index"):
            open_index(name, path=tmp_path)


def test_nothing_is_written_before_the_first_create(tmp_path: Path) -> None:
    index = open_index(path=tmp_path / "index")
    assert (index.versions(), index.active()) == ([], None)
    assert not (tmp_path / "index").exists()


def test_a_version_stays_locked_while_its_graph_is_built_for_a_killed_process(
    tmp_path: Path,
) -> None:
    builder = subprocess.Popen(
        [sys.executable, "-c", BUILDER], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    pid = tmp_path / "pid"
    while not (pid.exists() and pid.read_text()):
        assert builder.poll() is None
        time.sleep(0.01)
    builder.kill()
    builder.wait()
    index = EdgeIndex(tmp_path / "index")
    try:
        with pytest.raises(IndexLockedError):
            index.open("v0001")
        with pytest.raises(IndexLockedError):
            index.drop("v0001")
    finally:
        os.kill(int(pid.read_text()), signal.SIGKILL)
    while True:
        try:
            version = index.open("v0001")
            break
        except IndexLockedError:  # it is not gone yet
            time.sleep(0.01)
    with version:
        assert version.count() == 1

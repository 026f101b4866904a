"""The contenders of `shoplens bench` on a tiny backbone: all of them find the same products."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.compare import run
from benchmarks.compare.child import do
from benchmarks.compare.contenders import CONTENDERS, Contender
from benchmarks.compare.report import draw, ratios, tables
from benchmarks.compare.run import CONCURRENCY, check_installed
from benchmarks.compare.workload import Sizes, Workload, query, write_workload
from retriever.errors import SettingsError

pytest.importorskip("faiss")
pytest.importorskip("sentence_transformers")
pytest.importorskip("llama_index.vector_stores.qdrant")

SIZES = Sizes(products=300, pictures=5, queries=6, limit=5)
TINY: dict[str, Any] = {
    "embed_dim": 32,
    "vision_cfg": {
        "image_size": 32,
        "patch_size": 16,
        "width": 64,
        "layers": 2,
        "head_width": 32,
    },
    "text_cfg": {
        "context_length": 77,
        "vocab_size": 49408,
        "width": 64,
        "heads": 2,
        "layers": 2,
    },
}


@pytest.fixture(scope="module")
def workload(tmp_path_factory: pytest.TempPathFactory) -> Workload:
    return write_workload(tmp_path_factory.mktemp("bench") / "workload", SIZES, TINY)


@pytest.fixture(scope="module")
def contenders(workload: Workload) -> Iterator[dict[str, Contender]]:
    opened = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries that are compared with
        for name, kind in CONTENDERS.items():
            kind(workload).build()
            opened[name] = kind(Workload.open(workload.folder))
            opened[name].open()
        yield opened


@pytest.mark.filterwarnings("ignore")
def test_all_find_the_same_products(workload: Workload, contenders: dict[str, Contender]) -> None:
    vector = np.array(workload.vectors()[17])
    best = np.argsort(-(workload.vectors() @ vector))[: SIZES.limit]
    titles = [workload.products()[row]["title"] for row in best]
    for name, contender in contenders.items():
        expected = [f"row {row}" for row in best] if name == "floor" else titles
        assert contender.find(vector) == expected, name


@pytest.mark.filterwarnings("ignore")
def test_the_same_backbone_gives_the_same_vectors(
    workload: Workload, contenders: dict[str, Contender]
) -> None:
    ours, stock = contenders["shoplens"], contenders["stock"]
    for one, other in (
        (ours.encode(query(3))[None], stock.encode(query(3))[None]),
        (ours.encode_pictures(workload.pictures()), stock.encode_pictures(workload.pictures())),
    ):
        assert (one * other).sum(axis=1).min() > 0.999
    assert ours.ask(query(3)) == stock.ask(query(3))


@pytest.mark.filterwarnings("ignore")
def test_every_job_is_measured(contenders: dict[str, Contender]) -> None:
    for contender in contenders.values():
        for job in ("ask", "encode", "find"):
            seconds = do(contender, job, 2, 5)
            assert isinstance(seconds, list)
            assert len(seconds) == 2
        for job in ("pictures", "at 4", "memory"):
            assert float(str(do(contender, job, 3, 5))) > 0


def test_queries_are_not_repeated() -> None:
    assert len({query(number) for number in range(5000)}) == 5000


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    check_installed()
    monkeypatch.setitem(run._NEEDED, "no_such_package.inside", "bench")
    with pytest.raises(SettingsError, match=r"install 'shoplens\[bench\]'"):
        check_installed()


def test_ratios_come_first_and_a_chart_is_drawn(tmp_path: Path) -> None:
    def measured(milliseconds: float, pictures: float) -> dict[str, Any]:
        stage = {f"p{percent}": milliseconds for percent in (50, 95, 99)}
        return {
            "milliseconds": {"ask": stage, "encode": stage, "find": stage},
            "queries_per_second": {str(threads): 10.0 for threads in CONCURRENCY},
            "pictures_per_second": pictures,
            "memory_mb": 1.0,
            "cold_start": 1.0,
            "build": 1.0,
        }

    report = {
        "shoplens": measured(10, 40),
        "shoplens, int8": measured(10, 60),
        "stock": measured(120, 10),
        "sentence-transformers": measured(50, 10),
        "floor": measured(10, 50),
    }
    found = list(ratios(report).values())
    assert found == pytest.approx([12, 4, 6, 0.8, 1, 10 / 16])
    assert [table.row_count for table in tables(report)] == [6, 16]
    draw(report, tmp_path / "bench.png")
    assert (tmp_path / "bench.png").read_bytes().startswith(b"\x89PNG")

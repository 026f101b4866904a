"""Open a built variant in a process that does nothing else, search it, and print what was measured.

    python -m benchmarks.scale.serve FOLDER VARIANT DATA [--ef N] [--oversampling X]

Memory is what the kernel counts for the process: resident memory, and of it the anonymous part. The rest
are pages of mapped files, which the kernel may take back whenever it needs them.
"""

import argparse
import gc
import json
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.scale.build import CATEGORIES, price
from benchmarks.scale.data import Data, K
from benchmarks.scale.variants import VARIANTS
from retriever.index import IndexVersion, SearchRequest, open_index
from retriever.index.folder_version import Manifest
from retriever.where import And, Eq, Range, Where

CATEGORY = Eq("category", "category 3")
WHERES: dict[str, Where] = {"5%": CATEGORY, "0.5%": And((CATEGORY, Range("price", lt=100)))}
CONCURRENCY = (1, 4, 16)
_EXACT_QUERIES = 20


def serve(
    folder: Path, variant: str, data: Data, ef: int | None = None, oversampling: float | None = None
) -> dict[str, Any]:
    """Figures of one built variant; ``ef`` and ``oversampling`` are set in its manifest first."""
    chosen = VARIANTS[variant]
    _search_with(folder, ef or chosen.settings.ef, oversampling)
    gc.collect()
    before = memory()
    started = time.perf_counter()
    with open_index(path=folder, engine=chosen.engine) as index, index.open() as version:
        version.search(SearchRequest(K, np.array(data.queries[0])))
        opened = time.perf_counter() - started
        settings = version.info.spec.settings
        times, found = _timed(version, data.queries, None)
        again, _ = _timed(version, data.queries, None)
        figures = {
            "variant": variant,
            "engine": chosen.engine,
            "quantisation": settings.quantisation,
            "ef": settings.ef,
            "oversampling": settings.candidates,
            "products": len(data.vectors),
            "dim": data.vectors.shape[1],
            "queries": len(data.queries),
            "open_s": opened,
            **_recall(found, data.exact),
            "first_p50_ms": _ms(times, 50),
            "first_p95_ms": _ms(times, 95),
            "p50_ms": _ms(again, 50),
            "p95_ms": _ms(again, 95),
            "p99_ms": _ms(again, 99),
        }
        after = memory()
        for name, where in WHERES.items():
            filtered, _ = _timed(version, data.queries, where)
            figures[f"filter_{name}_p50_ms"] = _ms(filtered, 50)
            figures[f"filter_{name}_recall"] = _filtered_recall(version, data, where)
        for workers in CONCURRENCY:
            figures[f"qps_{workers}"] = _throughput(version, data.queries, workers)
        figures |= {
            "rss_mb": after["VmRSS"],
            "anonymous_mb": after["RssAnon"],
            "mapped_mb": after["RssFile"],
            "python_mb": before["VmRSS"],
            "peak_mb": memory()["VmHWM"],
            "disk_mb": sum(p.stat().st_blocks * 512 for p in folder.rglob("*") if p.is_file())
            / 2**20,
        }
    return figures


def fits(row: int, where: Where) -> bool:
    """Whether the product of `benchmarks.scale.build.record` fits one of the filters."""
    if where == CATEGORY:
        return row % CATEGORIES == 3
    return row % CATEGORIES == 3 and price(row) < 100


def memory() -> dict[str, float]:
    """MiB of this process as the kernel counts them."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    pairs = (line.split(":") for line in lines if line.startswith(("VmRSS", "VmHWM", "Rss")))
    return {name: int(value.split()[0]) / 1024 for name, value in pairs}


def _search_with(folder: Path, ef: int, oversampling: float | None) -> None:
    """Set what a search goes by in the manifests of an embedded index, for a sweep without rebuilding."""
    for path in folder.glob("products/v*"):
        manifest = Manifest.read(path)
        if manifest is None:
            continue
        settings = manifest.spec.settings
        settings = replace(settings, ef=ef, oversampling=oversampling)
        replace(manifest, spec=replace(manifest.spec, settings=settings)).write(path)


def _timed(
    version: IndexVersion,
    queries: "np.ndarray[Any, np.dtype[np.float32]]",
    where: Where | None,
) -> tuple[list[float], list[set[int]]]:
    times, found = [], []
    for query in queries:
        started = time.perf_counter()
        hits = version.search(SearchRequest(K, query, where=where))
        times.append(time.perf_counter() - started)
        found.append({int(hit.product.id) for hit in hits})
    return times, found


def _recall(
    found: list[set[int]], exact: "np.ndarray[Any, np.dtype[np.int64]]"
) -> dict[str, float]:
    shares = [len(got & set(rows.tolist())) / K for got, rows in zip(found, exact, strict=True)]
    return {"recall": statistics.mean(shares), "recall_least": min(shares)}


def _filtered_recall(version: IndexVersion, data: Data, where: Where) -> float:
    """Against comparing every product that fits, on a few queries."""
    some = data.queries[:_EXACT_QUERIES]
    fitting = np.array([row for row in range(len(data.vectors)) if fits(row, where)])
    scores = some @ data.vectors[fitting].T
    true = fitting[np.argsort(-scores, axis=1)[:, :K]]
    return _recall(_timed(version, some, where)[1], true)["recall"]


def _throughput(
    version: IndexVersion, queries: "np.ndarray[Any, np.dtype[np.float32]]", workers: int
) -> float:
    """Searches a second with so many threads asking at once."""
    requests = [SearchRequest(K, query) for query in queries]
    with ThreadPoolExecutor(workers) as pool:
        started = time.perf_counter()
        list(pool.map(version.search, requests))
        return len(requests) / (time.perf_counter() - started)


def _ms(seconds: list[float], percentile: int) -> float:
    return float(np.percentile(seconds, percentile)) * 1000


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("variant", choices=VARIANTS)
    parser.add_argument("data", type=Path)
    parser.add_argument("--ef", type=int)
    parser.add_argument("--oversampling", type=float)
    given = parser.parse_args()
    figures_ = serve(
        given.folder, given.variant, Data.load(given.data), given.ef, given.oversampling
    )
    print(json.dumps(figures_))  # noqa: T201

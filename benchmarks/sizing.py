"""What an embedded index takes: memory and disk by the number of products and the length of vectors.

    python -m benchmarks.sizing --products 100000 --dims 256 512

Synthetic products with random unit vectors are loaded and optimised; then a fresh process opens the index
and searches it, as a server does. Its resident memory is split as the kernel splits it: *anonymous* memory must
be there, *file* memory is the page cache's share of what is mapped, and goes when others need it. Half as
many products are measured too, and a million is extrapolated from the difference, which leaves out what
a process takes at any size.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.readapt import drawn_products
from retriever.index import EdgeIndex, IndexRecord, IndexSpec, RecordKeys, SearchRequest
from retriever.lexical import terms_of_product
from retriever.picture import Picture
from retriever.where import Fields

_BATCH = 2000
_QUERIES = 500
_MILLION = 1_000_000
_FIELDS: Fields = {"colour": "keyword", "category": "keyword", "price": "number"}


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark and print a table, or JSON with ``--json``."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--products", type=int, default=100_000)
    parser.add_argument("--dims", type=int, nargs="+", default=[256, 512])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--search", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.search is not None:
        print(json.dumps(searched(given.search)))  # noqa: T201
        return
    rows = []
    for dim in given.dims:
        half, whole = (measured(count, dim) for count in (given.products // 2, given.products))
        rows += [half, whole, extrapolated(half, whole)]
    if given.json:
        print(json.dumps(rows, indent=2))  # noqa: T201
        return
    table = Table("figure", *(f"{row['products']:,.0f} x {row['dim']:.0f}" for row in rows))
    for name in rows[0]:
        if name not in ("products", "dim"):
            table.add_row(name, *(f"{row[name]:,.1f}" if name in row else "" for row in rows))
    Console(width=150).print(table)


def measured(count: int, dim: int) -> dict[str, float]:
    """Load, optimise, then search in a fresh process: seconds, MB and ms."""
    with tempfile.TemporaryDirectory() as folder:
        spec = IndexSpec("0" * 16, "synthetic", dim, dict(_FIELDS))
        index = EdgeIndex(Path(folder))
        rng = np.random.default_rng(0)
        started = time.perf_counter()
        with index.create(spec) as version:
            for start in range(0, count, _BATCH):
                version.upsert(_records(rng, dim, start, min(start + _BATCH, count)))
            loaded = time.perf_counter()
            version.finish()
        finished = time.perf_counter()
        index.activate(index.versions()[-1].version)
        disk = sum(file.stat().st_blocks * 512 for file in Path(folder).rglob("*"))
        command = [sys.executable, "-m", "benchmarks.sizing", "--search", folder]
        child = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
        figures: dict[str, float] = json.loads(child.stdout)
    return {
        "products": count,
        "dim": dim,
        "vectors alone, MB": count * dim * 4 / 1e6,
        "disk, MB": disk / 1e6,
        **figures,
        "load, s": loaded - started,
        "optimise, s": finished - loaded,
    }


def searched(folder: Path) -> dict[str, float]:
    """Memory of this process once an index is open, and after searches over all of it."""
    before = _memory()
    with EdgeIndex(folder).open() as version:
        opened = _memory()
        rng = np.random.default_rng(1)
        seconds = []
        for exact in [False] * _QUERIES + [True] * 3:
            vector = rng.normal(size=version.info.spec.dim).astype(np.float32)
            vector /= np.linalg.norm(vector)
            started = time.perf_counter()
            version.search(SearchRequest(limit=10, embedding=vector, exact=exact))
            seconds.append(time.perf_counter() - started)
        after = _memory()
    return {
        "opened, anonymous MB": opened["RssAnon"] - before["RssAnon"],
        "searched, anonymous MB": after["RssAnon"] - before["RssAnon"],
        "searched, file MB": after["RssFile"] - before["RssFile"],
        "ms a query (median)": 1000 * float(np.median(seconds[:_QUERIES])),
    }


def extrapolated(half: dict[str, float], whole: dict[str, float]) -> dict[str, float]:
    """Figures of sizes carried on in a straight line to a million products."""
    steps = (_MILLION - whole["products"]) / (whole["products"] - half["products"])
    line = {
        name: whole[name] + steps * (whole[name] - half[name]) for name in whole if "MB" in name
    }
    return {"products": _MILLION, "dim": whole["dim"], **line}


def _records(rng: np.random.Generator, dim: int, start: int, end: int) -> list[IndexRecord]:
    vectors = rng.normal(size=(end - start, dim)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return [
        IndexRecord(
            product,
            vector,
            terms_of_product(product),
            RecordKeys(Picture(product.id.encode()).key, "1"),
        )
        for product, vector in zip(drawn_products(start, end), vectors, strict=True)
    ]


def _memory() -> dict[str, float]:
    """Resident memory of this process in MB, by kind, as Linux tells it."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return {name: int(fields[name].split()[0]) * 1024 / 1e6 for name in ("RssAnon", "RssFile")}


if __name__ == "__main__":
    main()

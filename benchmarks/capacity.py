"""What very many products need: machines, hours, memory and disk, reckoned from costs measured on this one.

    python -m benchmarks.capacity --catalogue CATALOGUE.parquet --picture-aspect 3:4 \\
        --encoder ViT-B-32 --scale .shoplens/scale/scale-1000000x512.json --products 100000000

What one picture or product costs in each step of ``shoplens index --ray`` is measured on the catalogue; what
the index takes is read from a run of ``benchmarks.scale``. The rest is multiplication, shown beside its factors.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
import tracemalloc
from itertools import islice
from pathlib import Path
from typing import Any, get_args

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.backbone import load_backbone
from retriever.catalogue import Catalogue, RoleOverrides, parse_aspect
from retriever.encoder import Encoder
from retriever.encoder.runtime import Runtime
from retriever.encoding import ROWS_AT_ONCE, encode_usable
from retriever.features import FeatureCache
from retriever.index import RecordKeys
from retriever.picture import Picture
from retriever.ray_encoding import unencoded

_KEYS = 100_000
_WRITES = 20


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark and print its tables, or JSON with ``--json``."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--catalogue", type=Path, required=True)
    parser.add_argument("--picture-aspect", metavar="W:H")
    parser.add_argument("--encoder", default="mini")
    parser.add_argument("--runtime", choices=get_args(Runtime), default="auto")
    parser.add_argument("--pictures", type=int, default=512, help="pictures encoded")
    parser.add_argument("--scale", type=Path, required=True, help="JSON of benchmarks.scale")
    parser.add_argument("--variant", default="edge-int8")
    parser.add_argument("--products", type=int, default=100_000_000)
    parser.add_argument("--cores", type=int, default=16, help="of each machine")
    parser.add_argument("--memory", type=int, default=128, help="GB of each machine")
    parser.add_argument("--replicas", type=int, default=2)
    parser.add_argument("--hours", type=float, default=24, help="in which to encode everything")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    aspect = None if given.picture_aspect is None else parse_aspect(given.picture_aspect)
    catalogue = Catalogue.open(given.catalogue, overrides=RoleOverrides(aspect=aspect))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        encoder = load_backbone(given.encoder, root, given.runtime)
        costs = {
            **reading(catalogue, FeatureCache(root / "none", encoder.fingerprint, encoder.dim)),
            **encoding(catalogue, encoder, given.pictures),
            **caching(root / "features", encoder.dim),
            **storing(given.scale, given.variant),
        }
    needs = reckoned(costs, given)
    if given.json:
        print(json.dumps({"costs": costs, "needs": needs}, indent=2))  # noqa: T201
        return
    for title, figures in (("each", costs), (f"{given.products:,} products", needs)):
        table = Table(title, "figure")
        for name, value in figures.items():
            table.add_row(name, f"{value:,.2f}" if value < 100 else f"{value:,.0f}")
        Console(width=110).print(table)


def reading(catalogue: Catalogue, cache: FeatureCache) -> dict[str, float]:
    """What the one process that reads the catalogue takes for a picture: its bytes, key and place in a block."""
    started = time.perf_counter()
    blocks = [(block.num_rows, block.nbytes) for block in unencoded(catalogue, cache)]
    seconds = time.perf_counter() - started
    pictures = sum(rows for rows, _ in blocks)
    return {
        "ms to read a picture, 1 process": 1000 * seconds / pictures,
        "KB sent for a picture": sum(size for _, size in blocks) / pictures / 1000,
    }


def encoding(catalogue: Catalogue, encoder: Encoder, count: int) -> dict[str, float]:
    """Decoding and encoding, after a warm-up."""
    rows = catalogue.rows_with_products(check_pictures=False)
    pictures = [row.product.picture for row in islice(rows, count + encoder.batch_size)]
    keyed = {one.key: one for one in pictures if one is not None}
    known = dict(islice(keyed.items(), encoder.batch_size))
    encode_usable(encoder, known, {})
    started = time.perf_counter()
    fresh = {key: picture for key, picture in keyed.items() if key not in known}
    if not fresh:
        raise SystemExit(f"{catalogue.path} has too few pictures to time the encoder on")
    encode_usable(encoder, fresh, {})
    milliseconds = 1000 * (time.perf_counter() - started) / len(fresh)
    return {"ms to encode a picture, this machine": milliseconds}


def caching(folder: Path, dim: int) -> dict[str, float]:
    """Writing features durably, and memory of the process that indexes for each picture and product."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(ROWS_AT_ONCE, dim)).astype(np.float32)
    keys = [Picture(str(number).encode()).key for number in range(_KEYS)]
    cache = FeatureCache(folder, "measured", dim)
    times = []
    for start in range(0, _WRITES * ROWS_AT_ONCE, ROWS_AT_ONCE):
        started = time.perf_counter()
        cache.put(keys[start : start + ROWS_AT_ONCE], rows)
        times.append(time.perf_counter() - started)
    tracemalloc.start()
    # As `FeatureCache`, `unencoded`, `Catalogue` and `index_catalogue` hold them until the end.
    held: list[Any] = [
        {Picture(str(number).encode()).key: number for number in range(_KEYS)},
        {Picture(str(number).encode()).key for number in range(_KEYS)},
        {f"product-{number:09}": number for number in range(_KEYS)},
        {
            f"product-{number:09}": RecordKeys("0" * 31 + str(number % 10), "1")
            for number in range(_KEYS)
        },
        {f"product-{number:09}" for number in range(_KEYS)},
    ]
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del held
    return {
        "ms to cache a picture's features": 1000 * statistics.median(times) / ROWS_AT_ONCE,
        "KB of disk for its features": (dim * 4 + 20) / 1000,
        "KB of memory for it where the indexing runs": size / _KEYS / 1000,
    }


def storing(scale: Path, variant: str) -> dict[str, float]:
    """What a run of ``benchmarks.scale`` took for a product in the index."""
    rows = [row for row in json.loads(scale.read_text("utf-8")) if row["variant"] == variant]
    if not rows:
        raise SystemExit(f"{scale} has no run of {variant}")
    row = rows[0]
    count = row["products"]
    return {
        "ms to write a product, 1 process": 1000 * row["load_s"] / count,
        "ms to build its part of the graph, this machine": 1000 * row["finish_s"] / count,
        "KB of memory for it (anonymous)": row["anonymous_mb"] * 2**20 / count / 1000,
        "KB of memory for it (with mapped files)": row["rss_mb"] * 2**20 / count / 1000,
        "KB of disk for it": row["disk_mb"] * 2**20 / count / 1000,
    }


def reckoned(costs: dict[str, float], given: argparse.Namespace) -> dict[str, float]:
    """The needs of so many products, on machines of so many cores and so much memory."""
    count = given.products
    ours = os.cpu_count() or 1
    hours = {name: value * count / 3.6e6 for name, value in costs.items() if name.startswith("ms")}
    core_hours = hours["ms to encode a picture, this machine"] * ours
    memory = costs["KB of memory for it (with mapped files)"] * count * given.replicas / 1e6
    disk = costs["KB of disk for it"] * count * given.replicas / 1e6
    nodes = float(np.ceil(memory / (0.8 * given.memory)))
    graph = hours["ms to build its part of the graph, this machine"] * ours * given.replicas
    return {
        "core hours of encoding": core_hours,
        f"machines of {given.cores} cores that encode it in {given.hours:g} h": float(
            np.ceil(core_hours / given.hours / given.cores)
        ),
        "hours of reading, which goes on meanwhile": hours["ms to read a picture, 1 process"],
        "MB a second sent meanwhile": costs["KB sent for a picture"]
        * count
        / given.hours
        / 3600
        / 1000,
        "hours of caching, meanwhile": hours["ms to cache a picture's features"],
        "GB of disk for features": costs["KB of disk for its features"] * count / 1e6,
        "GB of memory where the indexing runs": costs["KB of memory for it where the indexing runs"]
        * count
        / 1e6,
        "hours of writing to the index": hours["ms to write a product, 1 process"],
        "GB of memory of the index, all replicas": memory,
        "GB of disk of the index, all replicas": disk,
        f"nodes of {given.memory} GB, four fifths used": nodes,
        "hours of building graphs, on all nodes at once": graph / (nodes * given.cores),
    }


if __name__ == "__main__":
    main()

"""How long another adapter takes to be served, against encoding the same pictures again.

    python -m benchmarks.readapt --catalogue CATALOGUE.parquet --picture-aspect 3:4 --products 100000 \\
        --encoder ViT-B-32      # random weights, whose speed is that of any

Two indexes are re-adapted: that of a real catalogue, and one of drawn records whose features are random
unit vectors (an adapter's cost does not depend on them; the graph's does somewhat). Encoding is timed on
the catalogue's pictures; for the larger index it is extrapolated by the time of one picture. Served is what counts
to shoppers; the graph, which is built beside that, is told too.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from benchmarks.backbone import load_backbone
from retriever.adapter import Adapter, AdapterConfig
from retriever.catalogue import Catalogue, RoleOverrides, parse_aspect
from retriever.encoder import Encoder
from retriever.encoding import encode_usable
from retriever.features import FeatureCache
from retriever.fingerprint import fingerprint
from retriever.index import EdgeIndex, IndexRecord, IndexSpec, RecordKeys
from retriever.indexing import index_catalogue
from retriever.lexical import terms_of_product
from retriever.picture import Picture
from retriever.product import Price, Product
from retriever.readapting import ReadaptingReport, readapt

COLOURS = ("red", "green", "blue", "orange", "black")
KINDS = ("mug", "sofa", "lamp", "shirt", "handbag", "plush toy", "chair")
_BATCH = 2000


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark and print a table, or JSON with ``--json``."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--catalogue", type=Path, required=True)
    parser.add_argument("--picture-aspect", default=None, metavar="W:H")
    parser.add_argument("--encoder", default="mini")
    parser.add_argument("--products", type=int, default=100_000, help="synthetic products")
    parser.add_argument("--runs", type=int, default=3, help="swaps of each index")
    parser.add_argument("--pictures", type=int, default=1000, help="pictures timed in encoding")
    parser.add_argument("--synthetic", action="store_true", help="that index alone")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    aspect = None if given.picture_aspect is None else parse_aspect(given.picture_aspect)
    overrides = RoleOverrides(aspect=aspect)
    results = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        encoder = load_backbone(given.encoder, root)
        catalogue = Catalogue.open(given.catalogue, overrides=overrides)
        per_picture = encoding_seconds(catalogue, encoder, given.pictures)
        cache = FeatureCache(root / "features", encoder.fingerprint, encoder.dim)
        if not given.synthetic:
            tell("indexing the catalogue")
            real = EdgeIndex(root / "index", "real")
            index_catalogue(
                Catalogue.open(given.catalogue, overrides=overrides), encoder, real, cache=cache
            )
            results.append(measured("catalogue", real, encoder, cache, given.runs, per_picture))
        tell(f"making {given.products:,} synthetic products")
        drawn = synthetic(root, encoder, cache, given.products)
        results.append(measured("synthetic", drawn, encoder, cache, given.runs, per_picture))
    if given.json:
        print(json.dumps({"seconds_per_picture": per_picture, "indexes": results}, indent=2))  # noqa: T201
    else:
        Console(width=130).print(table(results, per_picture))


def encoding_seconds(catalogue: Catalogue, encoder: Encoder, count: int) -> float:
    """Seconds for one picture, decoding included, over ``count`` pictures after a warm-up."""
    pictures = [
        row.product.picture
        for row in islice(catalogue.rows_with_products(check_pictures=False), count)
        if row.product.picture is not None
    ]
    keyed = {picture.key: picture for picture in pictures}
    encode_usable(encoder, dict(islice(keyed.items(), 64)), {})
    started = time.perf_counter()
    encode_usable(encoder, keyed, {})
    return (time.perf_counter() - started) / len(keyed)


def measured(
    name: str,
    index: EdgeIndex,
    encoder: Encoder,
    cache: FeatureCache,
    runs: int,
    per_picture: float,
) -> dict[str, object]:
    """Swap in a new adapter ``runs`` times; medians in seconds, of the whole and of its parts."""
    reports: list[ReadaptingReport] = []
    for seed in range(runs):
        reports.append(readapt(index, encoder, random_adapter(encoder, seed), cache=cache))
        tell(f"{name}: {reports[-1].seconds:.1f} s, {reports[-1].parts}")
    seconds = statistics.median(report.seconds for report in reports)
    parts = {
        part: statistics.median(report.parts.get(part, 0.0) for report in reports)
        for part in reports[0].parts
    }
    encoding = per_picture * reports[0].total
    served = statistics.median(report.served_after for report in reports)
    return {
        "index": name,
        "products": reports[0].total,
        "served_seconds": served,
        "seconds": seconds,
        "parts": parts,
        "encoding_seconds": encoding,
        "ratio": encoding / served,
        "ratio_with_graph": encoding / seconds,
    }


def random_adapter(encoder: Encoder, seed: int) -> Adapter:
    """A residual adapter of the usual size with random weights."""
    adapter = Adapter(AdapterConfig(kind="residual", dim=encoder.dim))
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in adapter.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
    adapter.spec = f"random{seed}"
    return adapter.eval()


def synthetic(root: Path, encoder: Encoder, cache: FeatureCache, count: int) -> EdgeIndex:
    """A served version of small records, whose features are random and in the cache."""
    spec = IndexSpec(
        fingerprint=fingerprint(encoder.fingerprint),
        encoder=encoder.spec,
        dim=encoder.dim,
        fields={"colour": "keyword", "category": "keyword", "price": "number"},
    )
    index = EdgeIndex(root / "index", "synthetic")
    rng = np.random.default_rng(0)
    with index.create(spec) as version:
        for start in range(0, count, _BATCH):
            products = list(drawn_products(start, min(start + _BATCH, count)))
            rows = rng.normal(size=(len(products), encoder.dim)).astype(np.float32)
            rows /= np.linalg.norm(rows, axis=1, keepdims=True)
            keys = [Picture(product.id.encode()).key for product in products]
            cache.put(keys, rows)
            version.upsert(
                [
                    IndexRecord(product, row, terms_of_product(product), RecordKeys(key, "1"))
                    for product, row, key in zip(products, rows, keys, strict=True)
                ]
            )
        version.finish()
    index.activate(index.versions()[-1].version)
    return index


def drawn_products(start: int, end: int) -> Iterator[Product]:
    """Records of the size that a small shop's have."""
    for number in range(start, end):
        colour, kind = COLOURS[number % len(COLOURS)], KINDS[number % len(KINDS)]
        yield Product(
            id=f"synthetic-{number}",
            title=f"{colour} {kind} model {number}",
            category=kind,
            price=Price(amount=float(number % 500), currency="EUR"),
            attributes={"colour": colour},
        )


def table(results: list[dict[str, object]], per_picture: float) -> Table:
    """Medians and ratios."""
    found = Table(
        caption=f"encoding: {1000 * per_picture:.1f} ms a picture", caption_justify="left"
    )
    names = ("index", "products", "served after", "with graph", "read", "adapt", "write", "graph")
    for title in (*names, "encoding", "times", "times, with graph"):
        found.add_column(title, justify="right")
    for row in results:
        parts = row["parts"]
        assert isinstance(parts, dict)  # noqa: S101
        found.add_row(
            str(row["index"]),
            f"{row['products']:,}",
            f"{row['served_seconds']:.2f} s",
            f"{row['seconds']:.2f} s",
            *(f"{parts.get(part, 0.0):.2f} s" for part in ("read", "adapt", "write", "optimise")),
            f"{row['encoding_seconds']:.0f} s",
            f"{row['ratio']:.1f}",
            f"{row['ratio_with_graph']:.1f}",
        )
    return found


def tell(what: str) -> None:
    """Say on stderr what is being done."""
    print(what, file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()

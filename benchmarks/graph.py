"""What the index's approximate graph costs: recall against exact search, on real embeddings made many.

    python -m benchmarks.graph --catalogue CATALOGUE.parquet --picture-aspect 3:4 --products 50000

The catalogue's pictures are repeated with noise until there are so many products, and its titles, which no
noise was added to, are the queries. The copies lie where real neighbours would.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from retriever.catalogue import Catalogue, RoleOverrides, parse_aspect
from retriever.encoder import Encoder
from retriever.fingerprint import fingerprint
from retriever.index import EdgeIndex, IndexRecord, IndexSpec, RecordKeys, SearchRequest
from retriever.lexical import document_terms
from retriever.product import Product
from training.domains import Caches, domain_of

NOISE = 0.25
"""Length of the noise added to a unit feature: the copy's cosine with it is about 0.97."""
_BATCH = 2000


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark and print a table, or JSON with ``--json``."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--catalogue", type=Path, required=True)
    parser.add_argument("--picture-aspect", default=None, metavar="W:H")
    parser.add_argument("--products", type=int, default=50_000)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--cache", type=Path, default=Path(".shoplens/features"))
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    aspect = None if given.picture_aspect is None else parse_aspect(given.picture_aspect)
    encoder = Encoder.load("mini")
    catalogue = Catalogue.open(given.catalogue, overrides=RoleOverrides(aspect=aspect))
    domain = domain_of("catalogue", catalogue, encoder, Caches.of(given.cache, encoder))
    rng = np.random.default_rng(0)
    rows = rng.integers(len(domain.pairs), size=given.products)
    noise = rng.normal(size=(given.products, encoder.dim)) / encoder.dim**0.5
    vectors = domain.features.pictures[rows] + NOISE * noise
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    asked = rng.choice(len(domain.pairs), given.queries, replace=False)
    with tempfile.TemporaryDirectory() as folder:
        spec = IndexSpec(fingerprint(encoder.fingerprint), encoder.spec, encoder.dim, {})
        with EdgeIndex(Path(folder)).create(spec) as version:
            for start in range(0, len(vectors), _BATCH):
                version.upsert(
                    [
                        _record(i, vectors[i])
                        for i in range(start, min(start + _BATCH, len(vectors)))
                    ]
                )
            started = time.perf_counter()
            version.finish()
            built = time.perf_counter() - started
            found: dict[bool, list[set[str]]] = {}
            seconds: dict[bool, float] = {}
            for exact in (True, False):
                times: list[float] = []
                found[exact] = []
                for query in domain.features.texts[asked]:
                    started = time.perf_counter()
                    hits = version.search(SearchRequest(limit=10, embedding=query, exact=exact))
                    times.append(time.perf_counter() - started)
                    found[exact].append({hit.product.id for hit in hits})
                seconds[exact] = statistics.median(times)
    shares = [len(a & b) / len(a) for a, b in zip(found[True], found[False], strict=True)]
    figures = {
        "products": given.products,
        "recall@10 against exact, mean": float(np.mean(shares)),
        "recall@10 against exact, least": float(np.min(shares)),
        "ms a query, exact (median)": 1000 * seconds[True],
        "ms a query, graph (median)": 1000 * seconds[False],
        "s to build the graph": built,
    }
    if given.json:
        print(json.dumps(figures, indent=2))  # noqa: T201
        return
    table = Table("figure", "value")
    for name, value in figures.items():
        table.add_row(name, f"{value:,}" if isinstance(value, int) else f"{value:.3f}")
    Console().print(table)


def _record(number: int, vector: "np.ndarray[tuple[int], np.dtype[np.float32]]") -> IndexRecord:
    product = Product(id=str(number), title=f"product {number}")
    keys = RecordKeys(picture=f"{number:032x}", record=f"{number:032x}")
    return IndexRecord(product, vector, document_terms(product.title), keys)


if __name__ == "__main__":
    main()

"""Build one variant in a process of its own; killed, it goes on where it was.

python -m benchmarks.scale.build FOLDER VARIANT DATA
"""

import json
import sys
import time
from pathlib import Path

from rich.progress import Progress

from benchmarks.scale.data import Data, Matrix
from benchmarks.scale.variants import VARIANTS
from retriever.index import IndexRecord, IndexSpec, IndexVersion, RecordKeys, Vector, open_index
from retriever.lexical import document_terms
from retriever.product import Price, Product
from retriever.where import Fields

FIELDS: Fields = {"category": "keyword", "price": "number"}
CATEGORIES = 20
_BATCH = 2_000


def record(row: int, vector: Vector) -> IndexRecord:
    """Product ``<row>``: one of 20 categories, a price from 0 to 999.99."""
    product = Product(
        id=str(row),
        title=f"product {row} of a large catalogue",
        description="stands for what a listing says in a sentence or two of ordinary length",
        category=f"category {row % CATEGORIES}",
        price=Price(amount=price(row), currency="EUR"),
    )
    keys = RecordKeys(picture=f"{row:032x}", record=f"{row:032x}")
    return IndexRecord(product, vector, document_terms(product.title), keys)


def price(row: int) -> float:
    return (row * 7919 % 100_000) / 100


def build(folder: Path, variant: str, data_folder: Path) -> None:
    """Load, finish and activate; what it took is left in ``built.json``, over all runs that it needed."""
    chosen = VARIANTS[variant]
    vectors = Data.load(data_folder).vectors
    spec = IndexSpec("benchmark", "benchmark", vectors.shape[1], FIELDS, settings=chosen.settings)
    folder.mkdir(parents=True, exist_ok=True)
    with open_index(path=folder, engine=chosen.engine) as index:
        stored = index.versions()
        with index.open(stored[-1].version) if stored else index.create(spec) as version:
            loaded = _load(version, vectors, folder / "loading.json")
            started = time.perf_counter()
            version.finish()
            finished = time.perf_counter() - started
        index.activate("v0001")
    took = {"products": len(vectors), "load_s": loaded, "finish_s": finished}
    (folder / "built.json").write_text(json.dumps(took) + "\n", encoding="utf-8")


def _load(version: IndexVersion, vectors: Matrix, progress_file: Path) -> float:
    before = (
        json.loads(progress_file.read_text(encoding="utf-8"))["load_s"]
        if progress_file.exists()
        else 0.0
    )
    started = time.perf_counter()
    seconds: float = before
    with Progress(transient=True) as bar:
        task = bar.add_task("Loading", total=len(vectors), completed=version.count())
        for start in range(version.count(), len(vectors), _BATCH):
            rows = range(start, min(start + _BATCH, len(vectors)))
            version.upsert([record(row, vectors[row].copy()) for row in rows])
            seconds = before + time.perf_counter() - started
            progress_file.write_text(json.dumps({"load_s": seconds}), encoding="utf-8")
            bar.update(task, completed=rows.stop)
    return seconds


if __name__ == "__main__":
    build(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))

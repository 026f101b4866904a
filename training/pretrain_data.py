"""Pictures and facts that the bundled backbone learns from, prepared once as memory-mapped arrays."""

import hashlib
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image
from rich.progress import track

from retriever.drawn import plan_shop, render_all
from retriever.errors import CatalogueError
from training.facts import (
    Facts,
    drawn_facts,
    fashion_facts,
    grocery_facts,
    magento_facts,
    tailwind_facts,
)

SIZE = 80
"""Side of the square canvas in pixels; `fashion_small` has pictures of 60 x 80."""

FactsOf = Callable[[Mapping[str, str | None]], Facts]
SOURCES: dict[str, tuple[FactsOf, int]] = {
    # catalogue -> (its facts, how often an epoch shows each of its pictures)
    "fashion_small": (fashion_facts, 1),
    "magento_luma": (magento_facts, 3),
    "grocery": (grocery_facts, 4),
    "tailwind": (tailwind_facts, 4),
}
DRAWN_SEEDS = range(1, 9)
"""Seeds of the shops drawn for training; the demo shop is seed 0 and is never trained on."""


_RECORDS = "facts.json"
_Record = tuple[Facts, int, bool]


@dataclass(frozen=True, slots=True)
class PretrainData:
    """``pictures`` [n, SIZE, SIZE, 3] uint8, ``facts`` [n], ``repeats`` [n] views an epoch, ``dev`` [n].

    ``dev`` marks pictures kept back to watch the training by (a stable 2.5% of the fashion titles).
    """

    pictures: NDArray[np.uint8]
    facts: list[Facts]
    repeats: NDArray[np.int64]
    dev: NDArray[np.bool_]


def to_canvas(image: Image.Image, size: int = SIZE) -> NDArray[np.uint8]:
    """Fit a picture into a white square, keeping its aspect; the same as the model's preprocessing."""
    scale = size / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    canvas = Image.new("RGB", (size, size), "white")
    resized = image.convert("RGB").resize((width, height), Image.Resampling.BICUBIC)
    canvas.paste(resized, ((size - width) // 2, (size - height) // 2))
    return np.asarray(canvas)


def _catalogue_rows(path: Path) -> Iterator[tuple[Mapping[str, str | None], bytes]]:
    for batch in pq.ParquetFile(path).iter_batches(batch_size=512):
        for row in batch.to_pylist():
            if row["split"] in ("train", "all"):
                yield row, row["image"]["bytes"]


def _is_dev(title: str) -> bool:
    return hashlib.blake2b(title.encode(), digest_size=2).digest() < b"\x06\x66"


def prepare_real(catalogues: Path, cache: Path) -> PretrainData:
    """Decode the photographs once into ``cache``.

    ``catalogues`` holds the Parquet files named in `SOURCES`. Raises `CatalogueError` when one is not
    there.
    """
    if not (cache / _RECORDS).exists():
        pictures: list[NDArray[np.uint8]] = []
        records: list[_Record] = []
        for name, (facts_of, repeat) in SOURCES.items():
            path = catalogues / f"{name}.parquet"
            if not path.exists():
                raise CatalogueError(f"{path} is missing; pre-training needs {', '.join(SOURCES)}")
            for row, data in track(list(_catalogue_rows(path)), f"Reading {name}"):
                facts = facts_of(row)
                if facts:
                    pictures.append(to_canvas(Image.open(io.BytesIO(data))))
                    dev = name == "fashion_small" and _is_dev(row["title"] or "")
                    records.append((facts, repeat, dev))
        _store(cache, pictures, records)
    return _load(cache)


def prepare_drawn(cache: Path, per_type: int = 32) -> PretrainData:
    """Draw the training shops once into ``cache``; combinations set aside for testing are left out."""
    if not (cache / _RECORDS).exists():
        pictures: list[NDArray[np.uint8]] = []
        records: list[_Record] = []
        for seed in DRAWN_SEEDS:
            products = [p for p in plan_shop(seed, per_type) if p.split == "train"]
            drawn = render_all(products, size=2 * SIZE)
            for product, png in zip(
                track(products, f"Drawing shop {seed} of {len(DRAWN_SEEDS)}"), drawn, strict=True
            ):
                pictures.append(to_canvas(Image.open(io.BytesIO(png))))
                records.append((drawn_facts(product.visual), 2, False))
        _store(cache, pictures, records)
    return _load(cache)


def _store(cache: Path, pictures: list[NDArray[np.uint8]], records: list[_Record]) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    np.save(cache / "pictures.npy", np.stack(pictures))
    # Written last: its presence says that the pictures are complete.
    (cache / _RECORDS).write_text(json.dumps(records))


def _load(cache: Path) -> PretrainData:
    records = json.loads((cache / _RECORDS).read_text())
    return PretrainData(
        pictures=np.load(cache / "pictures.npy"),
        facts=[tuple(facts) for facts, _, _ in records],
        repeats=np.array([repeat for _, repeat, _ in records]),
        dev=np.array([dev for _, _, dev in records]),
    )


def join(first: PretrainData, second: PretrainData) -> PretrainData:
    """Both, one after the other."""
    return PretrainData(
        pictures=np.concatenate([first.pictures, second.pictures]),
        facts=first.facts + second.facts,
        repeats=np.concatenate([first.repeats, second.repeats]),
        dev=np.concatenate([first.dev, second.dev]),
    )


def epoch_order(
    data: PretrainData, epoch: int, seed: int, share: float = 1.0, photographs: int = 0
) -> NDArray[np.int64]:
    """Indices [m] of an epoch, shuffled; dev pictures left out, small catalogues repeated.

    Of the first ``photographs`` pictures only a random ``share`` takes part, another one each epoch.
    """
    rng = np.random.default_rng((seed, epoch))
    kept = ~data.dev
    kept[:photographs] &= rng.random(photographs) < share
    train = np.flatnonzero(kept)
    order = np.repeat(train, data.repeats[train])
    rng.shuffle(order)
    return order


def batches(order: NDArray[np.int64], size: int) -> list[NDArray[np.int64]]:
    """Cut an epoch into batches of equal size; the remainder waits for another epoch's shuffle."""
    edges = range(0, len(order) + 1, size)
    return [order[start:stop] for start, stop in pairwise(edges)]

"""What a backbone can do before any adapter: ``python -m training.zero_shot``.

Two pools. *fashion*: the test split of the fashion catalogue, which the bundled backbone never saw.
*drawn*: drawn products whose combination of attributes was set aside, from seeds never trained on.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from retriever.drawn import Visual, plan_shop, render_all
from retriever.encoder import Encoder
from retriever.encoding import encode_missing
from retriever.features import FeatureCache
from retriever.picture import Picture
from training.facts import COLOUR_NAMES, type_names
from training.suites import (
    Matrix,
    Query,
    attribute_suite,
    known_item_suite,
    mean_reciprocal_rank,
    precision_at,
    rank,
    recall_at,
)

DRAWN_SEEDS = range(100, 116)
"""Shops that only the evaluation draws."""
_GENDERS = {"Men": "men", "Women": "women", "Boys": "boys", "Girls": "girls", "Unisex": "unisex"}


def embed(encoder: Encoder, cache: FeatureCache, pictures: Sequence[Picture]) -> Matrix:
    """Picture embeddings [n, dim] through the feature cache. Raises a picture's `PictureError`."""
    encoded = encode_missing(encoder, cache, pictures)
    for error in encoded.failed.values():
        raise error
    return cache.get([picture.key for picture in pictures])


def fashion_figures(
    encoder: Encoder, cache: FeatureCache, path: Path, split: str
) -> dict[str, float]:
    """Figures on one split of the fashion catalogue; pictures unsquashed to their 3:4."""
    rows = pq.read_table(path, filters=[("split", "==", split)]).to_pylist()
    pictures = [Picture(row["image"]["bytes"], aspect=(3, 4)) for row in rows]
    pool = embed(encoder, cache, pictures)

    def short(row: Any) -> str:
        colour = row["baseColour"].lower()
        return f"{COLOUR_NAMES.get(colour, (colour,))[0]} {type_names(row['articleType'])[0]}"

    def long(row: Any) -> str:
        return f"{short(row)} for {_GENDERS[row['gender']]}"

    attributes = attribute_suite(rows, short) + attribute_suite(rows, long)
    known = known_item_suite([row["title"] for row in rows], [p.key for p in pictures])
    attribute_ranks = rank(encoder.encode_texts([q.text for q in attributes]), pool, 10)
    known_ranks = rank(encoder.encode_texts([q.text for q in known]), pool, len(pool))
    types = sorted({row["articleType"] for row in rows})
    named = encoder.encode_texts([f"a photo of {type_names(name)[0]}" for name in types])
    guessed = (pool @ named.T).argmax(axis=1)
    right = [types[guess] == row["articleType"] for guess, row in zip(guessed, rows, strict=True)]
    return {
        "products": len(rows),
        "attribute queries": len(attributes),
        "attribute P@10": precision_at(attribute_ranks, attributes, 10),
        "type accuracy": float(np.mean(right)),
        "known-item Recall@1": recall_at(known_ranks, known, 1),
        "known-item Recall@5": recall_at(known_ranks, known, 5),
        "known-item Recall@10": recall_at(known_ranks, known, 10),
        "known-item MRR": mean_reciprocal_rank(known_ranks, known),
    }


def drawn_figures(encoder: Encoder, cache: FeatureCache) -> dict[str, float]:
    """Figures on drawn products that were set aside, by what the query mentions."""
    products = [p for s in DRAWN_SEEDS for p in plan_shop(s) if p.split == "test"]
    visuals = [product.visual for product in products]
    pool = embed(encoder, cache, [Picture(png) for png in render_all(products)])
    wordings = {
        "colour + type": lambda v: f"{v.colour} {v.type}",
        "size + colour + type": lambda v: f"a {v.size} {v.colour} {v.type}",
        "pattern + type": lambda v: None if v.pattern == "plain" else f"{v.pattern} {v.type}",
        "material + type": lambda v: f"{v.material} {v.type}",
        "type + part": lambda v: f"{v.type} with {v.parts[0]}" if v.parts else None,
    }
    found: dict[str, float] = {"products": len(products)}
    every: list[Query] = []
    for name, wording in wordings.items():
        suite = attribute_suite(visuals, wording)
        if name == "type + part":
            suite = [_with_every_part(query, visuals) for query in suite]
        if suite:
            ranks = rank(encoder.encode_texts([q.text for q in suite]), pool, 10)
            found[f"{name} P@10 ({len(suite)} queries)"] = precision_at(ranks, suite, 10)
            every += suite
    ranks = rank(encoder.encode_texts([q.text for q in every]), pool, 10)
    found["attribute queries"] = len(every)
    found["attribute P@10"] = precision_at(ranks, every, 10)
    return found


def _with_every_part(query: Query, visuals: Sequence[Visual]) -> Query:
    # The suite groups by a product's first part; a product that has it as its second is right too.
    kind, _, part = query.text.partition(" with ")
    relevant = {i for i, v in enumerate(visuals) if v.type == kind and part in v.parts}
    return Query(query.text, frozenset(relevant))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Zero-shot figures of a backbone.")
    parser.add_argument("--encoder", default="mini")
    parser.add_argument(
        "--fashion", type=Path, default=Path("../shared/catalogues/fashion.parquet")
    )
    parser.add_argument("--split", default="test", choices=("val", "test"))
    parser.add_argument("--cache", type=Path, default=Path(".shoplens/features"))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    encoder = Encoder.load(options.encoder)
    cache = FeatureCache(options.cache, encoder.fingerprint, encoder.dim)
    figures = {"drawn": drawn_figures(encoder, cache)}
    if options.fashion.exists():
        figures["fashion"] = fashion_figures(encoder, cache, options.fashion, options.split)
    console = Console(stderr=options.json)
    if options.json:
        print(json.dumps({"encoder": options.encoder, **figures}, indent=2))  # noqa: T201
        return
    for pool, values in figures.items():
        table = Table("figure", "value", title=f"{options.encoder} on {pool}")
        for name, value in values.items():
            table.add_row(name, f"{value:.3f}" if isinstance(value, float) else f"{value:,}")
        console.print(table)
    if "fashion" not in figures:
        console.print(f"{options.fashion} is not there: figures on photographs left out")


if __name__ == "__main__":
    main()

"""What a backbone can do before any adapter: ``python -m training.zero_shot``.

Two pools. *fashion*: the test split of the fashion catalogue, which the bundled backbone never saw.
*drawn*: drawn products whose combination of attributes was set aside, from seeds never trained on.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from retriever.catalogue import Catalogue, RoleOverrides
from retriever.drawn import DrawnProduct, Visual, plan_shop, render_all
from retriever.encoder import Encoder
from retriever.encoding import encode_missing
from retriever.features import FeatureCache
from retriever.picture import Picture
from training.evaluation.metrics import METRICS, measure
from training.evaluation.ranking import ExactRanker, Matrix
from training.evaluation.suites import Query, attribute_suite, known_item_suite, queries_by_text
from training.facts import type_names
from training.pairs import SPLIT_FIELD, Pairs, group

DRAWN_SEEDS = range(100, 116)
"""Shops that only the evaluation draws."""


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
    catalogue = Catalogue.open(path, overrides=RoleOverrides(aspect=(3, 4)))
    rows = catalogue.rows_with_products(check_pictures=False)
    products = [row.product for row in rows if row.product.attributes[SPLIT_FIELD] == split]
    pictures = [p.picture for p in products if p.picture is not None]
    pool = embed(encoder, cache, pictures)
    titles, keys = [p.title for p in products], [picture.key for picture in pictures]
    known = known_item_suite(Pairs(products, titles, keys, group(titles, keys)))
    attributes = attribute_suite(products)
    ranker = ExactRanker([p.id for p in products], pool, encoder.encode_texts)
    labels = [product.category or "" for product in products]
    types = sorted(set(labels))
    named = encoder.encode_texts([f"a photo of {type_names(name)[0]}" for name in types])
    guessed = (pool @ named.T).argmax(axis=1)
    right = [types[guess] == label for guess, label in zip(guessed, labels, strict=True)]
    return {
        "products": len(products),
        "attribute queries": len(attributes),
        "attribute P@10": _means(ranker, attributes, 10)["P@10"],
        "type accuracy": float(np.mean(right)),
        **{
            f"known-item {name}": value
            for name, value in _means(ranker, known, len(pool)).items()
            if name in METRICS["known-item"]
        },
    }


def drawn_figures(encoder: Encoder, cache: FeatureCache) -> dict[str, float]:
    """Figures on drawn products that were set aside, by what the query mentions."""
    products = [p for s in DRAWN_SEEDS for p in plan_shop(s) if p.split == "test"]
    pool = embed(encoder, cache, [Picture(png) for png in render_all(products)])
    ids = [product.id for product in products]
    ranker = ExactRanker(ids, pool, encoder.encode_texts)
    wordings: dict[str, Callable[[Visual], str | None]] = {
        "colour + type": lambda v: f"{v.colour} {v.type}",
        "size + colour + type": lambda v: f"a {v.size} {v.colour} {v.type}",
        "pattern + type": lambda v: None if v.pattern == "plain" else f"{v.pattern} {v.type}",
        "material + type": lambda v: f"{v.material} {v.type}",
        "type + part": lambda v: f"{v.type} with {v.parts[0]}" if v.parts else None,
    }
    found: dict[str, float] = {"products": len(products)}
    every: list[Query] = []
    for name, wording in wordings.items():
        suite = queries_by_text(ids, [wording(product.visual) for product in products])
        if name == "type + part":
            suite = [_with_every_part(query, products) for query in suite]
        if suite:
            found[f"{name} P@10 ({len(suite)} queries)"] = _means(ranker, suite, 10)["P@10"]
            every += suite
    found["attribute queries"] = len(every)
    found["attribute P@10"] = _means(ranker, every, 10)["P@10"]
    return found


def _means(ranker: ExactRanker, suite: Sequence[Query], depth: int) -> dict[str, float]:
    rankings = ranker([query.text for query in suite], depth)
    return {name: float(values.mean()) for name, values in measure(suite, rankings).items()}


def _with_every_part(query: Query, products: Sequence[DrawnProduct]) -> Query:
    # The suite groups by a product's first part; a product that has it as its second is right too.
    kind, _, part = query.text.partition(" with ")
    having = (p.id for p in products if p.visual.type == kind and part in p.visual.parts)
    return replace(query, relevant=frozenset(having))


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

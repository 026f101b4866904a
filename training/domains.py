"""Domains: catalogues as pairs with features and splits, read once, for training and evaluation."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from retriever.catalogue import Catalogue, RoleOverrides
from retriever.drawn import plan_shop, render_all
from retriever.encoder import Encoder
from retriever.encoding import encode_missing
from retriever.features import FeatureCache
from retriever.picture import Picture
from retriever.product import Product
from training.pairs import (
    PairFeatures,
    Pairs,
    Split,
    group,
    pair_features,
    read_pairs,
    rows_of,
    split_pairs,
)

DRAWN_SEEDS = range(100, 104)
"""Shops that only the evaluation draws."""


@dataclass(frozen=True, slots=True)
class Caches:
    """The feature caches of one backbone."""

    pictures: FeatureCache
    texts: FeatureCache

    @classmethod
    def of(cls, root: Path, encoder: Encoder) -> "Caches":
        """Those in a folder."""
        return cls(
            FeatureCache(root, encoder.fingerprint, encoder.dim),
            FeatureCache(root, encoder.fingerprint, encoder.dim, kind="text"),
        )


@dataclass(frozen=True, slots=True)
class Domain:
    """A catalogue's pairs, their features, and the split [n] of each."""

    name: str
    pairs: Pairs
    features: PairFeatures
    splits: list[Split]

    def split(self, wanted: Split | None) -> tuple[Pairs, PairFeatures]:
        """The pairs of one split, or all of them."""
        rows = np.arange(len(self.pairs)) if wanted is None else rows_of(self.splits, wanted)
        return self.pairs.subset(rows), self.features.subset(rows)


def domain_of(
    name: str, catalogue: Catalogue, encoder: Encoder, caches: Caches, *, seed: int = 0
) -> Domain:
    """A catalogue as a domain; unseen pictures and titles are encoded. Raises what `read_pairs` raises."""
    pairs = read_pairs(catalogue, encoder, caches.pictures)
    features = pair_features(pairs, encoder, caches.pictures, caches.texts)
    return Domain(name, pairs, features, split_pairs(pairs, seed))


def catalogue_domain(
    path: Path, encoder: Encoder, caches: Caches, *, aspect: tuple[int, int] | None = None
) -> Domain:
    """The same from a file, named by it; ``aspect`` undoes squashed pictures."""
    catalogue = Catalogue.open(path, overrides=RoleOverrides(aspect=aspect))
    return domain_of(path.stem, catalogue, encoder, caches)


def drawn_domain(
    encoder: Encoder,
    caches: Caches,
    seeds: Sequence[int] = DRAWN_SEEDS,
) -> Domain:
    """Drawn products whose combination of attributes was set aside, all of them test.

    Texts are the shop's weak titles; attributes are what the pictures show, exactly.
    """
    drawn = [product for seed in seeds for product in plan_shop(seed) if product.split == "test"]
    products: list[Product] = []
    for product, png in zip(drawn, render_all(drawn), strict=True):
        visual = product.visual
        attributes: dict[str, str | float | bool | list[str]] = {
            "type": visual.type,
            "department": visual.department,
            "colour": visual.colour,
            "material": visual.material,
            "size": visual.size,
            "parts": list(visual.parts),
        }
        if visual.pattern != "plain":
            attributes["pattern"] = visual.pattern
        products.append(
            Product(
                id=product.id,
                title=product.title,
                category=product.category,
                attributes=attributes,
                picture=Picture(png),
            )
        )
    keys = [product.picture.key for product in products if product.picture is not None]
    encode_missing(encoder, caches.pictures, [p.picture for p in products if p.picture is not None])
    texts = [product.title for product in products]
    pairs = Pairs(products, texts, keys, group(texts, keys))
    features = pair_features(pairs, encoder, caches.pictures, caches.texts)
    return Domain("drawn", pairs, features, ["test"] * len(pairs))

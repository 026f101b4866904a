"""Pairs of a product's text and picture, in groups that must not be torn apart, with their features.

Products that share a title or a picture form a *group*. A split puts whole groups into train, val or
test: with the same picture on both sides, a held-out product would not be held out.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from retriever.catalogue import Catalogue
from retriever.encoder import Encoder
from retriever.encoding import encode_missing
from retriever.errors import CatalogueError, PictureError
from retriever.features import FeatureCache, Features, text_key
from retriever.picture import Picture
from retriever.product import Product

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")
_SPLIT_NAMES: dict[str, Split] = {
    **{split: split for split in SPLITS},
    **dict.fromkeys(("validation", "valid", "dev"), "val"),
}
SPLIT_FIELD = "split"
"""A catalogue's own column of splits, used where its values are those of `SPLITS`."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """n products as pairs: ``texts`` [n] and ``picture_keys`` [n] of the same product.

    ``groups`` [n] int64: equal for products that share a title or a picture, directly or through others.
    """

    products: list[Product]
    texts: list[str]
    picture_keys: list[str]
    groups: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.products)

    def subset(self, rows: Sequence[int] | NDArray[np.int64]) -> "Pairs":
        """The pairs of these rows, in their order."""
        return Pairs(
            products=[self.products[i] for i in rows],
            texts=[self.texts[i] for i in rows],
            picture_keys=[self.picture_keys[i] for i in rows],
            groups=self.groups[np.asarray(rows, np.int64)],
        )


@dataclass(frozen=True, slots=True)
class Wording:
    """Other words for n pairs, for augmentation: ``words`` [n] and their features [n, dim]."""

    words: Sequence[str]
    features: Features


@dataclass(frozen=True, slots=True)
class PairFeatures:
    """Features of n pairs: ``texts`` [n, dim] and ``pictures`` [n, dim], unit rows.

    ``words`` [n] are the texts themselves, for adapters that read words; ``wordings`` are further ones of the
    same pairs, any of which may stand for the text in training.
    """

    texts: Features
    pictures: Features
    words: Sequence[str] = ()
    wordings: tuple[Wording, ...] = ()

    def subset(self, rows: NDArray[np.int64]) -> "PairFeatures":
        """Those of these rows, in their order."""

        def chosen(words: Sequence[str]) -> list[str]:
            return [words[row] for row in rows] if words else []

        return PairFeatures(
            self.texts[rows],
            self.pictures[rows],
            chosen(self.words),
            tuple(Wording(chosen(w.words), w.features[rows]) for w in self.wordings),
        )


def read_pairs(catalogue: Catalogue, encoder: Encoder, cache: FeatureCache) -> Pairs:
    """The pairs of a catalogue whose pictures can be used; fills the picture cache on the way.

    The text of a pair is the product's title; products without one are left out, as is, into the
    catalogue's report, every row whose picture cannot be decoded. Raises `CatalogueError` when nothing
    is left.
    """
    rows = list(catalogue.rows_with_products(check_pictures=False))
    pictures: list[Picture] = []
    products: list[Product] = []
    for row in rows:
        picture = row.product.picture
        if not row.product.title.strip() or picture is None:
            continue
        try:
            _ = picture.key  # read and hashed once; a file that is not there has none
        except PictureError as error:
            catalogue.report.set_aside_row(row.row, row.product.id, str(error))
            continue
        products.append(row.product)
        pictures.append(picture)
    failed = encode_missing(encoder, cache, pictures).failed
    kept = [
        (product, picture.key)
        for product, picture in zip(products, pictures, strict=True)
        if picture.key not in failed
    ]
    if not kept:
        raise CatalogueError(
            f"{catalogue.path} has no product with a title and a picture that can be decoded; "
            "see `shoplens catalogue check`"
        )
    texts = [product.title for product, _ in kept]
    keys = [key for _, key in kept]
    return Pairs([product for product, _ in kept], texts, keys, group(texts, keys))


def group(texts: Sequence[str], picture_keys: Sequence[str]) -> NDArray[np.int64]:
    """Group numbers [n] of products that share a text (case and blanks aside) or a picture."""
    parent = list(range(len(texts)))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    first: dict[tuple[str, str], int] = {}
    for row, (text, key) in enumerate(zip(texts, picture_keys, strict=True)):
        for shared in (("text", " ".join(text.casefold().split())), ("picture", key)):
            parent[root(row)] = root(first.setdefault(shared, row))
    return np.array([root(row) for row in range(len(texts))], np.int64)


def split_pairs(pairs: Pairs, seed: int, shares: tuple[float, float] = (0.1, 0.15)) -> list[Split]:
    """The split of each pair: the catalogue's own where it has one, else by a seeded hash of the group.

    ``shares`` are those of val and test; a catalogue with train and test alone gives that share of train to
    val. Raises `CatalogueError` when the catalogue's own splits tear a group apart, or only some products
    have one.
    """
    own = [_own_split(product) for product in pairs.products]
    told = {split for split in own if split is not None}
    if told and None in own:
        row = own.index(None)
        value = pairs.products[row].attributes.get(SPLIT_FIELD)
        raise CatalogueError(
            f"product {pairs.products[row].id} has the {SPLIT_FIELD} {value!r} where others have "
            f"{', '.join(sorted(told))}; give each product one of {', '.join(SPLITS)}, or remove the column"
        )
    if told:
        splits = [split for split in own if split is not None]
        _check_groups(pairs, splits)
        if "val" in told or "train" not in told:
            return splits
        # Epochs must be chosen by something: a part of train, never of test.
        hashed = _hashed(pairs, seed, (shares[0], 0.0))
        return [b if a == "train" else a for a, b in zip(splits, hashed, strict=True)]
    return _hashed(pairs, seed, shares)


def has_own_splits(pairs: Pairs) -> bool:
    """Whether the catalogue itself says which split a product is in."""
    return any(_own_split(product) is not None for product in pairs.products)


def _own_split(product: Product) -> Split | None:
    value = str(product.attributes.get(SPLIT_FIELD, "")).casefold()
    return _SPLIT_NAMES.get(value)


def _hashed(pairs: Pairs, seed: int, shares: tuple[float, float]) -> list[Split]:
    # Named by its least id, a group stays in its split whatever the order of the catalogue.
    names: dict[int, str] = {}
    for product, number in zip(pairs.products, pairs.groups.tolist(), strict=True):
        names[number] = min(names.get(number, product.id), product.id)
    found: dict[int, Split] = {}
    for number, name in names.items():
        digest = hashlib.blake2b(f"{seed} {name}".encode(), digest_size=8).digest()
        place = int.from_bytes(digest) / 2**64
        found[number] = "val" if place < shares[0] else "test" if place < sum(shares) else "train"
    return [found[int(number)] for number in pairs.groups]


def rows_of(splits: Sequence[Split], wanted: Split) -> NDArray[np.int64]:
    """Rows [m] of one split."""
    return np.flatnonzero(np.array([split == wanted for split in splits]))


def pair_features(
    pairs: Pairs, encoder: Encoder, pictures: FeatureCache, texts: FeatureCache
) -> PairFeatures:
    """Features of the pairs, through the caches: the backbone runs for unseen texts only."""
    return PairFeatures(
        texts=text_features(pairs.texts, encoder, texts),
        pictures=pictures.get(pairs.picture_keys),
        words=pairs.texts,
    )


def positives_of(pairs: Pairs) -> NDArray[np.int64]:
    """Numbers [n, 2] of each pair's text (case and blanks aside) and picture; equal is equal content."""
    texts = [" ".join(text.casefold().split()) for text in pairs.texts]
    columns = [np.unique(column, return_inverse=True)[1] for column in (texts, pairs.picture_keys)]
    return np.stack(columns, axis=1).astype(np.int64)


def text_features(texts: Sequence[str], encoder: Encoder, cache: FeatureCache) -> Features:
    """Features [n, dim] of n texts, through the cache."""
    by_key = {text_key(text): text for text in texts}
    missing = cache.missing(list(by_key))
    for start in range(0, len(missing), 1024):
        keys = missing[start : start + 1024]
        cache.put(keys, encoder.encode_texts([by_key[key] for key in keys]))
    return cache.get([text_key(text) for text in texts])


def _check_groups(pairs: Pairs, splits: Sequence[Split]) -> None:
    first: dict[int, int] = {}
    for row, number in enumerate(pairs.groups.tolist()):
        other = first.setdefault(number, row)
        if splits[other] != splits[row]:
            a, b = pairs.products[other].id, pairs.products[row].id
            raise CatalogueError(
                f"products {a} and {b} share a title or a picture but are in the splits "
                f"{splits[other]} and {splits[row]}; put them into one, or remove the column "
                f"{SPLIT_FIELD!r}"
            )

"""The suites that say how well products are found; see the design's vocabulary.

*Known-item*: the query is a product's own text, relevant are that product and those that share its
title or its picture. *Attribute*: the query is made from attributes ("black casual shoes for men"),
relevant is every product that has them. *Typed*: shopper-style queries of every type, for breakdowns
(`training.evaluation.typed`).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product as product_of
from typing import Literal

from retriever.product import Product
from training.evaluation.attributes import Attributes, Slot, attributes_of
from training.evaluation.brands import brands_of
from training.evaluation.query_types import types_of_text
from training.pairs import Pairs

Suite = Literal["known-item", "attribute", "typed"]
LEAST = 10
"""Fewest relevant products of an attribute query: with fewer, P@10 could not reach 1."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query text and the ids of the products that answer it.

    ``types`` are the query types it counts for (a query may be of several), ``category`` is that of the
    wanted products, "" where they share none. ``group``: queries of one group have wanted products in
    common and are resampled together (see `training.evaluation.statistics`).
    """

    id: str
    text: str
    relevant: frozenset[str]
    suite: Suite
    types: frozenset[str] = frozenset()
    category: str = ""
    group: str = ""


def known_item_suite(pairs: Pairs) -> list[Query]:
    """One query a product: its text. Relevant: it, and what shares its very text or picture."""
    same: dict[tuple[str, str], set[str]] = defaultdict(set)
    keys = [
        (("text", text), ("picture", key))
        for text, key in zip(pairs.texts, pairs.picture_keys, strict=True)
    ]
    for product, (text, picture) in zip(pairs.products, keys, strict=True):
        same[text].add(product.id)
        same[picture].add(product.id)
    known = [attributes_of(product) for product in pairs.products]
    brands = brands_of(pairs.products)
    return [
        Query(
            id=f"known-item/{product.id}",
            text=text,
            relevant=frozenset(same[keys[row][0]] | same[keys[row][1]]),
            suite="known-item",
            types=types_of_text(text, known[row], brands[row]),
            category=category_of(known[row]),
            group=str(pairs.groups[row]),
        )
        for row, (product, text) in enumerate(zip(pairs.products, pairs.texts, strict=True))
        if text.strip()
    ]


WORDINGS: tuple[tuple[Slot, ...], ...] = (("colour", "type"), ("colour", "type", "gender"))
"""The slots that attribute queries mention."""


def attribute_suite(
    products: Sequence[Product],
    *,
    wordings: Sequence[tuple[Slot, ...]] = WORDINGS,
    least: int = LEAST,
) -> list[Query]:
    """A query for every combination of values that at least ``least`` of the products have.

    A product with several values of a slot (a white and blue rug) answers to each. Slots that a
    catalogue does not have give no queries.
    """
    known = [attributes_of(product) for product in products]
    ids = [product.id for product in products]
    suite: dict[str, Query] = {}
    for slots in wordings:
        having: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for row, attributes in enumerate(known):
            for values in product_of(*(attributes.get(slot, ()) for slot in slots)):
                having[values].append(row)
        for values, rows in having.items():
            if len(rows) >= least:
                said = dict(zip(slots, values, strict=True))
                relevant = frozenset(ids[row] for row in rows)
                category = _shared_category([known[row] for row in rows])
                query = attribute_query(said, relevant, category)
                suite.setdefault(query.id, query)
    return list(suite.values())


def attribute_query(said: Mapping[Slot, str], relevant: frozenset[str], category: str) -> Query:
    """The query that mentions these values; see `phrase` for its words."""
    text = phrase(said)
    return Query(
        id=f"attribute/{text}",
        text=text,
        relevant=relevant,
        suite="attribute",
        types=frozenset({"multi-attribute" if len(said) > 2 else "colour"}),
        category=category,
        # "black shirt" and "black shirt for men" want the same products.
        group=f"{said.get('colour', '')} {said.get('type', '')}",
    )


def phrase(said: Mapping[Slot, str]) -> str:
    """Values in a shopper's words: ``"small striped navy blue shirt with pockets for men"``."""
    order: tuple[Slot, ...] = ("brand", "size", "usage", "pattern", "colour", "material", "type")
    text = " ".join(said[slot] for slot in order if slot in said)
    if "part" in said:
        text += f" with {said['part']}"
    return text + (f" for {said['gender']}" if "gender" in said else "")


def queries_by_text(
    ids: Sequence[str], texts: Sequence[str | None], *, least: int = LEAST
) -> list[Query]:
    """A query for each text that at least ``least`` products have; None where a product has none."""
    having: dict[str, list[str]] = defaultdict(list)
    for product_id, text in zip(ids, texts, strict=True):
        if text:
            having[text].append(product_id)
    return [
        Query(f"attribute/{text}", text, frozenset(found), "attribute", group=text)
        for text, found in having.items()
        if len(found) >= least
    ]


def _shared_category(products: Sequence[Attributes]) -> str:
    categories = {category_of(attributes) for attributes in products}
    return categories.pop() if len(categories) == 1 else ""


def category_of(attributes: Attributes) -> str:
    """The category that figures are broken down by: the shelf, or the type where there is none."""
    return next((attributes[slot][0] for slot in ("group", "type") if slot in attributes), "")

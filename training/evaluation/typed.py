"""Shopper-style queries of every type that a catalogue's fields can judge.

==================  =========================================  ======================================
type                query                                      relevant
==================  =========================================  ======================================
category            "watch"                                    every product of the type
colour              "black watch"                              type and colour
brand               "nike t-shirt"                             type and brand
pattern             "striped shirt"                            type and pattern (by field, or by the
                                                               words of the title)
multi-attribute     "black casual shirt for men"               all that is named
gender/usage        "shirt for men", "formal shirt"            type and gender, type and usage
long text           "i am looking for a black shirt that ..."  all that is named, said at length
negation            "a shirt that is not black"                the type in known colours, none of them
                                                               the one excluded
vague               "something for summer", "something         season; usage; colour and gender;
                    black for women"                           whatever the type
==================  =========================================  ======================================

A query is asked when at least ten products answer it and at most half of the pool does: with fewer P@10
could not be 1, with more it would be hard to fail. Only the commonest colour of a type is negated, and
ten products of the type must have it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import product as product_of

from retriever.product import Product
from training.evaluation.attributes import Attributes, Slot, attributes_of
from training.evaluation.brands import brands_of
from training.evaluation.query_types import PATTERNS
from training.evaluation.suites import LEAST, Query, category_of
from training.facts import visual_words

# Query type, its words with the slots as fields, and the slots that must hold.
_WORDINGS: tuple[tuple[str, str, tuple[Slot, ...]], ...] = (
    ("category", "{type}", ("type",)),
    ("colour", "{colour} {type}", ("colour", "type")),
    ("brand", "{brand} {type}", ("brand", "type")),
    ("pattern", "{pattern} {type}", ("pattern", "type")),
    ("multi-attribute", "{colour} {type} for {gender}", ("colour", "type", "gender")),
    ("multi-attribute", "{colour} {usage} {type}", ("colour", "usage", "type")),
    ("multi-attribute", "{pattern} {colour} {type}", ("pattern", "colour", "type")),
    ("multi-attribute", "{size} {colour} {type}", ("size", "colour", "type")),
    ("multi-attribute", "{colour} {material} {type}", ("colour", "material", "type")),
    ("gender/usage", "{type} for {gender}", ("type", "gender")),
    ("gender/usage", "{usage} {type}", ("usage", "type")),
    (
        "long text",
        "i am looking for a {colour} {type} for {gender} that goes well with what i already have",
        ("colour", "type", "gender"),
    ),
    (
        "long text",
        "i need a {colour} {type} for my new home, please show me everything that you have in stock",
        ("colour", "type"),
    ),
    ("vague", "something for {season}", ("season",)),
    ("vague", "something {usage}", ("usage",)),
    ("vague", "something {colour} for {gender}", ("colour", "gender")),
    ("vague", "something {colour}", ("colour",)),
)


def typed_suite(products: Sequence[Product], *, least: int = LEAST) -> list[Query]:
    """Queries of every type; see the module for what each means. Types a catalogue cannot judge are absent."""
    known = _with_looks(products)
    ids = [product.id for product in products]
    most = len(products) // 2
    has_gender = any("gender" in attributes for attributes in known)
    suite: dict[str, Query] = {}
    for kind, words, slots in _WORDINGS:
        if kind == "long text" and has_gender != ("gender" in slots):
            continue
        having: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for row, attributes in enumerate(known):
            for values in product_of(*(attributes.get(slot, ()) for slot in slots)):
                having[values].append(row)
        for values, rows in having.items():
            if least <= len(rows) <= most:
                text = words.format(**dict(zip(slots, values, strict=True)))
                query = _query(text, kind, [ids[row] for row in rows], [known[r] for r in rows])
                suite.setdefault(query.id, query)
    for query in _negations(ids, known, least):
        suite.setdefault(query.id, query)
    return list(suite.values())


def _negations(ids: Sequence[str], known: Sequence[Attributes], least: int) -> Iterator[Query]:
    rows_of: dict[str, list[int]] = defaultdict(list)
    for row, attributes in enumerate(known):
        if "colour" in attributes:
            for name in attributes.get("type", ()):
                rows_of[name].append(row)
    for name, rows in rows_of.items():
        counts = Counter(colour for row in rows for colour in known[row]["colour"])
        colour, excluded = counts.most_common(1)[0]
        left = [row for row in rows if colour not in known[row]["colour"]]
        if excluded >= least and len(left) >= least:
            text = f"{name} that is not {colour}"
            yield _query(text, "negation", [ids[row] for row in left], [known[row] for row in left])


def _query(text: str, kind: str, ids: Sequence[str], wanted: Sequence[Attributes]) -> Query:
    categories = {category_of(attributes) for attributes in wanted}
    types = {attributes.get("type", ("",))[0] for attributes in wanted}
    return Query(
        id=f"typed/{text}",
        text=text,
        relevant=frozenset(ids),
        suite="typed",
        types=frozenset({kind}),
        category=categories.pop() if len(categories) == 1 else "",
        group=types.pop() if len(types) == 1 else text,
    )


def _with_looks(products: Sequence[Product]) -> list[Attributes]:
    """Attributes with brands and patterns where a catalogue has no fields of them."""
    known: list[Attributes] = []
    for product, brand in zip(products, brands_of(products), strict=True):
        attributes: dict[Slot, tuple[str, ...]] = dict(attributes_of(product))
        if brand:
            attributes["brand"] = (brand,)
        words = tuple(sorted(PATTERNS & visual_words(product.title)))
        if "pattern" not in attributes and words:
            attributes["pattern"] = words
        known.append(attributes)
    return known

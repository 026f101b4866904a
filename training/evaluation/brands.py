"""Brands, from a catalogue's field or, where it has none, from how its titles begin."""

import re
from collections import Counter
from collections.abc import Sequence

from retriever.product import Product
from training.evaluation.attributes import attributes_of

_LEAST = 3
"""A beginning of titles is taken for a brand when this many products share it."""
_LONGEST = 3
_PERSON = re.compile(r"\b(?:men|women|unisex|boys?|girls?|kids?)(?:'s|s)?\b")


def brands_of(products: Sequence[Product]) -> list[str]:
    """The brand of each product in lower case, "" where none is known.

    Without a field, in titles such as "Nike Women As Nike Eleme White T-Shirt" the words before the first
    word for a person are a brand, if there are three at most and three products have them; titles that
    begin with a brand found so have it too. Titles that name nobody first give none: a guess there would
    take types and series for brands.
    """
    own = [attributes_of(product).get("brand", ("",))[0] for product in products]
    if any(own):
        return own
    titles = [" ".join(product.title.casefold().split()) for product in products]
    beginnings: Counter[str] = Counter()
    for title in dict.fromkeys(titles):
        found = _PERSON.search(title)
        words = title[: found.start()].split() if found else []
        if 1 <= len(words) <= _LONGEST:
            beginnings[" ".join(words)] += 1
    known = {name for name, count in beginnings.items() if count >= _LEAST}
    return [_begins(title.split(), known) for title in titles]


def _begins(words: Sequence[str], known: set[str]) -> str:
    candidates = (" ".join(words[:length]) for length in range(_LONGEST, 0, -1))
    return next((name for name in candidates if name in known), "")

"""Products in the words that tables and galleries show them with."""

import re

from retriever.product import Product
from retriever.retrieved import Mode
from retriever.wording import shorten, spaced, spelled

_VALUE_LENGTH = 32

SCORES: dict[Mode, str] = {
    "dense": "cosine similarity",
    "lexical": "BM25",
    "hybrid": "reciprocal rank fusion",
}
"""What the scores of each mode are, in two or three words."""


def printable(text: str) -> str:
    """One line without control characters: text from a catalogue must not steer a terminal."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def shown_title(product: Product, width: int = 90) -> str:
    """The product's title, cut to ``width`` characters; its id where it has none."""
    return shorten(printable(product.title), width) or printable(product.id)


def key_attributes(product: Product, query: str, limit: int) -> list[tuple[str, str]]:
    """The attributes (name, value) that say most in a small space, at most ``limit``.

    Those that share a word with the query come first, as they are what was asked for; otherwise the
    catalogue's own order holds. Long values are left out.
    """
    asked = _words(query)
    values = {name: printable(spelled(value)) for name, value in product.attributes.items()}
    short = [name for name, value in values.items() if 0 < len(value) <= _VALUE_LENGTH]
    short.sort(key=lambda name: asked.isdisjoint(_words(values[name])))
    return [(spaced(name), values[name]) for name in short[:limit]]


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))

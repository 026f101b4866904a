"""Products in words, for language models and people."""

import textwrap

from retriever.index.binding import keyword_of
from retriever.product import AttributeValue, Product

_DESCRIPTION_LENGTH = 300


def product_text(product: Product) -> str:
    """A few lines on a product: title, id, facts, the beginning of the description."""
    facts = {"brand": product.brand, "category": product.category, "price": product.price}
    facts |= {spaced(name): spelled(value) for name, value in product.attributes.items()}
    lines = [
        product.title,
        f"product id: {product.id}",
        *(f"{name}: {value}" for name, value in facts.items() if value),
        shorten(product.description, _DESCRIPTION_LENGTH),
    ]
    return "\n".join(line for line in lines if line)


def spelled(value: AttributeValue) -> str:
    """An attribute's value in words: ``yes``, ``5``, ``red, white and blue``."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return listed(value)
    return value if isinstance(value, str) else keyword_of(value)


def spaced(name: str) -> str:
    """A field's name in words: ``base_colour`` -> ``base colour``."""
    return name.replace("_", " ")


def listed(words: list[str]) -> str:
    """``red``, ``red and white``, ``red, white and blue``."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def shorten(text: str, width: int) -> str:
    """On one line, cut after a whole word where it is longer than ``width`` characters."""
    short = textwrap.shorten(text, width, placeholder=" …")
    # A text without a space within the width has no whole word to end with.
    return short if short.strip(" …") or not text.strip() else text.split()[0][: width - 1] + "…"

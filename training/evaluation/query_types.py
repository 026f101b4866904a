"""Query types: what a query names, so that one sees where a method is good and where it is not."""

import re
from collections.abc import Iterable

from retriever.drawn import COLOURS
from training.evaluation.attributes import Attributes
from training.facts import COLOUR_NAMES, TYPE_NAMES, visual_words

QUERY_TYPES: dict[str, str] = {
    "category": "names what the thing is (watch, casual shoes)",
    "colour": "names a colour",
    "brand": "names a brand or a series, which a picture may not show",
    "pattern": "names a pattern (striped, checked, printed)",
    "multi-attribute": "names two or more things besides what it is",
    "gender/usage": "says who or what it is for (men, formal)",
    "long text": "has nine words or more",
    "negation": "says what it must not be",
    "vague": "names no type, or neither type, colour nor pattern where it is a product's own text",
}
"""Name and meaning. A query may be of several types."""

PATTERNS = frozenset(
    "striped checked printed floral plain camouflage embroidered dots stripes checks zigzag".split()
) | {"polka dot", "polka-dot"}
"""Canonical words for patterns, of `training.facts.visual_words` and of catalogues' own fields."""
LONG = 9

_BASIC = (
    "black white blue navy red green purple orange grey gray yellow brown pink golden gold silver beige "
    "maroon cream teal turquoise olive khaki tan peach mustard magenta lavender charcoal rust multicolour "
    "bronze copper lilac violet off-white"
).split()
_COLOURS = frozenset([*_BASIC, *COLOURS, *COLOUR_NAMES])
_FOR_WHOM = frozenset(
    "men women man woman boys girls boy girl kids unisex ladies mens womens".split()
)
_FOR_WHAT = frozenset(
    "casual formal sports ethnic party travel office outdoor running training".split()
)
_NEGATIONS = re.compile(r"\b(?:not|no|without|except|but not)\b")
_NAMES = {names[0]: names for names in TYPE_NAMES.values()}


def types_of_text(text: str, wanted: Attributes, brand: str = "") -> frozenset[str]:
    """The types of a product's own text, by rule from its words and from what is known of the product."""
    plain = text.casefold()
    words = re.findall(r"[a-z][a-z'-]*", plain)
    stems = {_stem(word) for word in words}
    found: set[str] = set()
    if any(_named(name, plain, stems) for name in _type_words(wanted)):
        found.add("category")
    if _COLOURS.intersection(words) or _contains(plain, wanted.get("colour", ())):
        found.add("colour")
    if _contains(plain, (*wanted.get("brand", ()), *wanted.get("family", ()), brand)):
        found.add("brand")
    if PATTERNS & visual_words(text) or PATTERNS.intersection(words):
        found.add("pattern")
    if (_FOR_WHOM | _FOR_WHAT).intersection(word.removesuffix("'s") for word in words):
        found.add("gender/usage")
    if _NEGATIONS.search(plain):
        found.add("negation")
    if len(found & {"colour", "brand", "pattern", "gender/usage"}) >= 2:
        found.add("multi-attribute")
    if not found & {"category", "colour", "pattern"}:
        found.add("vague")
    if len(plain.split()) >= LONG:
        found.add("long text")
    return frozenset(found)


def colour_words(text: str) -> set[str]:
    """The words of a text that name basic colours."""
    return set(re.findall(r"[a-z][a-z-]*", text.casefold())) & _COLOURS


def _type_words(wanted: Attributes) -> Iterable[str]:
    for name in wanted.get("type", ()):
        yield from _NAMES.get(name, (name,))


def _named(name: str, text: str, stems: set[str]) -> bool:
    # "Casual Shoes" are named by "shoes": the last word is the noun.
    return name in text or _stem(name.split()[-1]) in stems


def _contains(text: str, values: Iterable[str]) -> bool:
    return any(
        value and re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text) is not None
        for value in values
    )


def _stem(word: str) -> str:
    plain = re.sub(r"[^a-z]", "", word)
    return plain[:-1] if plain.endswith("s") and len(plain) > 3 else plain

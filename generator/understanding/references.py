"""Words that point back: "the second one", "the first two", "[3]", "the Foxy toy", "it", "cheaper ones"."""

import re
from collections.abc import Sequence

from generator.conversation import ShownProduct
from generator.understanding.words import NUMBER_WORDS, ORDINALS

_ORDINAL = "|".join(sorted(ORDINALS, key=len, reverse=True))
_COUNT = r"two|three|four|five|\d"
_NOUN = r"(?:\s+(?:one|ones|product|products|item|items|option|options|result|results|picture|pictures))?"
_RANGE = re.compile(rf"\b(?P<end>first|last|top)\s+(?P<count>{_COUNT})\b{_NOUN}", re.IGNORECASE)
_ONE = re.compile(
    rf"\b(?:the\s+)?(?P<ordinal>{_ORDINAL}|last)\b{_NOUN}"
    rf"|(?:\b(?:number|no\.?|option|item|product|nr\.?)\s*|#)(?P<number>\d{{1,2}}|one|two|three|four|five)\b"
    rf"|\[\s*(?P<cited>\d{{1,2}})\s*\]",
    re.IGNORECASE,
)
_ALL = re.compile(
    r"\b(?:all of (?:them|these|those)|all (?:two|three|four|five)|these (?:two|three)|both(?: of them)?)\b",
    re.IGNORECASE,
)
_IT = re.compile(
    r"\b(?:it|this one|that one|this|that)\b(?!\s+(?:picture|photo|image))", re.IGNORECASE
)


def find_references(
    text: str, shown: Sequence[ShownProduct]
) -> tuple[list[ShownProduct], list[tuple[int, int]]]:
    """Products that a message points at, in the order spoken of, and the characters that do.

    An ordinal beyond what was shown points at nothing, though its characters are told.
    """
    if not shown:
        return [], []
    by_position = {product.position: product for product in shown}
    found: list[ShownProduct] = []
    spans: list[tuple[int, int]] = []
    for match in _RANGE.finditer(text):
        count = _number(match["count"])
        last = match["end"].casefold() == "last"
        found += shown[-count:] if last else shown[:count]
        spans.append(match.span())
    for match in _ONE.finditer(text):
        if any(start <= match.start() < end for start, end in spans):
            continue
        position = _position(match, shown)
        if position in by_position:
            found.append(by_position[position])
        elif not match[0].casefold().split()[-1].startswith("one"):
            continue  # "the fifth floor" points at nothing shown; "the fifth one" means to
        spans.append(match.span())
    if not found and (match_all := _ALL.search(text)):
        named = [product for product in shown if product.named] or list(shown)
        found += named[:2] if match_all[0].casefold().startswith("both") else named
        spans.append(match_all.span())
    if not found:
        for product in shown:
            at = _title_at(text, product.title)
            if at is not None:
                found.append(product)
                spans.append(at)
    return list(dict.fromkeys(found)), spans


def find_pronoun(text: str, shown: Sequence[ShownProduct]) -> ShownProduct | None:
    """The product that "it" or "this one" means: the first that the last reply named."""
    if not shown or _IT.search(text) is None:
        return None
    return next((product for product in shown if product.named), shown[0])


def _position(match: re.Match[str], shown: Sequence[ShownProduct]) -> int:
    if match["cited"]:
        return int(match["cited"])
    if match["number"]:
        return _number(match["number"])
    word = match["ordinal"].casefold()
    return shown[-1].position if word == "last" else ORDINALS[word]


def _number(word: str) -> int:
    return int(word) if word.isdigit() else NUMBER_WORDS[word.casefold()]


def _title_at(text: str, title: str) -> tuple[int, int] | None:
    """Where a title of two words or more, or a quoted shorter one, stands in a message."""
    if len(title) < 4:
        return None
    pattern = re.escape(title)
    if len(title.split()) < 2:
        pattern = rf"[\"“'‘]{pattern}[\"”'’]"
    match = re.search(rf"(?<!\w){pattern}(?!\w)", text, re.IGNORECASE)
    return match.span() if match else None

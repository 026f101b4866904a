"""Queries to calibrate with: what a catalogue can be asked, made of its own records, and what no such
catalogue has, from a bundled list.
"""

import re
from functools import cache
from importlib.resources import files
from random import Random

from generator.abstention.features import Records
from generator.understanding.vocabulary import kind_of
from generator.understanding.words import COLOURS, head_of, tokens_of
from retriever.product import Product

_TAILS = (
    "with a nice look", "with stripes", "for everyday use", "in a modern style", "with long straps", "with big eyes",
    "for a birthday", "that looks elegant", "with a round shape", "with a pattern", "for the weekend", "with thin legs",
)  # fmt: skip
"""Details as shoppers add them, which a record rarely has: said of what is there and of what is not."""

_TAIL_SHARE = 0.3
_WORD = re.compile(r"[^\W\d_]{2,}$")
_LONGEST = 6


def query_for(product: Product, rng: Random) -> str | None:
    """A request that the product answers, in words of its record: its title without brand and codes, or
    its category with its colour, material or audience; None where the record has no words.
    """
    said = [title] if (title := _title(product)) else []
    kind = _plain(product.category or "")
    if kind:
        values = {
            kind_of(name): value.casefold()
            for name, value in product.attributes.items()
            if isinstance(value, str) and _plain(value) and len(value.split()) <= 2
        }
        colour, gender = values.get("colour"), values.get("gender")
        said.append(f"{colour} {kind}" if colour in COLOURS else kind)
        if gender:
            said.append(f"{kind} for {gender}")
    if not said:
        return None
    text = rng.choice(said)
    return f"{text} {rng.choice(_TAILS)}" if rng.random() < _TAIL_SHARE else text


@cache
def concepts() -> tuple[str, ...]:
    """Requests for things that few shops sell together, one a line of ``concepts.txt``."""
    text = files("generator.abstention").joinpath("concepts.txt").read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line)


def foreign_concepts(records: Records) -> list[str]:
    """The concepts whose noun stands in no record: what this catalogue does not have."""
    return [text for text in concepts() if (head := head_of(text)) and not records.have(head.word)]


def _title(product: Product) -> str:
    brand = {token.stem for token in tokens_of(product.brand or "")}
    words = [
        token.word
        for token in tokens_of(product.title.split(",")[0])
        if _WORD.match(token.word) and token.stem not in brand
    ]
    return " ".join(words[:_LONGEST])


def _plain(value: str) -> str:
    return value.casefold() if re.fullmatch(r"[^\W\d_]+(?:[ -][^\W\d_]+)*", value) else ""

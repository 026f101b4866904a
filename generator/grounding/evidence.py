"""What may be said: the evidence, as the stems, numbers and names that each product's record holds."""

import re
from dataclasses import dataclass, field
from functools import cached_property

from generator.constraints import Constraints
from generator.events import EvidenceItem
from generator.understanding.words import SYNONYMS, stem, tokens_of
from retriever.product import Product
from retriever.wording import spaced, spelled


@dataclass(frozen=True)
class Facts:
    """One product's record: all its stems, and those of its title in order."""

    item: EvidenceItem
    stems: frozenset[str]
    title: tuple[str, ...]
    text: str

    @property
    def number(self) -> int:
        return self.item.number

    def has(self, word_stem: str) -> bool:
        """Whether the record holds the word, or one that means the same."""
        return word_stem in self.stems or any(other in self.stems for other in _same(word_stem))


@dataclass(frozen=True)
class Ground:
    """What a reply stands on.

    ``exempt`` are ids that may be spoken of although the constraints in force rule them out (products
    that the shopper points at). ``query`` is what the shopper wrote: its words may be echoed.
    """

    items: tuple[EvidenceItem, ...]
    constraints: Constraints = field(default_factory=Constraints)
    query: str = ""
    exempt: frozenset[str] = frozenset()
    prompt: str = ""

    @cached_property
    def facts(self) -> dict[int, Facts]:
        """By number."""
        return {item.number: facts_of(item) for item in self.items}

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Product id -> number."""
        return {item.product.id: item.number for item in self.items}

    @cached_property
    def asked(self) -> frozenset[str]:
        """Stems of the query and of the constraints in words."""
        chips = " ".join(chip.label for chip in self.constraints.chips())
        return frozenset(token.stem for token in tokens_of(f"{self.query} {chips}"))

    @cached_property
    def text(self) -> str:
        """Every record as text, for what is looked up literally."""
        return "\n".join(facts.text for facts in self.facts.values())


def facts_of(item: EvidenceItem) -> Facts:
    text = record_text(item.product)
    words = [token for token in tokens_of(text) if token.word[0].isalnum()]
    stems = {token.stem for token in words}
    for token in words:
        stems |= {stem(part) for part in re.split(r"[-'’&.]", token.word) if part}
        stems |= {stem(part) for part in re.findall(r"\d+(?:\.\d+)?|[a-z]+", token.word)}
    title = tuple(t.stem for t in tokens_of(item.product.title) if t.word[0].isalnum())
    return Facts(item, frozenset(stems), title, text)


def record_text(product: Product) -> str:
    """All that the catalogue says of a product, in words."""
    parts = [product.title, product.brand or "", product.category or ""]
    parts += [f"{spaced(name)} {spelled(value)}" for name, value in product.attributes.items()]
    parts += [str(product.price or ""), product.id, product.description]
    return "\n".join(part for part in parts if part)


_EQUAL = (("grey", "gray"), ("wooden", "wood"), ("stripe", "striped"), ("women", "woman", "ladies", "female"),
          ("men", "man", "male"), ("tee", "tshirt", "t-shirt"), ("sneaker", "trainer"), ("sofa", "couch"),
          ("trousers", "pants"), ("sweater", "jumper", "pullover"), ("plush", "soft", "stuffed"),
          ("checked", "checkered", "chequered"), ("dots", "dotted", "polka"), ("woollen", "wool"))  # fmt: skip
_SAME: dict[str, frozenset[str]] = {}
for _group in _EQUAL:
    for _word in _group:
        _SAME[stem(_word)] = frozenset(stem(other) for other in _group) - {stem(_word)}
for _word, _others in SYNONYMS.items():
    _single = frozenset(stem(other) for other in _others if " " not in other)
    _SAME[stem(_word)] = _SAME.get(stem(_word), frozenset()) | _single


def _same(word_stem: str) -> frozenset[str]:
    return _SAME.get(word_stem, frozenset())

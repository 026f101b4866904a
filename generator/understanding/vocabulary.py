"""The catalogue's own values as a dictionary: which words of a message name which value of which field."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from generator.understanding.words import COLOURS, SYNONYMS, UMBRELLAS, Token, stem, tokens_of
from retriever.capabilities import Capabilities, FieldCapability

Kind = Literal["colour", "material", "gender", "category", "brand", "size", "other"]

_KINDS: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    ("colour", ("colour", "color")),
    ("material", ("material", "fabric")),
    ("gender", ("gender", "sex", "audience")),
    ("category", ("category", "article_type", "product_type", "department", "type")),
    ("brand", ("brand", "manufacturer", "vendor")),
    ("size", ("size",)),
)
_LONGEST = 6


@dataclass(frozen=True, slots=True)
class Match:
    """Words ``start`` to ``end`` (tokens, end exclusive) name ``values`` of ``field``."""

    start: int
    end: int
    field: str
    kind: Kind
    values: tuple[str, ...]


def kind_of(field: str) -> Kind:
    """What a field's name says it holds."""
    for kind, endings in _KINDS:
        if any(field == ending or field.endswith("_" + ending) for ending in endings):
            return kind
    return "other"


class Vocabulary:
    """Values by their stems; made once for a version of an index (`vocabulary_of`)."""

    def __init__(self, capabilities: Capabilities) -> None:
        self.fields = [field for field in capabilities.fields if field.type == "keyword"]
        self._exact: dict[tuple[str, ...], list[tuple[FieldCapability, str, int]]] = {}
        self._holding: dict[str, list[tuple[FieldCapability, str]]] = {}
        for field in self.fields:
            if field.name == "currency":
                continue
            for known in field.values:
                key = stems_of(known.value)
                if not key or len(key) > _LONGEST:
                    continue
                self._exact.setdefault(key, []).append((field, known.value, known.count))
                for part in set(key):
                    self._holding.setdefault(part, []).append((field, known.value))

    def match(self, tokens: Sequence[Token], at: int) -> Match | None:
        """The longest value that starts at a token; of several fields the likeliest one."""
        for length in range(min(_LONGEST, len(tokens) - at), 0, -1):
            words = tokens[at : at + length]
            exact = self._named(tuple(word.stem for word in words))
            if exact is not None:
                field, value = exact
                return Match(at, at + length, field.name, kind_of(field.name), (value,))
            if length <= 2:
                phrase = " ".join(word.word for word in words)
                for other in SYNONYMS.get(phrase, ()):
                    named = self._all_named(stems_of(other))
                    if named is not None:
                        field, values = named
                        return Match(at, at + length, field.name, kind_of(field.name), values)
        return self._umbrella(tokens[at], at) or self._partial(tokens[at], at)

    def _umbrella(self, token: Token, at: int) -> Match | None:
        """A word wider than the categories: every category of its kinds, in the field with most of them."""
        kinds = _UMBRELLAS.get(token.stem)
        if kinds is None:
            return None
        found: dict[str, list[str]] = {}
        for field in self.fields:
            if kind_of(field.name) == "category":
                for known in field.values:
                    stems = stems_of(known.value)
                    if any(stems[-len(kind) :] == kind for kind in kinds):
                        found.setdefault(field.name, []).append(known.value)
        if not found:
            return None
        name, values = max(found.items(), key=lambda item: len(item[1]))
        return Match(at, at + 1, name, "category", tuple(values))

    def holding(self, token: Token) -> dict[str, list[str]]:
        """By field, every value that a word is part of: what a negation of the word rules out."""
        stems = {token.stem}
        for other in SYNONYMS.get(token.word, ()):
            stems |= set(stems_of(other)) if len(stems_of(other)) == 1 else set()
        found: dict[str, list[str]] = {}
        for part in stems:
            for field, value in self._holding.get(part, []):
                if value not in found.setdefault(field.name, []):
                    found[field.name].append(value)
        return found

    @cached_property
    def spellings(self) -> tuple[str, ...]:
        """Words of five letters and more that name a colour, material or category, or a kind of product."""
        words = {word for kinds in UMBRELLAS.values() for kind in kinds for word in kind.split()}
        words |= {*COLOURS, *SYNONYMS, *UMBRELLAS}
        for field in self.fields:
            if kind_of(field.name) in ("colour", "material", "category"):
                words |= {t.word for known in field.values for t in tokens_of(known.value)}
        return tuple(sorted(word for word in words if len(word) >= 5 and word.isalpha()))

    def knows(self, word_stem: str) -> bool:
        """Whether the stem is part of any value."""
        return word_stem in self._holding

    def _named(self, key: tuple[str, ...]) -> tuple[FieldCapability, str] | None:
        found = self._exact.get(key)
        if not found:
            return None
        order = [kind for kind, _ in _KINDS] + ["other"]
        best = min(found, key=lambda item: (order.index(kind_of(item[0].name)), -item[2]))
        return best[0], best[1]

    def _all_named(self, key: tuple[str, ...]) -> tuple[FieldCapability, tuple[str, ...]] | None:
        exact = self._named(key)
        return None if exact is None else (exact[0], (exact[1],))

    def _partial(self, token: Token, at: int) -> Match | None:
        """A colour or material inside longer values ("navy" in "navy blue"); an umbrella word that
        ends several types ("shoes" for "sports shoes" and "casual shoes").
        """
        by_kind: dict[Kind, dict[str, list[str]]] = {}
        for field, value in self._holding.get(token.stem, []):
            kind = kind_of(field.name)
            ends = stems_of(value)[-1] == token.stem
            if (
                (kind == "colour" and token.word in COLOURS)
                or (kind == "material")
                or (kind == "category" and ends)
            ):
                by_kind.setdefault(kind, {}).setdefault(field.name, []).append(value)
        for kind in ("colour", "material", "category"):
            if kind in by_kind:
                name, values = max(by_kind[kind].items(), key=lambda item: len(item[1]))
                return Match(at, at + 1, name, kind, tuple(values))
        return None


def stems_of(value: str) -> tuple[str, ...]:
    """The stems of a value's words, in order."""
    return tuple(token.stem for token in tokens_of(value) if token.word[0].isalnum())


_UMBRELLAS = {
    stem(word): tuple(stems_of(kind) for kind in kinds) for word, kinds in UMBRELLAS.items()
}
_VOCABULARIES: dict[int, tuple[Capabilities, Vocabulary]] = {}


def vocabulary_of(capabilities: Capabilities) -> Vocabulary:
    """The vocabulary of these capabilities, made on the first call for them."""
    known = _VOCABULARIES.get(id(capabilities))
    if known is None or known[0] is not capabilities:
        if len(_VOCABULARIES) > 8:
            _VOCABULARIES.clear()
        known = (capabilities, Vocabulary(capabilities))
        _VOCABULARIES[id(capabilities)] = known
    return known[1]

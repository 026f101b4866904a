"""Which words of a sentence speak of which cited product."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from generator.grounding.evidence import Facts
from generator.understanding.words import tokens_of

CITATION = re.compile(r"\[(\d{1,2})\]")
_JOIN = re.compile(r"^[\s,]*(?:and|or|&|plus|as well as)?[\s,]*$", re.IGNORECASE)
_BREAKS = re.compile(
    r";|,|:|\s[–—-]\s|\b(?:while|whereas|but|and|then|or|than|versus|vs|although|though|followed by|with|over|"
    r"against|unlike|like|as is|compared (?:to|with)|instead of|beats|next to|alongside|from)\b",
    re.IGNORECASE,
)
_PLURAL = re.compile(
    r"\b(?:both|all|each|these|they|either|are|come in|cost|share|have|were)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a sentence and the numbers it speaks of; ``about_all`` if each of several."""

    text: str
    numbers: tuple[int, ...]


def segments_of(
    sentence: str, facts: Mapping[int, Facts], subject: Sequence[int] = ()
) -> list[Segment]:
    """The sentence cut at the places where it turns to another product.

    A name belongs to the citation behind it; what follows a citation belongs to it up to the next
    clause; after "A [1] and B [2] are ..." it belongs to both. Without a citation all of it speaks of
    ``subject``.
    """
    cites = [(match.start(), match.end(), int(match[1])) for match in CITATION.finditer(sentence)]
    if not cites:
        return [Segment(sentence, tuple(subject))]
    segments: list[Segment] = []
    start, group, joined = 0, [cites[0][2]], False
    for (_, end, _), (next_start, _, next_number) in pairwise(cites):
        gap = sentence[end:next_start]
        if _JOIN.match(gap):
            group.append(next_number)
            continue
        at = _turn(gap, facts.get(next_number))
        joined = joined or not gap[:at].strip(" ,")
        chain = joined and not gap[:at].strip(" ,")
        segments.append(Segment(sentence[start : end + at], tuple(group)))
        start = end + at
        group = [next_number]
        if not chain:
            joined = False
    last_end = cites[-1][1]
    tail = sentence[last_end:]
    everyone = tuple(dict.fromkeys(number for *_, number in cites))
    if (
        len(everyone) > 1
        and _PLURAL.search(tail)
        and (joined or len(group) == len(everyone) or _together(tail))
    ):
        segments.append(Segment(sentence[start:last_end], tuple(group)))
        segments.append(Segment(tail, everyone))
    else:
        segments.append(Segment(sentence[start:], tuple(group)))
    return [segment for segment in segments if segment.text.strip()]


def _together(tail: str) -> bool:
    return bool(re.search(r"\b(?:both|all|each|they)\b", tail, re.IGNORECASE))


def _turn(gap: str, upcoming: Facts | None) -> int:
    """Where, between two citations, the words turn to the second product."""
    name = _name_start(gap, upcoming)
    breaks = [
        match.start() for match in _BREAKS.finditer(gap) if not _inside_quotes(gap, match.start())
    ]
    before = [at for at in breaks if at <= name]
    if before:
        return before[-1]
    return name if name < len(gap) else 0


def _name_start(gap: str, upcoming: Facts | None) -> int:
    quote = max(gap.rfind("“"), gap.rfind(' "'))
    if quote >= 0:
        return quote
    if upcoming is not None and upcoming.title:
        wanted = set(upcoming.title)
        tokens = [token for token in tokens_of(gap) if token.word[0].isalnum()]
        at = len(tokens)
        while at > 0 and tokens[at - 1].stem in wanted:
            at -= 1
        if at < len(tokens):
            return tokens[at].start
    return len(gap)


def _inside_quotes(text: str, at: int) -> bool:
    return text[:at].count("“") > text[:at].count("”")

"""The query that a message comes to: its own words, and the earlier subject that it builds on."""

import re
from collections.abc import Sequence, Set

from generator.understanding.vocabulary import Kind, vocabulary_of
from generator.understanding.words import FILLER, tokens_of
from retriever.capabilities import Capabilities

_PICTURE = re.compile(r"\b(?:this|the|my)\s+(?:picture|photo|image|pic)\b", re.I)


def own_text(text: str, dropped: Sequence[tuple[int, int]]) -> str:
    """The words of a message that say what to look for."""
    kept = [
        token.text
        for token in tokens_of(_PICTURE.sub(lambda m: " " * len(m[0]), text))
        if token.word[0].isalnum() and not any(a <= token.start < b for a, b in dropped)
    ]
    lead = {*FILLER} - {"with", "in", "and", "for", "of", "on", "no", "without"}
    words = [
        word
        for word in kept
        if re.sub(r"['’]s$", "", word.casefold()).replace("’", "'") not in lead
    ]
    while words and words[0].casefold() in FILLER:
        words.pop(0)
    while words and words[-1].casefold() in FILLER:
        words.pop()
    return " ".join(words)


def joined(
    own: str,
    subject: str,
    replaced: Set[Kind],
    capabilities: Capabilities,
    removed: Sequence[str],
) -> str:
    """The earlier subject with what the follow-up says over it: "red mug" and "in blue" -> "blue mug".

    Words of the kinds ``replaced`` go, and words of limits that were taken away.
    """
    vocabulary = vocabulary_of(capabilities)
    tokens = tokens_of(subject)
    kept: list[str] = []
    at = 0
    while at < len(tokens):
        match = vocabulary.match(tokens, at)
        gone = match is not None and (match.kind in replaced or f"wanted.{match.field}" in removed)
        if match is not None and gone and match.kind != "category":
            at = match.end
            continue
        kept.append(tokens[at].text)
        at += 1
    had = {word.casefold() for word in kept}
    added = [word for word in own.split() if word.casefold() not in had]
    if added and added[0].casefold() in ("with", "for", "on"):
        return " ".join([*kept, *added])
    return " ".join([*added, *kept])

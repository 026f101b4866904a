"""Slips of the keyboard in a message, mended where only one word of the catalogue can be meant."""

import re

from generator.grounding.lexicon import CLAIMS, NOUNS, PLAIN
from generator.understanding.vocabulary import Vocabulary
from generator.understanding.words import COLOURS, FILLER, HEAD_ENDS, SYNONYMS, UMBRELLAS, stem

_WORD = re.compile(r"(?<![\w'’-])[a-z]{5,}(?![\w'’-])")
_COMMON = FILLER | HEAD_ENDS | COLOURS | SYNONYMS.keys() | UMBRELLAS.keys()


def mended(text: str, vocabulary: Vocabulary) -> str:
    """The message with words in lower case that are one slip (a letter more, less, other, or two swapped)
    away from exactly one colour, category, material or kind, and are no word known here.
    """

    def mend(match: re.Match[str]) -> str:
        word = match[0]
        if word in _COMMON or vocabulary.knows(stem(word)) or stem(word) in CLAIMS | NOUNS | PLAIN:
            return word
        near = [known for known in vocabulary.spellings if _one_slip(word, known)]
        return near[0] if len({stem(known) for known in near}) == 1 else word

    return _WORD.sub(mend, text)


def _one_slip(word: str, known: str) -> bool:
    if word[0] != known[0] or abs(len(word) - len(known)) > 1:
        return False
    if len(word) == len(known):
        differ = [at for at in range(len(word)) if word[at] != known[at]]
        if len(differ) == 2 and differ[1] == differ[0] + 1:
            first, second = differ
            return word[first] == known[second] and word[second] == known[first]
        return len(differ) == 1
    short, long = sorted((word, known), key=len)
    return any(long[:at] + long[at + 1 :] == short for at in range(len(long)))

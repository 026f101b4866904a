"""The sentence splitter, fed in pieces of every size."""

import pytest

from generator.grounding import split_sentences
from generator.grounding.sentences import SentenceSplitter

CASES = [
    ("It costs $19.99 today. Fine!", ["It costs $19.99 today.", "Fine!"]),
    ("Toys, e.g. bears. See No. 5 too.", ["Toys, e.g. bears.", "See No. 5 too."]),
    ("Foxy by Acme Inc. costs 5. It is red.", ["Foxy by Acme Inc. costs 5.", "It is red."]),
    ("Foxy is good. [1] Next is Bear [2].", ["Foxy is good. [1]", "Next is Bear [2]."]),
    ("“A. B. Toy” [1] is red. Ok?", ["“A. B. Toy” [1] is red.", "Ok?"]),
    ("One\nTwo\n\nThree", ["One", "Two", "Three"]),
    ("No end", ["No end"]),
    ("", []),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
@pytest.mark.parametrize("size", [1, 2, 5, 1000])
def test_sentences(text: str, expected: list[str], size: int) -> None:
    splitter = SentenceSplitter()
    found: list[str] = []
    for at in range(0, len(text), size):
        found += splitter.feed(text[at : at + size])
    assert [*found, *splitter.finish()] == expected == split_sentences(text)


def test_text_that_never_ends_is_handed_over_in_bounded_pieces() -> None:
    splitter = SentenceSplitter()
    pieces = [piece for _ in range(50) for piece in splitter.feed("word " * 20)]
    assert pieces
    assert max(map(len, pieces)) < 1_200

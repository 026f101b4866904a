"""CLIP's tokenizer without open_clip: the same tokens as open_clip's own, whatever the text."""

import numpy as np
import open_clip
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retriever.encoder.tokens import ClipTokenizer, agrees

THEIRS = open_clip.SimpleTokenizer()
OURS = ClipTokenizer(77)

WORDS = st.sampled_from(
    "T-shirt they're 5-inch aaaaaaaa <start_of_text> <END_OF_TEXT> &amp;amp; é naïve Â£20 ſ İ ﬁne ñ １２ ½ "
    "👗 東京 \u200b \x00 _ ''s".split(" ")
)
ANY = st.one_of(
    st.text(max_size=40),
    st.text(st.characters(max_codepoint=0x24F), max_size=200),
    st.lists(st.one_of(WORDS, st.text("abcdeinorst'-0 ", max_size=12)), max_size=40).map(" ".join),
)


@settings(max_examples=3000, deadline=None)
@given(ANY)
def test_tokens_are_open_clips_own(text: str) -> None:
    np.testing.assert_array_equal(OURS([text]), THEIRS([text]).numpy())


@pytest.mark.parametrize("text", ["", "red shoes", "striped polo " * 60, "a <end_of_text> b"])
def test_lengths_end_at_the_first_end_token(text: str) -> None:
    tokens = OURS([text])
    (length,) = OURS.lengths(tokens)
    assert tokens[0, length - 1] == THEIRS.eot_token_id
    assert THEIRS.eot_token_id not in tokens[0, : length - 1]


def test_only_the_standard_tokenizer_agrees() -> None:
    assert agrees(THEIRS, OURS)
    for other in (
        open_clip.SimpleTokenizer(clean="canonicalize"),
        open_clip.SimpleTokenizer(clean="whitespace"),
        open_clip.SimpleTokenizer(reduction_mask="simple"),
        open_clip.SimpleTokenizer(context_length=32),
        open_clip.SimpleTokenizer(additional_special_tokens=["<sep>"]),
        lambda texts: THEIRS(texts),
    ):
        assert not agrees(other, OURS)


def test_a_short_context_keeps_the_end_token() -> None:
    tokens = ClipTokenizer(4)(["red shoes with laces"])
    np.testing.assert_array_equal(tokens, THEIRS(["red shoes with laces"], 4).numpy())

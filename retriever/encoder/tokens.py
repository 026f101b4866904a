"""CLIP's tokenizer without open_clip, whose import takes longer than a search.

Byte-pair encoding (Sennrich, Haddow & Birch, ACL 2016) over bytes, as CLIP has it (Radford et al., ICML
2021), with the vocabulary that comes with open_clip. `agrees` says whether a tokenizer of open_clip is this
one; there are others, which only open_clip has.
"""

import gzip
import html
import math
from collections.abc import Callable, Sequence
from functools import cached_property
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import ftfy
import numpy as np
import regex
from numpy.typing import NDArray

from retriever.errors import EncoderError

Tokens = NDArray[np.int64]

_VOCABULARY = "bpe_simple_vocab_16e6.txt.gz"
_MERGES = 49_152 - 256 - 2
_START, _END = "<start_of_text>", "<end_of_text>"
_WORD_END = "</w>"
_REMEMBERED = 65_536
_WORDS = regex.compile(
    rf"{_START}|{_END}|'s|'t|'re|'ve|'m|'ll|'d|[\p{{L}}]+|[\p{{N}}]|[^\s\p{{L}}\p{{N}}]+",
    regex.IGNORECASE,
)
_SAMPLE = [
    "",
    "A Photo of 2 cats, striped; they're café-coloured!",
    "snake_case &amp; “quotes”, ｆｕｌｌ width, 5-inch ½",
    "striped sleeves, " * 40,
    f"{_START} 東京 👗 {_END} after",
]


class ClipTokenizer:
    """Texts to tokens int64 [n, context], padded with 0; what exceeds the context is cut off before the end.

    Raises `EncoderError` where open_clip's vocabulary is missing.
    """

    def __init__(self, context_length: int) -> None:
        self.context_length = context_length
        self._pieces: dict[str, list[int]] = {}

    def __call__(self, texts: Sequence[str]) -> Tokens:
        tokens = np.zeros((len(texts), self.context_length), np.int64)
        for row, text in zip(tokens, texts, strict=True):
            inner = self._encode(text)[: self.context_length - 2]
            row[: len(inner) + 2] = [self.vocabulary[_START], *inner, self.vocabulary[_END]]
        return tokens

    def lengths(self, tokens: Tokens) -> Tokens:
        """Tokens [n] of each row [n, context] up to its first end token, that one included."""
        ends: Tokens = tokens.argmax(axis=1)  # the end token has the highest number of all
        return ends + 1

    @cached_property
    def ranks(self) -> dict[tuple[str, ...], int]:
        """Pairs of pieces that become one, by how early they do."""
        package = find_spec("open_clip")  # finds it without importing it
        if package is None or package.origin is None:
            raise EncoderError("open_clip is not installed; install shoplens again")
        try:
            with gzip.open(
                Path(package.origin).with_name(_VOCABULARY), "rt", encoding="utf-8"
            ) as file:
                lines = file.read().split("\n")
        except (OSError, EOFError, ValueError) as error:
            raise EncoderError(
                f"open_clip's vocabulary {_VOCABULARY} cannot be read: {error}; install open_clip again"
            ) from error
        return {tuple(line.split()): at for at, line in enumerate(lines[1 : _MERGES + 1])}

    @cached_property
    def vocabulary(self) -> dict[str, int]:
        """The number of each piece."""
        letters = list(_LETTERS.values())
        pieces = [*letters, *(letter + _WORD_END for letter in letters), *map("".join, self.ranks)]
        return {piece: at for at, piece in enumerate([*pieces, _START, _END])}

    def _encode(self, text: str) -> list[int]:
        cleaned = html.unescape(html.unescape(ftfy.fix_text(text)))
        words = _WORDS.findall(" ".join(cleaned.split()).lower())
        return [token for word in words for token in self._of_word(word)]

    def _of_word(self, word: str) -> list[int]:
        if (known := self._pieces.get(word)) is not None:
            return known
        if len(self._pieces) >= _REMEMBERED:
            self._pieces.clear()
        self._pieces[word] = found = [self.vocabulary[piece] for piece in self._merged(word)]
        return found

    def _merged(self, word: str) -> list[str]:
        if word in (_START, _END):
            return [word]
        pieces = [_LETTERS[byte] for byte in word.encode()]
        pieces[-1] += _WORD_END
        while len(pieces) > 1:
            pair = min(pairwise(pieces), key=lambda two: self.ranks.get(two, math.inf))
            if pair not in self.ranks:
                break
            merged: list[str] = []
            for piece in pieces:
                if merged and (merged[-1], piece) == pair:
                    merged[-1] += piece
                else:
                    merged.append(piece)
            pieces = merged
        return pieces


def agrees(tokenizer: Callable[[list[str]], Any], ours: ClipTokenizer) -> bool:
    """Whether a tokenizer of open_clip has our vocabulary and merges and makes the same tokens of a sample."""
    theirs: Any = tokenizer
    return (
        type(tokenizer).__name__ == "SimpleTokenizer"
        and theirs.reduction_fn is None
        and theirs.encoder == ours.vocabulary
        and theirs.bpe_ranks == ours.ranks
        and np.array_equal(theirs(_SAMPLE).numpy(), ours(_SAMPLE))
    )


def _letters() -> dict[int, str]:
    """A letter for each byte, none of them white space: printable bytes stand for themselves."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in set(printable)]
    return dict(zip(printable, map(chr, printable), strict=True)) | {
        byte: chr(256 + at) for at, byte in enumerate(others)
    }


_LETTERS = _letters()

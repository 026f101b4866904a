"""What tells a query that the catalogue can answer from one that it cannot."""

import re
from collections.abc import Sequence

import numpy as np

from generator.understanding.words import COLOURS, FILLER, HEAD_ENDS, Token, tokens_of
from retriever.index.base import IndexVersion, SearchRequest
from retriever.lexical import query_terms

FEATURES = ("top", "margin", "spread", "head_unknown", "unknown_share")
"""Of a dense search's pool: the best score; the best over the mean of the pool; the tenth over the mean;
whether no product has the request's head noun in its record; the share of its content words that none has.
A score alone is weak (a strange query also has a nearest product); the words say what it cannot."""

_DETAILS = re.compile(r"\b(?:with|without|in|for|that|which)\b", re.IGNORECASE)
_WORDS = 12
_DESCRIBING = frozenset(
    "small medium large big little tiny tall short long plain simple wide narrow high low".split()
)


def query_features(
    text: str, best: float, scores: Sequence[float], version: IndexVersion
) -> list[float]:
    """`FEATURES` of a query: ``best`` is the score of the first product that may be shown (filters
    applied), ``scores`` those of the pool without filters, best first, at least one.
    """
    pool = np.asarray(scores, np.float64)
    words = _content(text)
    unknown = {token.stem for token in words if not _in_catalogue(token, version)}
    head = head_of(text)
    return [
        best,
        best - float(pool.mean()),
        float(pool[min(9, len(pool) - 1)] - pool.mean()),
        float(head is not None and head.stem in unknown),
        len([t for t in words if t.stem in unknown]) / len(words) if words else 0.0,
    ]


def unknown_words(text: str, version: IndexVersion) -> tuple[str, ...]:
    """Words for the thing itself (not its details, "with ...") that no product's record has."""
    thing = _DETAILS.split(text)[0]
    return tuple(dict.fromkeys(t.text for t in _content(thing) if not _in_catalogue(t, version)))


def head_of(text: str) -> Token | None:
    """The noun that a request is about: its last content word before "with", "in", "for" ..."""
    head = None
    for token in tokens_of(text):
        if head is not None and (token.word in HEAD_ENDS or not token.word[0].isalnum()):
            break
        if token.word not in FILLER and token.word[0].isalpha():
            head = token
    return head


def _content(text: str) -> list[Token]:
    return [
        token
        for token in tokens_of(text)
        if token.word[0].isalpha() and token.word not in FILLER | _DESCRIBING | COLOURS
    ][:_WORDS]


def _in_catalogue(token: Token, version: IndexVersion) -> bool:
    terms = query_terms(token.word)
    return len(terms.indices) == 0 or bool(version.search(SearchRequest(limit=1, terms=terms)))

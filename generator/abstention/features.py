"""What tells a query that the catalogue can answer from one that it cannot."""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass

import numpy as np

from generator.understanding.words import COLOURS, FILLER, Token, head_of, tokens_of
from retriever.index.base import IndexVersion, SearchRequest
from retriever.lexical import query_terms, tokenise
from retriever.product import Product
from retriever.retrieved import RetrievedProduct
from retriever.where import Where

FEATURES = ("top", "margin", "spread", "head_unknown", "unknown_share", "head_agreement")
"""Of a dense search's pool: the best score; the best over the mean of the pool; the tenth over the mean;
whether no product has the request's head noun in its record; the share of its content words that none has;
the share of the first ten products that have the head noun in theirs. A score alone is weak (a strange query
also has a nearest product); the words say what it cannot, and agreement says whether looks and words
lead to the same products."""

_DETAILS = re.compile(r"\b(?:with|without|in|for|that|which)\b", re.IGNORECASE)
_WORDS = 12
_FIRST = 10
_DESCRIBING = frozenset(
    "small medium large big little tiny tall short long plain simple wide narrow high low".split()
)


@dataclass(frozen=True, slots=True)
class Records:
    """The records that words are looked up in: a version's. `generator.abstention.calibrate` asks as if
    products outside ``where``, those of ids ``hidden`` and the words ``forgotten`` were not there.
    """

    version: IndexVersion
    where: Where | None = None
    hidden: Set[str] = frozenset()
    forgotten: Set[str] = frozenset()

    def have(self, word: str) -> bool:
        """Whether some product's record has the word."""
        if word in self.forgotten:
            return False
        terms = query_terms(word)
        if len(terms.indices) == 0:
            return True
        request = SearchRequest(limit=len(self.hidden) + 1, terms=terms, where=self.where)
        return any(hit.product.id not in self.hidden for hit in self.version.search(request))


def query_features(
    text: str, best: float, pool: Sequence[RetrievedProduct], records: Records
) -> list[float]:
    """`FEATURES` of a query: ``best`` is the score of the first product that may be shown (filters
    applied), ``pool`` what a search without filters finds, best first, at least one.
    """
    scores = np.asarray([found.score for found in pool], np.float64)
    words = _content(text)
    unknown = {token.stem for token in words if not records.have(token.word)}
    head = head_of(text)
    return [
        best,
        best - float(scores.mean()),
        float(scores[min(_FIRST - 1, len(scores) - 1)] - scores.mean()),
        float(head is not None and head.stem in unknown),
        len([t for t in words if t.stem in unknown]) / len(words) if words else 0.0,
        _agreement(head, pool[:_FIRST]),
    ]


def unknown_words(text: str, records: Records) -> tuple[str, ...]:
    """Words for the thing itself (not its details, "with ...") that no product's record has."""
    thing = _DETAILS.split(text)[0]
    return tuple(dict.fromkeys(t.text for t in _content(thing) if not records.have(t.word)))


def _agreement(head: Token | None, first: Sequence[RetrievedProduct]) -> float:
    if head is None:
        return 1.0
    stems = set(tokenise(head.word))
    return sum(stems <= _stems(found.product) for found in first) / len(first)


def _stems(product: Product) -> set[str]:
    texts = [product.title, product.brand or "", product.category or ""]
    texts += [value for value in product.attributes.values() if isinstance(value, str)]
    return set(tokenise("\n".join(texts)))


def _content(text: str) -> list[Token]:
    return [
        token
        for token in tokens_of(text)
        if token.word[0].isalpha() and token.word not in FILLER | _DESCRIBING | COLOURS
    ][:_WORDS]

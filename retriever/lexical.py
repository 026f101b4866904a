"""BM25 on sparse vectors: terms of products and of queries, computed here so that every engine agrees.

The score of document *d* for query *q* is that of Okapi BM25 (Robertson & Zaragoza, "The Probabilistic
Relevance Framework: BM25 and Beyond", Foundations and Trends in Information Retrieval 3(4), 2009)::

    sum over terms t of q:  idf(t) * tf(t, d) * (k1 + 1) / (tf(t, d) + k1 * (1 - b + b * |d| / avg))
    idf(t) = ln(1 + (N - n(t) + 0.5) / (n(t) + 0.5))

A document's sparse vector holds the second factor of each of its terms, a query's holds 1 for each of
its terms, and the engine multiplies by idf, which it keeps over the N stored products (n(t) of them
contain t). ``avg`` is a constant instead of the catalogue's own mean length, so that a product's vector
does not change when others come and go.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from py_rust_stemmers import SnowballStemmer  # type: ignore[import-untyped]

from retriever.index.base import SparseVector
from retriever.product import Product

K1 = 1.2
B = 0.75
AVERAGE_LENGTH = 32.0
"""Terms in a typical product: a title, a few attributes and a sentence or two. It only sets where the
length penalty is neutral."""

_STOP_WORDS = frozenset(
    "a an and are as at be been but by can do does for from had has have he her his i if in into is it "
    "its me my of on or our she so some such than that the their them then there these they this those "
    "to was we were what when which while who will with would you your".split()
)
_COMPOUND = re.compile(r"[^\W_]+(?:[-‐‑–.][^\W_]+)*")
_PART = re.compile(r"\d+(?:\.\d+)*|[^\W\d_]+")
_POSSESSIVE = re.compile(r"['’]s\b|['’]")
_STEMMER = SnowballStemmer("english")


def tokenise(text: str) -> list[str]:
    """Terms of a text, in order: case-folded, without stop words, stemmed (Snowball English).

    A compound gives its parts and the whole, so that each spelling finds the others: ``t-shirt`` ->
    ``t``, ``shirt``, ``tshirt``; ``5-inch`` and ``5inch`` -> ``5``, ``inch``, ``5inch``. A possessive
    loses its *s*; a decimal number stays one term.
    """
    terms: list[str] = []
    folded = _POSSESSIVE.sub("", unicodedata.normalize("NFKC", text).casefold())
    for compound in _COMPOUND.findall(folded):
        parts = _PART.findall(compound)
        terms += [part for part in parts if part not in _STOP_WORDS]
        if len(parts) > 1:
            terms.append("".join(parts))
    return [_STEMMER.stem_word(term) for term in terms]


def document_terms(text: str) -> SparseVector:
    """BM25 weights of a document's terms (term frequency saturated and normalised by length)."""
    tokens = tokenise(text)
    counts = Counter(map(_index_of, tokens))
    penalty = K1 * (1 - B + B * len(tokens) / AVERAGE_LENGTH)
    weights = (count * (K1 + 1) / (count + penalty) for count in counts.values())
    return _sparse(counts, weights)


def query_terms(text: str) -> SparseVector:
    """Weight 1 for each distinct term of a query; empty when it has none besides stop words."""
    indices = dict.fromkeys(map(_index_of, tokenise(text)))
    return _sparse(indices, (1.0 for _ in indices))


def terms_of_product(product: Product) -> SparseVector:
    """BM25 terms of what a shopper may type to find a product.

    Title, brand, category, the words among the attributes, and description, once each: idf and length
    already favour rare words in short texts. Numbers and bools among the attributes are for filters.
    """
    return document_terms("\n".join(_texts(product)))


def _texts(product: Product) -> Iterable[str]:
    yield product.title
    yield product.brand or ""
    yield product.category or ""
    for value in product.attributes.values():
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from value
    yield product.description


@lru_cache(maxsize=65_536)
def _index_of(term: str) -> int:
    """Stable 32-bit hash of a term: Python's own differs between processes."""
    return int.from_bytes(hashlib.blake2b(term.encode(), digest_size=4).digest(), "little")


def _sparse(indices: Iterable[int], values: Iterable[float]) -> SparseVector:
    return SparseVector(
        indices=np.fromiter(indices, dtype=np.uint32), values=np.fromiter(values, dtype=np.float32)
    )

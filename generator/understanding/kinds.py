"""Kinds of product that no field names: "handbag" where the categories are departments such as Bags."""

from collections import Counter
from collections.abc import Callable

from generator.constraints import values_of
from generator.understanding.vocabulary import kind_of
from retriever.capabilities import Capabilities
from retriever.index.base import IndexVersion, SearchRequest
from retriever.lexical import query_terms, tokenise

KindLookup = Callable[[str], tuple[str, str] | None]
"""A noun -> the category field and the one value that all products so called have; None where unclear."""

_LOOKED_AT = 100
_FEWEST = 3


def kind_lookup(version: IndexVersion, capabilities: Capabilities) -> KindLookup:
    """Looks nouns up in the titles of a version, by one lexical search each.

    A noun stands for a category where at least three titles end with it or have it before a comma and
    every one of them lies in that category. One stray is enough for none: a constraint must not exclude.
    """
    fields = [field.name for field in capabilities.fields if kind_of(field.name) == "category"]
    field = "category" if "category" in fields else next(iter(fields), None)

    def lookup(noun: str) -> tuple[str, str] | None:
        terms = query_terms(noun)
        if field is None or len(terms.indices) == 0:
            return None
        stems = set(tokenise(noun))
        counts: Counter[str] = Counter()
        for hit in version.search(SearchRequest(limit=_LOOKED_AT, terms=terms)):
            if stems <= set(tokenise(hit.product.title)):
                counts.update(values_of(hit.product, field) or [""])
        if len(counts) != 1 or counts.total() < _FEWEST:
            return None
        [value] = counts
        return (field, value) if value else None

    return lookup

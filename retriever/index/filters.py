"""A bound filter -> the filter objects of an engine.

Qdrant Edge and qdrant-client name the same filter objects alike, in two unrelated modules; a
`Dialect` says which. Bool fields are compared as the keywords ``true`` and ``false``
(`retriever.index.payload` stores them so), because Qdrant Edge reads a Python bool as the integer
1 or 0, which no bool field matches.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from retriever.index.binding import keyword_of
from retriever.where import And, Eq, In, Not, Or, Range, Scalar, Where


@dataclass(frozen=True, slots=True)
class Dialect:
    """The constructors of one engine's filter objects."""

    filter: Callable[..., Any]
    condition: Callable[..., Any]
    match_value: Callable[..., Any]
    match_any: Callable[..., Any]
    range: Callable[..., Any]


def to_filter(where: Where, dialect: Dialect) -> Any:
    """Translate a filter that `bind` has checked; every part of it ends up in the result."""
    condition = _condition(where, dialect)
    if isinstance(where, (And, Or, Not)):
        return condition
    return dialect.filter(must=[condition])


def filter_key(field: str) -> str:
    """Path of a filterable field in the payload."""
    return f"filter.{field}"


def _condition(where: Where, dialect: Dialect) -> Any:
    match where:
        case Eq(field, value):
            return _equals(field, value, dialect)
        case In(field, values):
            words = [keyword_of(value) for value in values if isinstance(value, (str, bool))]
            if len(words) == len(values):
                match = dialect.match_any(any=words)
                return dialect.condition(key=filter_key(field), match=match)
            return dialect.filter(should=[_equals(field, value, dialect) for value in values])
        case Range(field, gt, gte, lt, lte):
            bounds = dialect.range(gt=gt, gte=gte, lt=lt, lte=lte)
            return dialect.condition(key=filter_key(field), range=bounds)
        case And(parts):
            return dialect.filter(must=[_condition(part, dialect) for part in parts])
        case Or(parts):
            return dialect.filter(should=[_condition(part, dialect) for part in parts])
        case Not(part):
            return dialect.filter(must_not=[_condition(part, dialect)])


def _equals(field: str, value: Scalar, dialect: Dialect) -> Any:
    if isinstance(value, (str, bool)):
        match = dialect.match_value(value=keyword_of(value))
        return dialect.condition(key=filter_key(field), match=match)
    return dialect.condition(key=filter_key(field), range=dialect.range(gte=value, lte=value))

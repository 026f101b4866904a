"""Filters as data: what a caller asks (`Where`).

Each index checks it against its own fields (`retriever.index.binding.bind`).

A filter is never weakened. Whatever cannot be pushed down into the index as it stands raises
`FilterError`, which names what is supported.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

FieldType = Literal["keyword", "number", "bool"]
Scalar = str | float | bool


@dataclass(frozen=True, slots=True)
class Eq:
    """The field equals the value (text is compared case-insensitively; a list field contains it)."""

    field: str
    value: Scalar


@dataclass(frozen=True, slots=True)
class In:
    """The field equals one of the values."""

    field: str
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """The number lies between the bounds that are given; a product without the field does not match."""

    field: str
    gt: float | None = None
    gte: float | None = None
    lt: float | None = None
    lte: float | None = None


@dataclass(frozen=True, slots=True)
class And:
    """Every part holds."""

    parts: "tuple[Where, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part holds."""

    parts: "tuple[Where, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold (a product without the field matches ``Not(Eq(...))``)."""

    part: "Where"


Where = Eq | In | Range | And | Or | Not

Fields = Mapping[str, FieldType]
"""Filterable fields of an index: normalised name -> type."""

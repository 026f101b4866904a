"""LlamaIndex `MetadataFilters` -> `Where`, without weakening anything."""

from collections.abc import Sequence

from llama_index.core.vector_stores.types import (
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
)

from retriever.errors import FilterError
from retriever.where import And, Eq, In, Not, Or, Range, Scalar, Where

_SUPPORTED = "==, !=, >, >=, <, <=, in, nin, contains, any, all; nested filters with and, or, not"
_BOUNDS = {
    FilterOperator.GT: "gt",
    FilterOperator.GTE: "gte",
    FilterOperator.LT: "lt",
    FilterOperator.LTE: "lte",
}


def where_from_metadata_filters(filters: MetadataFilters) -> Where | None:
    """The same filter as a `Where`; None when ``filters`` is empty, as it asks for nothing.

    A condition on a list field holds for any of its values here, so ``contains`` is `Eq`, ``any`` is
    `In` and ``all`` an `And` of `Eq`, exactly; ``nin`` and ``!=`` also match products without the
    field. ``not`` over several filters means that none of them holds, the strictest reading. No
    condition means ``and``, LlamaIndex's own default.

    Raises `FilterError` for operators that match parts of a text or ask whether a field is there
    (``text_match``, ``is_empty``, ...), for values that do not fit their operator, and for an empty
    nested filter.
    """
    if not filters.filters and filters.condition in (None, FilterCondition.AND):
        return None
    return _nested(filters)


def _nested(filters: MetadataFilters) -> Where:
    parts = tuple(
        _nested(part) if isinstance(part, MetadataFilters) else _condition(part)
        for part in filters.filters
    )
    if not parts:
        raise FilterError(
            "a nested MetadataFilters without a filter in it has no meaning; leave it out"
        )
    if filters.condition is FilterCondition.NOT:
        return Not(parts[0] if len(parts) == 1 else Or(parts))
    if len(parts) == 1:
        return parts[0]
    return Or(parts) if filters.condition is FilterCondition.OR else And(parts)


def _condition(condition: MetadataFilter) -> Where:
    operator, field = condition.operator, condition.key
    match operator:
        case FilterOperator.EQ | FilterOperator.CONTAINS:
            return Eq(field, _scalar(condition))
        case FilterOperator.NE:
            return Not(Eq(field, _scalar(condition)))
        case FilterOperator.IN | FilterOperator.ANY:
            return In(field, _listed(condition))
        case FilterOperator.NIN:
            return Not(In(field, _listed(condition)))
        case FilterOperator.ALL:
            return And(tuple(Eq(field, value) for value in _listed(condition)))
        case FilterOperator.GT | FilterOperator.GTE | FilterOperator.LT | FilterOperator.LTE:
            return Range(field, **{_BOUNDS[operator]: _number(condition)})
        case _:
            raise FilterError(
                f"the filter on {field!r} uses the operator {operator.value!r}, which cannot be pushed "
                f"down into the index; supported: {_SUPPORTED}"
            )


def _scalar(condition: MetadataFilter) -> Scalar:
    if isinstance(condition.value, (str, int, float)):
        return condition.value
    raise _unfit(condition, "one value (use 'in' for several)")


def _number(condition: MetadataFilter) -> float:
    if isinstance(condition.value, (int, float)):
        return float(condition.value)
    raise _unfit(condition, "a number")


def _listed(condition: MetadataFilter) -> tuple[Scalar, ...]:
    values: Sequence[Scalar] | None = condition.value if isinstance(condition.value, list) else None
    if not values:
        raise _unfit(condition, "a list with at least one value")
    return tuple(values)


def _unfit(condition: MetadataFilter, wanted: str) -> FilterError:
    return FilterError(
        f"the filter on {condition.key!r} with the operator {condition.operator.value!r} needs "
        f"{wanted}, not {condition.value!r}"
    )

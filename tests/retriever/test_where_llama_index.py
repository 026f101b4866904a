"""MetadataFilters of LlamaIndex become the same filter here, or are refused."""

import pytest
from llama_index.core.vector_stores.types import (
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
)

from retriever.errors import FilterError
from retriever.where import And, Eq, In, Not, Or, Range, Where
from retriever.where_llama_index import where_from_metadata_filters


def one(value: object, operator: FilterOperator) -> MetadataFilters:
    return MetadataFilters(filters=[MetadataFilter(key="f", value=value, operator=operator)])


@pytest.mark.parametrize(
    ("operator", "value", "where"),
    [
        (FilterOperator.EQ, "red", Eq("f", "red")),
        (FilterOperator.NE, "red", Not(Eq("f", "red"))),
        (FilterOperator.GT, 5, Range("f", gt=5.0)),
        (FilterOperator.GTE, 5.5, Range("f", gte=5.5)),
        (FilterOperator.LT, 5, Range("f", lt=5.0)),
        (FilterOperator.LTE, 5, Range("f", lte=5.0)),
        (FilterOperator.IN, ["a", "b"], In("f", ("a", "b"))),
        (FilterOperator.NIN, [1, 2], Not(In("f", (1, 2)))),
        (FilterOperator.CONTAINS, "red", Eq("f", "red")),
        (FilterOperator.ANY, ["a", "b"], In("f", ("a", "b"))),
        (FilterOperator.ALL, ["a", "b"], And((Eq("f", "a"), Eq("f", "b")))),
    ],
)
def test_operators(operator: FilterOperator, value: object, where: Where) -> None:
    assert where_from_metadata_filters(one(value, operator)) == where


def test_every_other_operator_is_refused_by_name() -> None:
    refused = [
        FilterOperator.TEXT_MATCH,
        FilterOperator.TEXT_MATCH_INSENSITIVE,
        FilterOperator.IS_EMPTY,
    ]
    accepted = 11
    assert len(refused) + accepted == len(FilterOperator)
    for operator in refused:
        with pytest.raises(FilterError, match=f"{operator.value}'.*supported: ==, !=, >"):
            where_from_metadata_filters(one("red", operator))


@pytest.mark.parametrize(
    ("operator", "value", "wanted"),
    [
        (FilterOperator.EQ, None, "needs one value"),
        (FilterOperator.EQ, ["a"], "needs one value"),
        (FilterOperator.LT, "cheap", "needs a number"),
        (FilterOperator.IN, "a,b", "needs a list"),
        (FilterOperator.IN, [], "needs a list"),
    ],
)
def test_values_that_do_not_fit_are_refused(
    operator: FilterOperator, value: object, wanted: str
) -> None:
    with pytest.raises(FilterError, match=wanted):
        where_from_metadata_filters(one(value, operator))


def test_conditions_nest() -> None:
    red = MetadataFilter(key="colour", value="red")
    blue = MetadataFilter(key="colour", value="blue")
    cheap = MetadataFilter(key="price", value=50, operator=FilterOperator.LTE)
    filters = MetadataFilters(
        filters=[
            cheap,
            MetadataFilters(filters=[red, blue], condition=FilterCondition.OR),
            MetadataFilters(filters=[red], condition=FilterCondition.NOT),
            MetadataFilters(filters=[red, blue], condition=FilterCondition.NOT),
        ]
    )
    either = Or((Eq("colour", "red"), Eq("colour", "blue")))
    assert where_from_metadata_filters(filters) == And(
        (Range("price", lte=50.0), either, Not(Eq("colour", "red")), Not(either))
    )


def test_no_filter_is_none_and_an_empty_part_is_refused() -> None:
    assert where_from_metadata_filters(MetadataFilters(filters=[])) is None
    for empty in (
        MetadataFilters(filters=[], condition=FilterCondition.OR),
        MetadataFilters(filters=[MetadataFilters(filters=[])]),
    ):
        with pytest.raises(FilterError, match="no meaning"):
            where_from_metadata_filters(empty)

"""Filters as callers spell them, bound to the fields of an index."""

import math

import pytest

from retriever.errors import FilterError
from retriever.index.binding import MAX_DEPTH, bind, resolve_field
from retriever.where import And, Eq, Fields, In, Not, Or, Range, Where

FIELDS: Fields = {
    "base_colour": "keyword",
    "strap_color": "keyword",
    "brand": "keyword",
    "size": "keyword",
    "price": "number",
    "sale_price": "number",
    "new": "bool",
}


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("base_colour", "base_colour"),
        ("baseColor", "base_colour"),
        ("Base Colour", "base_colour"),
        ("strapColour", "strap_color"),
        ("strap-color", "strap_color"),
        ("price", "price"),
        ("Brand", "brand"),
    ],
)
def test_spellings_of_a_field(name: str, field: str) -> None:
    assert resolve_field(name, FIELDS) == field


def test_the_last_words_of_a_name_are_enough_when_they_are_unique() -> None:
    fields: Fields = {"base_colour": "keyword", "article_type": "keyword", "type_code": "keyword"}
    assert resolve_field("color", fields) == "base_colour"
    assert resolve_field("type", fields) == "article_type"
    with pytest.raises(FilterError, match="ambiguous: it could be base_colour, strap_color;"):
        resolve_field("colour", FIELDS)


def test_an_unknown_field_names_the_known_ones() -> None:
    with pytest.raises(
        FilterError, match=r"'prise' \(did you mean 'price'\?\); .*base_colour, brand"
    ):
        resolve_field("prise", FIELDS)
    with pytest.raises(FilterError, match="no field to filter by"):
        resolve_field("price", {})
    for name in ("", "§", "our"):
        with pytest.raises(FilterError, match="unknown field"):
            resolve_field(name, FIELDS)


@pytest.mark.parametrize(
    ("where", "bound"),
    [
        (Eq("brand", "  ACME "), Eq("brand", "acme")),
        (Eq("brand", "Groß"), Eq("brand", "gross")),
        (Eq("size", 10.0), Eq("size", "10")),
        (Eq("size", 9.5), Eq("size", "9.5")),
        (Eq("price", "12.50"), Eq("price", 12.5)),
        (Eq("new", "TRUE"), Eq("new", True)),
        (In("brand", ("A", "a", "B")), In("brand", ("a", "b"))),
        (In("price", (1, "2")), In("price", (1.0, 2.0))),
        (Range("price", gte=1, lt=5), Range("price", gte=1.0, lt=5.0)),
        (
            And((Or((Eq("Brand", "X"),)), Not(Eq("new", False)))),
            And((Or((Eq("brand", "x"),)), Not(Eq("new", False)))),
        ),
    ],
)
def test_values_are_put_in_the_index_terms(where: Where, bound: Where) -> None:
    assert bind(where, FIELDS) == bound


@pytest.mark.parametrize(
    ("where", "message"),
    [
        (Eq("price", "cheap"), "'price' is a number field and needs a finite number, not 'cheap'"),
        (Eq("price", True), "needs a finite number"),
        (Eq("price", math.nan), "needs a finite number"),
        (Eq("price", "inf"), "needs a finite number"),
        (Eq("new", "yes"), "'new' is a bool field and needs true or false, not 'yes'"),
        (Eq("new", 1.0), "needs true or false"),
        (Eq("brand", "  "), "needs text"),
        (Eq("brand", "half of a character \ud83d"), "needs text"),
        (Eq("size", math.inf), "needs text"),
        (In("brand", ()), "lists no value"),
        (In("price", (1, "x")), "not 'x'"),
        (
            Range("brand", gt=1),
            r"no <, <=, >, >=; use = or in \(number fields: price, sale_price\)",
        ),
        (Range("price"), "has no bound"),
        (Range("price", gt=math.nan), "bound gt of field 'price' needs a finite number"),
        (Range("price", lte=math.inf), "bound lte"),
        (And(()), "'and' without a condition"),
        (Or(()), "'or' without a condition"),
        (Not(Eq("nothing", 1)), "unknown field 'nothing'"),
    ],
)
def test_what_cannot_be_pushed_down_is_refused(where: Where, message: str) -> None:
    with pytest.raises(FilterError, match=message):
        bind(where, FIELDS)


def test_deep_nesting_is_refused_before_it_exhausts_the_stack() -> None:
    where: Where = Eq("brand", "x")
    for _ in range(MAX_DEPTH - 1):
        where = Not(where)
    bind(where, FIELDS)
    for _ in range(10_000):
        where = Not(where)
    with pytest.raises(FilterError, match="nested more than 32"):
        bind(where, FIELDS)

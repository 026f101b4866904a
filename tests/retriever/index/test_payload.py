"""What is stored beside the vectors."""

import pytest

from retriever.errors import ProductIndexError
from retriever.index.payload import filter_payload, point_id, stored_keys, stored_product
from retriever.product import Price, Product
from retriever.where import Fields

FIELDS: Fields = {
    "brand": "keyword",
    "category": "keyword",
    "price": "number",
    "currency": "keyword",
    "colours": "keyword",
    "size": "keyword",
    "height": "number",
    "new": "bool",
}


def test_filterable_values_are_folded_and_typed() -> None:
    product = Product(
        id="1",
        brand=" ACME ",
        price=Price(amount=5, currency="EUR"),
        attributes={
            "colours": ["Red ", "", "BLUE"],
            "size": 10.0,
            "height": "7.5",
            "new": False,
            "secret": "x",
        },
    )
    assert filter_payload(product, FIELDS) == {
        "brand": "acme",
        "price": 5.0,
        "currency": "eur",
        "colours": ["red", "blue"],
        "size": "10",
        "height": 7.5,
        "new": "false",
    }


def test_missing_and_empty_values_are_left_out() -> None:
    product = Product(id="1", brand=" ", attributes={"colours": [], "size": ""})
    assert filter_payload(product, FIELDS) == {}


def test_the_products_own_fields_win_over_attributes_of_that_name() -> None:
    attributes: dict[str, str | float | bool | list[str]] = {"brand": "b", "category": "c"}
    product = Product(id="1", brand="own", attributes=attributes)
    assert filter_payload(product, FIELDS) == {"brand": "own", "category": "c"}


@pytest.mark.parametrize(
    ("name", "value"), [("height", "tall"), ("height", True), ("new", "maybe")]
)
def test_a_value_of_another_type_is_an_error_that_names_it(name: str, value: str) -> None:
    with pytest.raises(ProductIndexError, match=f"product '1': field '{name}' is {value!r}"):
        filter_payload(Product(id="1", attributes={name: value}), FIELDS)


def test_point_ids_never_change() -> None:
    assert point_id("p1") == "6831c6d3-efc2-5964-bde2-cb8b05633c2f"
    assert point_id("p1") != point_id("p2")


@pytest.mark.parametrize("payload", [None, {}, {"product": {"id": 1, "colour": "red"}}])
def test_points_of_other_programs_are_recognised(payload: dict[str, object] | None) -> None:
    with pytest.raises(ProductIndexError, match="index the catalogue again"):
        stored_product(payload)
    with pytest.raises(ProductIndexError, match="index the catalogue again"):
        stored_keys(payload)

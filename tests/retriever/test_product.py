import pytest
from pydantic import ValidationError

from retriever.product import NO_CURRENCY, Price, Product, field_name


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("baseColour", "base_colour"),
        ("Base colour", "base_colour"),
        ("  Body (HTML) ", "body_html"),
        ("SKUCode", "sku_code"),
        ("size2", "size_2"),
        ("Größe", "grosse"),
        ("Matière préférée", "matiere_preferee"),
        ("颜色", ""),
    ],
)
def test_field_names_are_normalised(label: str, name: str) -> None:
    assert field_name(label) == name
    assert field_name(name) == name


def test_a_price_without_currency_shows_its_amount_alone() -> None:
    assert str(Price(amount=1299.5, currency="EUR")) == "1,299.50 EUR"
    assert str(Price(amount=1299.5, currency=NO_CURRENCY)) == "1,299.50"


@pytest.mark.parametrize(("amount", "currency"), [(-1, "EUR"), (float("inf"), "EUR"), (1, "eur")])
def test_impossible_prices_are_refused(amount: float, currency: str) -> None:
    with pytest.raises(ValidationError):
        Price(amount=amount, currency=currency)


def test_attribute_names_must_be_normalised() -> None:
    with pytest.raises(ValidationError, match="'base_colour'"):
        Product(id="1", attributes={"baseColour": "red"})


def test_attribute_values_keep_their_type() -> None:
    values = {"new": True, "year": 2011.0, "sizes": ["S", "M"], "code": "007"}
    assert Product(id="1", attributes=values).attributes == values


def test_the_picture_is_not_part_of_the_record() -> None:
    assert "picture" not in Product(id="1").model_dump()

import pytest

from retriever.catalogue.prices import currency_in_name, known_currency, parse_price
from retriever.product import NO_CURRENCY


@pytest.mark.parametrize(
    ("cell", "beside", "amount", "currency"),
    [
        (12, None, 12, NO_CURRENCY),
        ("12.5", "EUR", 12.5, "EUR"),
        ("1.299", "EUR", 1.299, "EUR"),  # a bare number is as its exporter wrote it
        ("US$ 12.50", None, 12.5, "USD"),
        ("$1,299.00", None, 1299, "USD"),
        ("$5", "CAD", 5, "CAD"),
        ("$12.50 USD", None, 12.5, "USD"),
        ("12,50 €", None, 12.5, "EUR"),
        ("1.299,00 €", None, 1299, "EUR"),
        ("1\u00a0299,50 kr", "NOK", 1299.5, "NOK"),
        ("CHF 1'299.00", None, 1299, "CHF"),
        ("Rs. 1,299", None, 1299, "INR"),
        ("1 299 €", None, 1299, "EUR"),
        ("1 299.500 KWD", None, 1299.5, "KWD"),
        ("1,234,567", None, 1234567, NO_CURRENCY),
        ("12.50 usd", "USD", 12.5, "USD"),
        ({"amount": 3, "currency": "eur"}, "USD", 3, "EUR"),
        ({"value": "3.20"}, "USD", 3.2, "USD"),
        ("0", "EUR", 0, "EUR"),
    ],
)
def test_prices_are_understood(
    cell: object, beside: str | None, amount: float, currency: str
) -> None:
    price = parse_price(cell, beside)
    assert (price.amount, price.currency) == (amount, currency)


@pytest.mark.parametrize(
    ("cell", "beside", "why"),
    [
        ("abc", None, "not an amount"),
        ("-5", None, "negative"),
        (-5, None, "negative"),
        ("1,2,3", None, "not an amount"),
        ("12..5", None, "not an amount"),
        ("9" * 400, None, "not an amount"),
        (True, None, "not an amount"),
        ("12 - 20", None, "unknown currency"),
        ("from 12", None, "unknown currency 'from'"),
        ("1.299 €", None, "ambiguous"),
        ("0,999 €", None, "not an amount"),
        ("0,125", None, "not an amount"),
        ("1234,567", None, "not an amount"),
        ("12 50 €", None, "not an amount"),
        ("3 99", None, "not an amount"),
        ("1'5", None, "not an amount"),
        ("12.5 0", None, "not an amount"),
        ("12,500 TND", None, "ambiguous"),
        ("€5", "USD", "says EUR, but the catalogue says USD"),
        ("€5 USD", None, "says EUR and USD"),
        ({"amount": None}, "USD", "not an amount"),
        ({"amount": 3, "currency": "gold"}, None, "unknown currency 'gold'"),
    ],
)
def test_other_prices_are_refused_with_the_reason(
    cell: object, beside: str | None, why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        parse_price(cell, beside)


def test_currencies_by_code_and_by_column_name() -> None:
    assert known_currency(" eur ") == "EUR"
    assert currency_in_name("price_usd") == "USD"
    assert currency_in_name("priceEUR") == "EUR"
    assert currency_in_name("price") is None

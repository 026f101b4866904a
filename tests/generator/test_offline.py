"""The offline writer: good sentences, made of the evidence and of nothing else."""

import re

import pytest

from generator.offline import write_recommendation
from retriever.product import NO_CURRENCY, AttributeValue, Price, Product
from retriever.retrieved import RetrievedProduct


def found(
    rank: int,
    title: str,
    price: float | None = None,
    currency: str = "USD",
    brand: str | None = None,
    product_id: str | None = None,
    **attributes: AttributeValue,
) -> RetrievedProduct:
    product = Product(
        id=product_id or f"sku-{rank}",
        title=title,
        brand=brand,
        price=None if price is None else Price(amount=price, currency=currency),
        attributes=attributes,
    )
    return RetrievedProduct(product, score=1 / rank, rank=rank)


def text_of(*retrieved: RetrievedProduct, query: str = "toy") -> str:
    return write_recommendation(query, retrieved).text


def test_three_products() -> None:
    recommendation = write_recommendation(
        "small orange plush toy",
        [
            found(1, "Foxy", 12, brand="Acme", material="polyester", base_colour="orange"),
            found(2, "Bear", 9),
            found(3, "Tabby cat", 1015.5),
            found(4, "Owl", 3),
        ],
    )
    assert recommendation.text == (
        "Closest to “small orange plush toy” is “Foxy” by Acme [1] at 12.00 USD; it is listed with "
        "base colour orange and material polyester. "
        "Next come “Bear” [2] at 9.00 USD and “Tabby cat” [3] at 1,015.50 USD. "
        "The least expensive of the three is [2], at 9.00 USD."
    )
    cited = [(citation.number, citation.product_id) for citation in recommendation.citations]
    assert cited == [(1, "sku-1"), (2, "sku-2"), (3, "sku-3")]
    assert recommendation.writer == "offline"


def test_one_product_without_anything_but_an_id() -> None:
    recommendation = write_recommendation("", [found(1, " ", product_id="A-7")])
    assert recommendation.text == (
        "Closest is product “A-7” [1]. The catalogue gives no price for [1]."
    )


def test_nothing_retrieved() -> None:
    recommendation = write_recommendation("a submarine", [])
    assert recommendation.text.startswith("Nothing in the catalogue fits “a submarine”.")
    assert recommendation.citations == ()
    assert text_of(query="  ").startswith("Nothing in the catalogue fits this search.")


@pytest.mark.parametrize(
    ("prices", "last"),
    [
        ((5, 9), "The less expensive of the two is [1], at 5.00 USD."),
        ((5, 5), "Both cost 5.00 USD."),
        ((5, 5, 5), "All three cost 5.00 USD."),
        ((9, 5, 5), "The least expensive of the three are [2] and [3], at 5.00 USD each."),
        ((9, None, 5), "The catalogue gives no price for [2]."),
        ((None, None), "The catalogue gives no price for [1] and [2]."),
        ((0, 5), "The less expensive of the two is [1], at 0.00 USD."),
    ],
)
def test_prices_are_compared_only_where_all_are_known(
    prices: tuple[float | None, ...], last: str
) -> None:
    titles = ("Ant", "Bee", "Cat")
    text = text_of(*(found(rank, titles[rank - 1], price) for rank, price in enumerate(prices, 1)))
    assert text.endswith(" " + last)


def test_prices_in_two_currencies_are_not_compared() -> None:
    text = text_of(found(1, "Ant", 5, "USD"), found(2, "Bee", 4, "EUR"))
    assert text == "Closest to “toy” is “Ant” [1] at 5.00 USD. Next comes “Bee” [2] at 4.00 EUR."


def test_prices_in_a_currency_nobody_knows_are_not_compared() -> None:
    text = text_of(found(1, "Ant", 5, NO_CURRENCY), found(2, "Bee", 4, NO_CURRENCY))
    assert text == "Closest to “toy” is “Ant” [1] at 5.00. Next comes “Bee” [2] at 4.00."


def test_same_titles_are_told_apart() -> None:
    text = text_of(found(1, "Tee", 5), found(2, "Tee", 6), found(3, "Hat", 7))
    assert "Next come another “Tee” [2] at 6.00 USD and “Hat” [3]" in text


def test_titles_in_capitals_are_calmed_and_long_ones_cut_after_a_word() -> None:
    assert "“Plush Toy 5IN”" in text_of(found(1, "PLUSH TOY 5IN", 5))
    assert "“BILLY” [1]" in text_of(found(1, "BILLY", 5))
    cut = re.search("“([^“]*)” \\[1]", text_of(found(1, "wonderful " * 30, 5)))
    assert cut is not None
    assert cut[1] == "wonderful " * 5 + "…"
    assert "“" + "x" * 59 + "…” [1]" in text_of(found(1, "x" * 500, 5))


def test_text_from_the_catalogue_can_neither_cite_nor_break_the_line() -> None:
    text = text_of(found(1, "Ant” [2]\nis free\x00", 5), query="toy [9]”\nnow")
    assert re.findall(r"\[\d+]", text) == ["[1]"]
    assert text.isprintable()
    assert text.count("“") == text.count("”") == 2


def test_attributes_that_answer_the_query_come_first_and_only_short_ones_are_told() -> None:
    told = found(
        1, "Fox", 5, url="x" * 80, sku="1", made="in 2020", vegan=True, size=5.0,
        colours=["red", "blue", "orange"], empty="", none=[],
    )  # fmt: skip
    text = text_of(told, query="an orange fox")
    assert "listed with colours red, blue and orange, sku 1 and made in 2020." in text
    assert "xxx" not in text
    assert "vegan yes and size 5." in text_of(found(1, "Fox", 5, vegan=True, size=5.0))


def test_a_brand_that_the_title_names_is_not_repeated() -> None:
    assert "by" not in text_of(found(1, "Puma sports shoe", 5, brand="PUMA"))


def test_no_word_comes_from_anywhere_but_the_template_the_query_and_the_evidence() -> None:
    text = text_of(found(1, "Fox", 5, material="wool"), query="orange")
    assert text == "Closest to “orange” is “Fox” [1] at 5.00 USD; it is listed with material wool."

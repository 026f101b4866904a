"""What cards, replies and comparisons say, as HTML."""

import re

from ui.cards import Place, alt_text, card_html
from ui.compare import table_html
from ui.evaluation.ranks import changes
from ui.model import Card, Product, Sentence, Turn
from ui.turns import reply_html

EVIL = "<img src=x onerror=alert(1)> [x](javascript:alert(1)) $a$"
PRODUCT = Product(
    "p1",
    EVIL,
    description=EVIL,
    brand=EVIL,
    category=EVIL,
    price=9.0,
    currency="EUR",
    attributes={"colour": EVIL, "sizes": ["S", "M"], "new": True},
)


def tags(html: str) -> set[str]:
    return set(re.findall(r"<(\w+)", html))


def test_nothing_of_a_product_is_markup() -> None:
    card = Card(1, PRODUCT, 0.5, (EVIL,))
    turn = Turn(cards=[card], sentences=[Sentence(EVIL), Sentence(EVIL, notice=True)])
    for html in (
        card_html(card, "product-0"),
        reply_html(turn, Place(0)),
        table_html([PRODUCT, PRODUCT]),
    ):
        assert "img" not in tags(html)
        assert "&lt;img src=x" in html
        assert "javascript:" not in "".join(re.findall(r'href="([^"]*)"', html))


def test_card_shows_the_limit_of_a_price_and_not_the_price_again() -> None:
    html = card_html(Card(1, PRODUCT, matches=("price 9.00 EUR (under 10.00 EUR)",)), "product-0")
    assert "<li>under 10.00 EUR</li>" in html
    assert html.count("9.00") == 1


def test_score_is_among_the_details() -> None:
    html = card_html(Card(1, PRODUCT, 0.51234), "product-0")
    assert "0.512" in html.partition("<details>")[2]
    assert "0.512" not in html.partition("<details>")[0]


def test_comparison_marks_the_rows_that_differ() -> None:
    red = Product("a", "A", brand="X", attributes={"colour": "red", "size": "S"})
    blue = Product("b", "B", brand="X", attributes={"colour": "blue"})
    html = table_html([red, blue])
    rows = {row: "differs" in row for row in re.findall(r"<tr.*?</tr>", html)}
    differing = [row for row, differs in rows.items() if differs]
    assert ["colour" in differing[0], "size" in differing[1]] == [True, True]
    assert len(differing) == 2


def test_alt_text_names_the_product_and_its_colour() -> None:
    assert alt_text(Product("p", "Mug", attributes={"colour": "red"})) == "Picture of Mug, red"


def test_rank_beyond_the_depth_counts_as_the_one_after_it() -> None:
    queries = [
        {"text": text, "suite": "known-item", "category": "", "ranks": {"a": old, "b": new}}
        for text, old, new in (("x", 1, None), ("y", 50, 2), ("z", 3, 3))
    ]
    lost = changes(queries, "a", "b", depth=100, suite="known-item", order="largest losses")
    assert [(row.text, row.change) for row in lost] == [("x", -100), ("z", 0), ("y", 48)]
    gained = changes(queries, "a", "b", depth=100, suite="known-item", order="largest gains")
    assert [row.text for row in gained] == ["y", "z", "x"]
    worst = changes(queries, "a", "b", depth=100, suite="known-item", order="worst now")
    assert worst[0].text == "x"

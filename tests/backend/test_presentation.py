"""Products in a small space."""

from backend.presentation import key_attributes, printable, shown_title
from retriever.product import Product


def test_control_characters_cannot_reach_a_terminal() -> None:
    assert printable("red\x1b[2J\x07 mug\n\u202etwo") == "red [2J mug two"


def test_a_product_without_a_title_is_shown_by_its_id() -> None:
    assert shown_title(Product(id="sku-1", title=" \x1b ")) == "sku-1"
    assert shown_title(Product(id="p", title="word " * 40), 20).endswith("…")


def test_attributes_that_were_asked_for_come_first() -> None:
    product = Product(
        id="p", attributes={"size": "large", "base_colour": "Navy Blue", "stripes": True}
    )
    assert key_attributes(product, "a blue mug", 2) == [
        ("base colour", "Navy Blue"),
        ("size", "large"),
    ]
    assert key_attributes(product, "", 9) == [
        ("size", "large"),
        ("base colour", "Navy Blue"),
        ("stripes", "yes"),
    ]


def test_long_values_are_left_out() -> None:
    product = Product(id="p", attributes={"care": "wash " * 20, "empty": [], "size": "S"})
    assert key_attributes(product, "wash", 9) == [("size", "S")]

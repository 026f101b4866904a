import pytest

from retriever.product import AttributeValue, Product
from training.evaluation.attributes import attributes_of
from training.evaluation.brands import brands_of
from training.evaluation.query_types import types_of_text
from training.evaluation.typed import typed_suite

SHIRT = Product(id="p", category="Shirts", attributes={"base_colour": "Blue", "gender": "Men"})


@pytest.mark.parametrize(
    ("text", "brand", "types"),
    [
        ("shirt", "", {"category"}),
        ("Blue shirts", "", {"category", "colour"}),
        ("Nike Shirt", "nike", {"category", "brand"}),
        ("nikel", "nike", {"vague"}),
        ("striped one", "", {"pattern"}),
        ("Nike Men blue shirt", "nike", {"category", "brand", "colour", "gender/usage", "multi-attribute"}),
        ("a shirt without buttons", "", {"category", "negation"}),
        ("one two three four five six seven eight shirt", "", {"category", "long text"}),
    ],
)  # fmt: skip
def test_types_of_a_text(text: str, brand: str, types: set[str]) -> None:
    assert types_of_text(text, attributes_of(SHIRT), brand) == types


def product(number: int, category: str, colour: str, **attributes: AttributeValue) -> Product:
    known = {"colour": colour, **attributes}
    return Product(id=f"p{number}", title=f"thing {number}", category=category, attributes=known)


def test_brands_are_what_stands_before_a_person_in_several_titles() -> None:
    titles = ["Palm Tree Girls Skirt", "Palm Tree Kids Top", "Palm Tree Men Hat", "palm tree mug"]
    titles += ["Only Once Women Bag", "Rare Hat"]
    products = [Product(id=str(row), title=title) for row, title in enumerate(titles)]
    assert brands_of(products) == ["palm tree"] * 4 + ["", ""]


def test_a_field_of_brands_wins() -> None:
    products = [Product(id="a", title="X Men hat", brand="Vela"), Product(id="b", title="Y")]
    assert brands_of(products) == ["vela", ""]


def test_typed_queries_and_what_answers_them() -> None:
    shop = [product(row, "Shoes", "black", season="Summer") for row in range(3)]
    shop += [product(row, "Shoes", "red", season="Winter") for row in range(3, 6)]
    shop += [product(row, "Mugs", "black", season="Winter") for row in range(6, 12)]
    suite = {query.text: query for query in typed_suite(shop, least=3)}
    assert suite["shoe that is not black"].relevant == {"p3", "p4", "p5"}
    assert suite["shoe that is not black"].types == {"negation"}
    assert suite["black shoe"].relevant == {"p0", "p1", "p2"}
    assert suite["something for summer"].types == {"vague"}
    assert suite["shoe"].relevant == {f"p{row}" for row in range(6)}
    # Nine of twelve are for winter, and nine are black: too many to fail on.
    assert "something for winter" not in suite
    assert "something black" not in suite


def test_a_negation_needs_products_that_it_excludes() -> None:
    shop = [product(row, "Shoes", "black") for row in range(2)]
    shop += [product(row, "Shoes", "red") for row in range(2, 4)]
    assert [q for q in typed_suite(shop, least=3) if "negation" in q.types] == []

import pytest

from retriever.product import AttributeValue, Product
from training.evaluation.errors import ERROR_CLASSES, error_class, failed, top_wrong
from training.evaluation.suites import Query


def product(name: str, title: str, category: str, **attributes: AttributeValue) -> Product:
    return Product(id=name, title=title, category=category, attributes=attributes)


SHOP = {
    p.id: p
    for p in (
        product("want", "Acme run blue shoe", "Shoes", colour="blue", gender="Men", department="Footwear"),
        product("variant", "Acme run red shoe", "Shoes", colour="red", gender="Men", department="Footwear"),
        product("red", "Other thing", "Shoes", colour="red", gender="Men", department="Footwear"),
        product("women", "Other thing", "Shoes", colour="blue", gender="Women", department="Footwear"),
        product("twin", "Other thing", "Shoes", colour="blue", gender="Men", department="Footwear"),
        product("sock", "Sock", "Socks", colour="blue", department="Footwear"),
        product("mug", "Mug", "Mugs", colour="blue", department="Kitchen"),
        product("pan", "Pan", "Pans", colour="red", department="Kitchen"),
        product("bare", "Bare", ""),
        product("titled", "Blue shoes in red", "Shoes", colour="red", department="Footwear"),
    )
}  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ("variant", "variant"),
        ("red", "right type, wrong colour"),
        ("women", "right look, wrong person"),
        ("twin", "names what no picture shows"),
        ("sock", "same shelf, wrong type"),
        ("mug", "right colour, wrong type"),
        ("pan", "wrong category"),
        ("bare", "not comparable"),
    ],
)
def test_class_of_a_known_items_error(wrong: str, expected: str) -> None:
    query = Query(
        "known-item/want", "Acme run blue shoe", frozenset({"want"}), "known-item", frozenset({"brand"})
    )  # fmt: skip
    assert error_class(query, SHOP[wrong], SHOP) == expected
    assert expected in ERROR_CLASSES


def test_without_a_brand_a_twin_suggests_missing_labels() -> None:
    query = Query("known-item/want", "shoe", frozenset({"want"}), "known-item")
    assert error_class(query, SHOP["twin"], SHOP) == "labels suspected"


def test_class_of_an_attribute_querys_error() -> None:
    blue = Query("attribute/blue shoes", "blue shoes", frozenset({"want", "twin"}), "attribute")
    assert error_class(blue, SHOP["red"], SHOP) == "right type, wrong colour"
    assert error_class(blue, SHOP["titled"], SHOP) == "labels suspected"
    excluding = Query(
        "typed/n", "shoes that is not red", frozenset({"want", "twin"}), "typed", frozenset({"negation"})
    )  # fmt: skip
    assert error_class(excluding, SHOP["red"], SHOP) == "excluded"
    vague = Query("typed/v", "something blue", frozenset({"want", "mug"}), "typed")
    assert error_class(vague, SHOP["pan"], SHOP) == "wrong colour"


def test_what_counts_as_failed() -> None:
    known = Query("known-item/want", "x", frozenset({"want"}), "known-item")
    attribute = Query("a", "x", frozenset({"want", "twin"}), "attribute")
    ranking = [("want", 2.0), ("red", 1.0)]
    assert not failed(known, ranking)
    assert failed(attribute, ranking)
    assert failed(known, [(f"x{i}", 1.0) for i in range(10)] + [("want", 0.0)])
    assert top_wrong(attribute, ranking) == "red"

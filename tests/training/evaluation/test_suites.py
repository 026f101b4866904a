import numpy as np

from retriever.product import AttributeValue, Product
from training.evaluation.attributes import attributes_of
from training.evaluation.suites import attribute_suite, known_item_suite, queries_by_text
from training.pairs import Pairs, group


def shirt(number: int, title: str = "shirt", **attributes: AttributeValue) -> Product:
    return Product(id=f"p{number}", title=title, category="Shirts", attributes=attributes)


def pairs_of(titles: list[str], keys: list[str]) -> Pairs:
    products = [shirt(row, title) for row, title in enumerate(titles)]
    return Pairs(products, titles, keys, group(titles, keys))


def test_known_item_counts_products_that_share_title_or_picture() -> None:
    pairs = pairs_of(["red mug", "red mug", "blue mug", "hat"], ["a", "b", "b", "c"])
    suite = known_item_suite(pairs)
    assert [query.text for query in suite] == pairs.texts
    assert [sorted(query.relevant) for query in suite] == [
        ["p0", "p1"],
        ["p0", "p1", "p2"],
        ["p1", "p2"],
        ["p3"],
    ]
    assert suite[0].group == suite[2].group != suite[3].group
    assert {query.category for query in suite} == {"shirt"}


def test_attribute_suite_keeps_queries_with_enough_answers() -> None:
    products = [
        shirt(0, base_colour="Navy", gender="Men"),
        shirt(1, base_colour="Navy Blue", gender="Women"),
        shirt(2, base_colour="Red"),
    ]
    suite = attribute_suite(products, least=2)
    assert [(query.text, sorted(query.relevant)) for query in suite] == [
        ("navy blue shirt", ["p0", "p1"])
    ]
    assert [query.text for query in attribute_suite(products, least=1)] == [
        "navy blue shirt",
        "red shirt",
        "navy blue shirt for men",
        "navy blue shirt for women",
    ]


def test_a_product_of_two_colours_answers_to_both() -> None:
    suite = attribute_suite([shirt(0, color="white, blue"), shirt(1, color="blue")], least=1)
    assert {query.text: sorted(query.relevant) for query in suite} == {
        "white shirt": ["p0"],
        "blue shirt": ["p0", "p1"],
    }


def test_attributes_are_named_as_people_name_them() -> None:
    def type_of(label: str) -> tuple[str, ...]:
        return attributes_of(Product(id="p", category=label)).get("type", ())

    assert type_of("Tshirts") == ("t-shirt",)
    assert type_of("Rug, flatwoven") == ("rug",)
    assert type_of("Gear/fitness_equipment") == ("fitness equipment",)
    assert type_of("Women Sale") == ()
    assert "usage" not in attributes_of(shirt(0, usage="NA"))


def test_queries_by_text() -> None:
    (query,) = queries_by_text(["a", "b", "c"], ["red", "red", None], least=2)
    assert query.relevant == {"a", "b"}


def test_known_item_query_ids_are_unique() -> None:
    suite = known_item_suite(pairs_of(["same"] * 3, ["a", "b", "c"]))
    assert len(np.unique([query.id for query in suite])) == 3

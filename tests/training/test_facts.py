import pytest

from retriever.drawn import plan_shop
from training.facts import (
    drawn_facts,
    fashion_facts,
    grocery_facts,
    magento_facts,
    tailwind_facts,
    type_names,
    visual_words,
)

SHIRT = {
    "title": "Arrow Men Navy Striped Formal Shirt",
    "articleType": "Shirts",
    "subCategory": "Topwear",
    "baseColour": "Navy Blue",
    "gender": "Men",
    "usage": "Formal",
}


def test_fashion_facts_take_attributes_and_visual_words_but_no_brand() -> None:
    facts = fashion_facts(SHIRT)
    assert set(facts) == {
        "type:shirt",
        "group:topwear",
        "colour:navy blue",
        "gender:men",
        "usage:formal",
        "word:striped",
    }


def test_missing_values_make_no_fact() -> None:
    facts = fashion_facts({**SHIRT, "baseColour": "NA", "usage": None, "title": None})
    assert not any(f.startswith(("colour:", "usage:", "word:")) for f in facts)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Tshirts", "t-shirt"),
        ("Wallets", "wallet"),
        ("Dresses", "dress"),
        ("Lip Gloss", "lip gloss"),
    ],
)
def test_type_labels_become_what_people_say(label: str, name: str) -> None:
    assert type_names(label)[0] == name


def test_visual_words_are_canonical() -> None:
    assert visual_words("Puma Stripes Pack of 3, Black Dial, V-Neck") == {
        "striped",
        "pack",
        "black dial",
        "v-neck",
    }
    assert visual_words("Nike Printer Manual") == set()


def test_small_catalogues() -> None:
    row = {"title": "Chaz Kangeroo Hoodie Gray", "color": "Gray", "gender": "Men"}
    assert set(magento_facts(row)) == {"type:hoodie", "colour:grey", "gender:men", "usage:sports"}
    row = {"title": "Red Bell Pepper", "category": "Pepper", "top_category": "Vegetables"}
    assert set(grocery_facts(row)) == {"type:pepper", "group:vegetable", "colour:red"}
    assert set(tailwind_facts({"title": "Yellow Rechargeable screwdriver"})) == {
        "type:screwdriver",
        "colour:yellow",
    }


def test_drawn_facts_state_what_the_picture_shows() -> None:
    product = next(p for p in plan_shop(3) if p.visual.parts and p.visual.pattern != "plain")
    visual = product.visual
    facts = drawn_facts(visual)
    assert f"type:{visual.type}" in facts
    assert {f"part:{part}" for part in visual.parts} <= set(facts)
    assert any(f.startswith("word:") for f in facts)
    assert not any("None" in f for f in facts)


@pytest.mark.parametrize(
    ("title", "label", "is_polo"),
    [
        ("Reebok Men Striped Polo T-shirt", "Tshirts", True),
        ("U.S. Polo Assn. Men White T-shirt", "Tshirts", False),
        ("U.S. Polo Men Brown Shoes", "Casual Shoes", False),
    ],
)
def test_a_polo_is_a_shirt_and_not_a_brand(title: str, label: str, is_polo: bool) -> None:
    row = dict.fromkeys(("subCategory", "baseColour", "gender", "usage"))
    facts = fashion_facts(row | {"title": title, "articleType": label})
    assert ("kind:polo" in facts) is is_polo

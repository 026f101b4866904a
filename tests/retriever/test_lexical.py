"""BM25 terms."""

import numpy as np
import pytest

from retriever.lexical import (
    AVERAGE_LENGTH,
    K1,
    B,
    document_terms,
    query_terms,
    terms_of_product,
    tokenise,
)
from retriever.product import Price, Product


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Running SHOES for the women", ["run", "shoe", "women"]),
        ("T-shirt", ["t", "shirt", "tshirt"]),
        ("tshirts", ["tshirt"]),
        ("5-inch", ["5", "inch", "5inch"]),
        ("5inch", ["5", "inch", "5inch"]),
        ("men's ladies’", ["men", "ladi"]),
        ("2.5 cm", ["2.5", "cm"]),
        ("state_of-the-art", ["state", "art", "oftheart"]),
        ("Ｃａｆé!", ["café"]),
        ("the is of", []),
        ("", []),
    ],
)
def test_terms_of_a_text(text: str, terms: list[str]) -> None:
    assert tokenise(text) == terms


def test_hashes_are_stable_and_unique() -> None:
    terms = query_terms("red shoes red")
    assert terms.indices.dtype == np.uint32
    assert terms.indices.tolist() == [3947933638, 3515400552]
    assert terms.values.tolist() == [1.0, 1.0]


def test_document_weights_are_bm25() -> None:
    terms = document_terms("red red red shoe")
    penalty = K1 * (1 - B + B * 4 / AVERAGE_LENGTH)
    weights = dict(zip(terms.indices.tolist(), terms.values.tolist(), strict=True))
    red, shoe = query_terms("red shoe").indices.tolist()
    assert weights[red] == pytest.approx(3 * (K1 + 1) / (3 + penalty))
    assert weights[shoe] == pytest.approx((K1 + 1) / (1 + penalty))


def test_a_longer_document_weighs_each_word_less() -> None:
    short, long = document_terms("red"), document_terms("red " + "filler words " * 40)
    red = query_terms("red").indices[0]
    assert short.values[0] > long.values[long.indices == red][0]


def test_a_product_is_found_by_all_its_words_and_not_by_numbers() -> None:
    product = Product(
        id="1",
        title="Slim trousers",
        description="soft",
        brand="Acme",
        category="Clothes",
        price=Price(amount=77, currency="EUR"),
        attributes={"colours": ["teal"], "fabric": "denim", "height": 55.0, "new": True},
    )
    stored = set(terms_of_product(product).indices.tolist())
    for word in ("slim", "trousers", "soft", "acme", "clothes", "teal", "denim"):
        assert set(query_terms(word).indices.tolist()) <= stored
    for word in ("77", "eur", "55", "true"):
        assert not set(query_terms(word).indices.tolist()) & stored


def test_empty_products_have_no_terms() -> None:
    assert terms_of_product(Product(id="1")).indices.shape == (0,)

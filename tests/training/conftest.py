"""A domain without photographs: products whose titles tell a turned and noisy version of their pictures."""

from dataclasses import replace

import numpy as np
import pytest

from retriever.product import Product
from training.domains import Domain
from training.pairs import PairFeatures, Pairs, Split

BRANDS = ("zorp", "quill", "fendle", "wibbly", "gamut", "plinth")
COLOURS = ("red", "blue", "green", "white", "black")


def _unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="session")
def domain() -> Domain:
    """240 products, features [16]. The text's feature knows the colour, only the words know the brand."""
    rng = np.random.default_rng(0)
    count, dim = 240, 16
    colours = rng.integers(len(COLOURS), size=count)
    brands = rng.integers(len(BRANDS), size=count)
    colour_at, brand_at = rng.normal(size=(len(COLOURS), dim)), rng.normal(size=(len(BRANDS), dim))
    turn = np.linalg.qr(rng.normal(size=(dim, dim)))[0]
    own = 0.6 * rng.normal(size=(count, dim))
    pictures = _unit(colour_at[colours] + brand_at[brands] + own)
    texts = _unit((colour_at[colours] + own) @ (0.7 * np.eye(dim) + 0.3 * turn))
    titles = [
        f"{BRANDS[b].title()} {COLOURS[c]} thing {i}"
        for i, (b, c) in enumerate(zip(brands, colours, strict=True))
    ]
    products = [
        Product(
            id=f"p{i}",
            title=titles[i],
            category="thing",
            attributes={"colour": COLOURS[colours[i]]},
        )
        for i in range(count)
    ]
    splits: list[Split] = ["train"] * 140 + ["val"] * 50 + ["test"] * 50
    pairs = Pairs(products, titles, [f"{i:032x}" for i in range(count)], np.arange(count))
    return Domain("things", pairs, PairFeatures(texts, pictures, titles), splits)


@pytest.fixture
def small(domain: Domain) -> Domain:
    """The same with few training pairs."""
    splits: list[Split] = [
        s if s != "train" or i < 40 else "test" for i, s in enumerate(domain.splits)
    ]
    return replace(domain, splits=splits)

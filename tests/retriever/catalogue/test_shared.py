"""Real shops' catalogues are understood without any settings."""

from pathlib import Path

import pytest

from retriever.catalogue import Catalogue, RoleOverrides

CATALOGUES = Path(__file__).resolve().parents[4] / "shared" / "catalogues"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not CATALOGUES.is_dir(), reason="needs ../shared/catalogues"),
]

FASHION = {"id": "id", "title": "title", "category": "articleType", "picture": "image"}
FACETS = {
    **dict.fromkeys(("category", "gender", "master_category", "sub_category"), "keyword"),
    **dict.fromkeys(("base_colour", "season", "usage", "split"), "keyword"),
    "year": "number",
}
PLAIN = {"id": "id", "title": "title", "description": "description", "picture": "image"}


@pytest.mark.parametrize(
    ("name", "rows", "roles", "fields"),
    [
        ("fashion", 8583, FASHION, FACETS),
        ("fashion_small", 34566, FASHION, FACETS),
        (
            "grocery",
            81,
            {**PLAIN, "category": "category"},
            dict.fromkeys(("category", "top_category", "split"), "keyword"),
        ),
        (
            "ikea",
            2187,
            {**PLAIN, "category": "type"},
            dict.fromkeys(("category", "name", "color", "size", "split"), "keyword"),
        ),
        (
            "magento_luma",
            449,
            {**PLAIN, "category": "category", "price": "price_usd"},
            {
                "price": "number",
                **dict.fromkeys(
                    ("category", "currency", "name", "color", "gender", "split"), "keyword"
                ),
            },
        ),
        (
            "tailwind",
            70,
            {**PLAIN, "category": "category", "price": "price_usd"},
            {"price": "number", **dict.fromkeys(("category", "currency", "split"), "keyword")},
        ),
    ],
)
def test_roles_and_fields(
    name: str, rows: int, roles: dict[str, str], fields: dict[str, str]
) -> None:
    catalogue = Catalogue.open(CATALOGUES / f"{name}.parquet")
    assert catalogue.rows == rows
    assert catalogue.roles.columns == roles
    assert catalogue.fields == fields
    assert catalogue.notes == ()


@pytest.mark.parametrize("name", ["grocery", "magento_luma", "tailwind"])
def test_every_product_is_kept(name: str) -> None:
    catalogue = Catalogue.open(CATALOGUES / f"{name}.parquet")
    report = catalogue.check()
    assert report.kept == report.rows == catalogue.rows
    assert report.set_aside == ()
    assert report.warnings == ()
    assert report.largest_picture is not None
    assert max(report.largest_picture) <= 256


def test_prices_are_in_dollars() -> None:
    catalogue = Catalogue.open(CATALOGUES / "magento_luma.parquet")
    product = next(catalogue.products(check_pictures=False))
    assert str(product.price) == "52.00 USD"


def test_squashed_pictures_are_undone() -> None:
    catalogue = Catalogue.open(
        CATALOGUES / "fashion.parquet", overrides=RoleOverrides(aspect=(3, 4))
    )
    product = next(catalogue.products())
    assert product.picture is not None
    assert product.picture.open().size == (168, 224)

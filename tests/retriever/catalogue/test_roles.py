import pytest

from retriever.catalogue import RoleOverrides
from retriever.catalogue.roles import assign_roles
from retriever.errors import CatalogueError


def guessed(columns: str, **overrides: object) -> dict[str, str]:
    settings = RoleOverrides(**overrides)  # type: ignore[arg-type]
    roles = assign_roles(columns.split(","), settings)
    return {str(role): column for role, column in roles.columns.items()}


@pytest.mark.parametrize(
    ("columns", "roles"),
    [
        (
            "id,productDisplayName,masterCategory,subCategory,articleType,image",
            "id=id title=productDisplayName category=articleType picture=image",
        ),
        (
            "Handle,Title,Vendor,Type,Variant Price,Image Src",
            "id=Handle title=Title brand=Vendor category=Type price=Variant Price picture=Image Src",
        ),
        (
            "SKU,Product Name,Manufacturer,price_usd,photo",
            "id=SKU title=Product Name brand=Manufacturer price=price_usd picture=photo",
        ),
        (
            "asin,sku,name,title,price,price_eur,currency,image_url,image_path",
            "id=sku title=title price=price currency=currency picture=image_path",
        ),
    ],
)
def test_common_names(columns: str, roles: str) -> None:
    found = guessed(columns)
    assert " ".join(f"{role}={column}" for role, column in found.items()) == roles


def test_the_rest_become_attributes_with_normalised_names() -> None:
    roles = assign_roles(["id", "name", "title", "baseColour", "image"], RoleOverrides())
    assert roles.attributes == {"name": "name", "baseColour": "base_colour"}
    assert roles.unused == ()
    assert roles.notes == ()


def test_overrides_win_and_names_may_be_spelled_as_fields() -> None:
    found = guessed("id,Shop SKU,title,image", roles={"id": "shop_sku"})
    assert found["id"] == "Shop SKU"


def test_listed_attributes_and_ignored_columns() -> None:
    columns = ["id", "articleType", "colour", "note", "image"]
    only = assign_roles(columns, RoleOverrides(attributes=("colour", "articleType")))
    assert only.attributes == {"colour": "colour", "articleType": "article_type"}
    assert only.columns["category"] == "articleType"
    assert only.unused == ("note",)
    ignored = assign_roles(columns, RoleOverrides(ignore=("note", "articleType")))
    assert ignored.attributes == {"colour": "colour"}
    assert "category" not in ignored.columns
    assert ignored.unused == ("articleType", "note")


def test_names_that_clash_get_a_number_and_a_note() -> None:
    roles = assign_roles(
        ["id", "image", "Base Colour", "baseColour", "type", "Category", "颜色"],
        RoleOverrides(roles={"category": "type"}),
    )
    assert roles.attributes == {
        "Base Colour": "base_colour",
        "baseColour": "base_colour_2",
        "Category": "category_2",
        "颜色": "column_7",
    }
    assert any("'baseColour' became field 'base_colour_2'" in note for note in roles.notes)
    assert any("'Category' became field 'category_2'" in note for note in roles.notes)
    assert any("'颜色' became field 'column_7'" in note for note in roles.notes)


def test_bytes_can_only_be_the_picture() -> None:
    roles = assign_roles(["id", "main", "title"], RoleOverrides(), binary={"main"})
    assert roles.columns["picture"] == "main"
    two = assign_roles(["id", "image", "title", "raw"], RoleOverrides(), binary={"image", "raw"})
    assert two.columns["picture"] == "image"
    assert two.attributes == {}
    assert two.unused == ("raw",)
    assert any("'raw' holds bytes" in note for note in two.notes)


def test_a_currency_without_a_price_is_an_attribute() -> None:
    roles = assign_roles(["id", "image", "currency"], RoleOverrides())
    assert "currency" not in roles.columns
    assert roles.attributes == {"currency": "currency_2"}


@pytest.mark.parametrize(
    ("columns", "overrides", "why"),
    [
        ("name,image", {}, "looks like the id.*columns: name, image"),
        ("id,name", {}, "looks like the picture.*columns: id, name"),
        ("id,image", {"roles": {"title": "nam"}}, "role title: column 'nam' does not exist"),
        ("id,image", {"attributes": ("nam",)}, "attributes: column 'nam' does not exist"),
        ("id,image", {"ignore": ("nam",)}, "ignore: column 'nam' does not exist"),
        ("id,image", {"roles": {"title": "id", "id": "id"}}, "two roles"),
        ("id,image,x", {"roles": {"title": "x"}, "ignore": ("x",)}, "ignored, but has the role"),
        ("id,image,a b,a_b", {"roles": {"title": "A-B"}}, "fits 'a b' and 'a_b'"),
    ],
)
def test_impossible_roles(columns: str, overrides: dict[str, object], why: str) -> None:
    with pytest.raises(CatalogueError, match=why):
        guessed(columns, **overrides)

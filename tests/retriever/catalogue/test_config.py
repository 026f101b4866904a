from pathlib import Path

import pytest

from retriever.catalogue import RoleOverrides, load_config, parse_aspect, parse_currency
from retriever.errors import CatalogueError


def test_a_whole_file(tmp_path: Path) -> None:
    file = tmp_path / "catalogue.toml"
    file.write_text(
        '[roles]\nid = "sku"\nattributes = ["size"]\nignore = ["note"]\n'
        '[picture]\naspect = "3:4"\nbase = "pictures/"\nallow_urls = true\n'
        '[price]\ncurrency = "eur"\n'
    )
    assert load_config(file) == RoleOverrides(
        roles={"id": "sku"},
        attributes=("size",),
        ignore=("note",),
        aspect=(3, 4),
        base=Path("pictures"),
        allow_urls=True,
        currency="EUR",
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[rolls]\n", "unknown entry 'rolls'.*'picture', 'price', 'roles'"),
        ("id = 'sku'\n", "unknown entry 'id'"),
        ("roles = 3\n", "unknown entry 'roles'"),
        ("[roles]\ncolour = 'c'\n", r"unknown key 'colour' in \[roles\]; known: 'attributes'"),
        ("[roles]\nid = 3\n", "id must be text"),
        ("[roles]\nignore = 'a'\n", "ignore must be a list"),
        ("[picture]\naspect = '3x4'\n", "not width:height"),
        ("[picture]\nallow_urls = 'yes'\n", "allow_urls must be true or false"),
        ("[price]\ncurrency = 'Euro'\n", "ISO 4217"),
        ("[price\n", "not valid TOML"),
    ],
)
def test_what_cannot_be_used_is_named_with_the_file(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "catalogue.toml"
    file.write_text(text)
    with pytest.raises(CatalogueError, match=why) as caught:
        load_config(file)
    assert str(file) in str(caught.value)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="cannot be read"):
        load_config(tmp_path / "gone.toml")


def test_arguments_win_over_the_file() -> None:
    file = RoleOverrides(
        roles={"id": "sku", "title": "name"}, currency="EUR", allow_urls=True, ignore=("a",)
    )
    flags = RoleOverrides(roles={"id": "code"}, allow_urls=False, ignore=("b",), aspect=(3, 4))
    both = flags.over(file)
    assert both.roles == {"id": "code", "title": "name"}
    assert (both.currency, both.allow_urls, both.aspect) == ("EUR", False, (3, 4))
    assert both.ignore == ("a", "b")


@pytest.mark.parametrize("text", ["3", "0:4", "3:4:5", "-3:4", "3.5:4"])
def test_impossible_aspects(text: str) -> None:
    with pytest.raises(CatalogueError, match="width:height"):
        parse_aspect(text)


def test_currency_codes() -> None:
    assert parse_currency("usd") == "USD"
    with pytest.raises(CatalogueError, match="ISO 4217"):
        parse_currency("ABC")

"""What a shop says about its catalogue: the ``catalogue.toml`` beside it, or arguments.

::

    [roles]
    id = "sku"                        # role = "column"
    attributes = ["colour", "size"]   # only these become attributes; may name a role's column too
    ignore = ["internal_note"]

    [picture]
    aspect = "3:4"                    # undo pictures that were squashed to another shape
    base = "pictures/"                # where relative picture paths start
    allow_urls = true                 # fetch pictures that are given as http(s) addresses

    [price]
    currency = "EUR"                  # where neither the cell nor a currency column says
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from retriever.catalogue.prices import known_currency
from retriever.errors import CatalogueError

Role = Literal["id", "title", "description", "brand", "category", "price", "currency", "picture"]
ROLES: tuple[Role, ...] = get_args(Role)
CONFIG_NAME = "catalogue.toml"

_KEYS = {
    "roles": {*ROLES, "attributes", "ignore"},
    "picture": {"aspect", "base", "allow_urls"},
    "price": {"currency"},
}


@dataclass(frozen=True)
class RoleOverrides:
    """Whatever is set here wins over guessing. ``None`` (or an absent role) leaves it to the guess.

    ``roles`` maps a role to a column, ``attributes`` is the whole list of columns that become
    attributes, ``base`` is absolute or relative to the catalogue's folder.
    """

    roles: Mapping[Role, str] = field(default_factory=dict)
    attributes: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    aspect: tuple[int, int] | None = None
    base: Path | None = None
    allow_urls: bool | None = None
    currency: str | None = None

    def over(self, other: "RoleOverrides") -> "RoleOverrides":
        """These settings, and ``other``'s where these say nothing."""
        return RoleOverrides(
            roles={**other.roles, **self.roles},
            attributes=other.attributes if self.attributes is None else self.attributes,
            ignore=tuple(dict.fromkeys((*other.ignore, *self.ignore))),
            aspect=self.aspect or other.aspect,
            base=self.base or other.base,
            allow_urls=other.allow_urls if self.allow_urls is None else self.allow_urls,
            currency=self.currency or other.currency,
        )


def parse_aspect(text: str) -> tuple[int, int]:
    """``"3:4"`` (width:height) -> ``(3, 4)``. Raises `CatalogueError`."""
    match = re.fullmatch(r"\s*([1-9][0-9]{0,3})\s*:\s*([1-9][0-9]{0,3})\s*", text)
    if match is None:
        raise CatalogueError(f'picture aspect {text!r} is not width:height, such as "3:4"')
    return int(match[1]), int(match[2])


def parse_currency(text: str) -> str:
    """An ISO 4217 code in any case -> upper case. Raises `CatalogueError`."""
    try:
        return known_currency(text)
    except ValueError as error:
        raise CatalogueError(f"currency {text!r} is not an ISO 4217 code, such as EUR") from error


def load_config(path: Path) -> RoleOverrides:
    """Read a ``catalogue.toml``. Raises `CatalogueError` for anything it cannot use."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise CatalogueError(f"{path} cannot be read: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path} is not valid TOML: {error}") from error
    for name, table in tables.items():
        if name not in _KEYS or not isinstance(table, dict):
            raise CatalogueError(
                f"{path}: unknown entry {name!r}; it has the tables {_list(_KEYS)}"
            )
        if unknown := set(table) - _KEYS[name]:
            known = _list(_KEYS[name])
            raise CatalogueError(
                f"{path}: unknown key {_list(unknown)} in [{name}]; known: {known}"
            )
    try:
        return _overrides(tables)
    except CatalogueError as error:
        raise CatalogueError(f"{path}: {error}") from error


def _overrides(tables: Mapping[str, Mapping[str, object]]) -> RoleOverrides:
    roles, picture, price = (tables.get(name, {}) for name in ("roles", "picture", "price"))
    aspect, base = _text(picture, "aspect"), _text(picture, "base")
    currency = _text(price, "currency")
    allow_urls = picture.get("allow_urls")
    if not isinstance(allow_urls, bool | None):
        raise CatalogueError("allow_urls must be true or false")
    return RoleOverrides(
        roles={role: column for role in ROLES if (column := _text(roles, role)) is not None},
        attributes=_columns(roles, "attributes"),
        ignore=_columns(roles, "ignore") or (),
        aspect=parse_aspect(aspect) if aspect is not None else None,
        base=Path(base) if base is not None else None,
        allow_urls=allow_urls,
        currency=parse_currency(currency) if currency is not None else None,
    )


def _text(table: Mapping[str, object], key: str) -> str | None:
    value = table.get(key)
    if not isinstance(value, str | None):
        raise CatalogueError(f"{key} must be text in quotes, not {value!r}")
    return value


def _columns(table: Mapping[str, object], key: str) -> tuple[str, ...] | None:
    value = table.get(key)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise CatalogueError(f"{key} must be a list of column names, not {value!r}")
    return tuple(value)


def _list(names: Mapping[str, object] | set[str]) -> str:
    return ", ".join(repr(name) for name in sorted(names))

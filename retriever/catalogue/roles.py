"""Column roles: guessed from common names, overridden by what the shop says."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from retriever.catalogue.config import ROLES, Role, RoleOverrides
from retriever.catalogue.prices import currency_in_name
from retriever.errors import CatalogueError
from retriever.product import field_name

# Names as `field_name` gives them, best first: the first one that a catalogue has takes the role.
_NAMES: dict[Role, tuple[str, ...]] = {
    "id": (
        *("id", "product_id", "item_id", "sku", "asin", "handle", "uniq_id", "uid", "uuid"),
        *("article_id", "article_number", "item_number", "product_code", "variant_sku", "url_key"),
    ),
    "title": (
        *("title", "product_title", "product_display_name", "display_name", "name"),
        *("product_name", "item_name", "prod_name", "label"),
    ),
    "description": (
        *("description", "product_description", "detail_desc", "desc", "long_description"),
        *("short_description", "body_html", "body", "details"),
    ),
    "brand": ("brand", "brand_name", "vendor", "manufacturer", "make", "maker"),
    "category": (
        *("category", "article_type", "product_type", "product_category", "category_name"),
        *("sub_category", "product_type_name", "google_product_category", "categories", "type"),
        *("product_group", "master_category", "main_category", "department"),
    ),
    "price": (
        *("price", "price_amount", "current_price", "sale_price", "list_price", "unit_price"),
        *("selling_price", "final_price", "variant_price", "retail_price", "amount"),
    ),
    "currency": ("currency", "currency_code", "price_currency"),
    "picture": (
        *("image", "picture", "photo", "img", "image_path", "picture_path", "photo_path"),
        *("image_file", "picture_file", "image_filename", "image_name", "filename", "file_name"),
        *("main_image", "primary_image", "image_url", "picture_url", "photo_url", "img_url"),
        *("image_link", "image_src", "main_image_url", "images", "pictures", "photos"),
        *("image_urls", "thumbnail", "thumbnail_url"),
    ),
}
_RESERVED = frozenset({"brand", "category", "price", "currency"})


@dataclass(frozen=True)
class Roles:
    """What each column is taken for.

    ``columns``: role -> column. ``attributes``: column -> field name (unique, normalised).
    ``unused``: columns that were left out on purpose. ``notes``: what a person should know of it.
    """

    columns: dict[Role, str]
    attributes: dict[str, str]
    unused: tuple[str, ...]
    notes: tuple[str, ...]


def assign_roles(
    columns: Sequence[str], overrides: RoleOverrides, binary: Collection[str] = ()
) -> Roles:
    """Give every column its role; ``binary`` columns can only be the picture.

    Raises `CatalogueError` when an override names a column that is not there, one column is given two
    roles, or no column can be the id or the picture.
    """
    chosen: dict[Role, str] = {
        role: _find(name, columns, f"role {role}") for role, name in overrides.roles.items()
    }
    for role, column in chosen.items():
        others = [other for other in chosen if other != role and chosen[other] == column]
        if others:
            raise CatalogueError(f"column {column!r} is given two roles: {role} and {others[0]}")
    ignored = [_find(name, columns, "ignore") for name in overrides.ignore]
    for role, column in chosen.items():
        if column in ignored:
            raise CatalogueError(f"column {column!r} is ignored, but has the role {role}")
    for role in ROLES:
        free = [name for name in columns if name not in chosen.values() and name not in ignored]
        if role not in chosen and (guess := _guess(role, free, binary)) is not None:
            chosen[role] = guess
    if "price" not in chosen and "currency" not in overrides.roles:
        chosen.pop("currency", None)
    for role in ("id", "picture"):
        if role not in chosen:
            raise CatalogueError(
                f"no column looks like the {role}; say which one is, with --role {role}=COLUMN, or with "
                f'{role} = "COLUMN" under [roles] in a catalogue.toml beside it; columns: {", ".join(columns)}'
            )
    wanted: list[str]
    if overrides.attributes is not None:
        wanted = [_find(name, columns, "attributes") for name in overrides.attributes]
    else:
        wanted = [name for name in columns if name not in chosen.values()]
    wanted = [name for name in dict.fromkeys(wanted) if name not in ignored]
    notes = [f"column {name!r} holds bytes and is left out" for name in wanted if name in binary]
    wanted = [name for name in wanted if name not in binary]
    attributes, renamed = _field_names(wanted, columns)
    used = {*chosen.values(), *wanted}
    unused = tuple(name for name in columns if name not in used)
    if "title" not in chosen:
        notes.append("no column looks like the title; products have none")
    return Roles(chosen, attributes, unused, (*notes, *renamed))


def _find(name: str, columns: Sequence[str], where: str) -> str:
    if name in columns:
        return name
    same = [column for column in columns if field_name(column) == field_name(name) != ""]
    if len(same) == 1:
        return same[0]
    problem = f"fits {' and '.join(map(repr, same))}" if same else "does not exist"
    raise CatalogueError(f"{where}: column {name!r} {problem}; columns: {', '.join(columns)}")


def _guess(role: Role, free: Sequence[str], binary: Collection[str]) -> str | None:
    if role != "picture":
        free = [column for column in free if column not in binary]
    names: dict[str, str] = {}
    for column in free:
        names.setdefault(field_name(column), column)
    for name in _NAMES[role]:
        if name in names:
            return names[name]
    if role == "price":
        for name, column in names.items():
            if name.startswith("price_") and currency_in_name(column):
                return column
    if role == "picture" and len(held := [column for column in free if column in binary]) == 1:
        return held[0]
    return None


def _field_names(wanted: Sequence[str], columns: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Unique field names; a clash gets a number and a note, for no column may vanish in silence."""
    taken = dict.fromkeys(_RESERVED, "a role")
    attributes: dict[str, str] = {}
    notes: list[str] = []
    for column in wanted:
        plain = field_name(column) or f"column_{columns.index(column) + 1}"
        name, number = plain, 2
        while name in taken:
            name, number = f"{plain}_{number}", number + 1
        if name != plain:
            notes.append(f"column {column!r} became field {name!r}: {plain!r} is {taken[plain]}")
        elif not field_name(column):
            notes.append(f"column {column!r} became field {name!r}: it has no Latin letters")
        taken[name] = f"column {column!r}"
        attributes[column] = name
    return attributes, notes

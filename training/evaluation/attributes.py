"""A product's fields as a shopper would name them, whatever the catalogue calls its columns.

Attributes are what attribute queries are made from, and what a wrong product is compared by.
"""

import re
from collections.abc import Mapping
from typing import Literal

from retriever.product import AttributeValue, Product
from training.facts import COLOUR_NAMES, type_names

Slot = Literal[
    "type", "group", "colour", "gender", "usage", "season", "brand", "family",
    "pattern", "material", "size", "part",
]  # fmt: skip
Attributes = Mapping[Slot, tuple[str, ...]]
"""Values of each slot in lower case and canonical wording; a slot that is unknown is left out.

``type`` is what the thing is ("casual shoes"), ``group`` the shelf it stands on ("footwear"), ``family``
the name that variants of one product share, ``part`` what can be seen on it ("big eyes").
"""

_FIELDS: dict[Slot, tuple[str, ...]] = {
    "type": ("article_type", "type", "product_type"),
    "group": ("master_category", "top_category", "department"),
    "colour": ("base_colour", "base_color", "colour", "color"),
    "gender": ("gender",),
    "usage": ("usage", "occasion"),
    "season": ("season",),
    "brand": ("brand",),
    "family": ("name",),
    "pattern": ("pattern",),
    "material": ("material",),
    "size": ("size",),
    "part": ("part", "parts"),
}
"""Names of fields, as `retriever.product.field_name` gives them, best first."""
_UNKNOWN = ("", "na", "n/a", "none", "-")
# Shelves that say how things are sold, not what they are.
_NO_TYPE = re.compile(r"\b(sale|new|offers?|collections?|erin recommends)\b")


def attributes_of(product: Product) -> Attributes:
    """What is known of a product; see `Attributes`."""
    found: dict[Slot, tuple[str, ...]] = {}
    for slot, names in _FIELDS.items():
        value = next((v for n in names if (v := product.attributes.get(n)) not in (None, "")), None)
        if value is not None and (values := _values(slot, value)):
            found[slot] = values
    if "type" not in found and product.category and (types := _values("type", product.category)):
        found["type"] = types
    if product.brand:
        found["brand"] = (product.brand.strip().casefold(),)
    return found


def _values(slot: Slot, value: AttributeValue) -> tuple[str, ...]:
    parts = value if isinstance(value, list) else [str(value)]
    if slot == "colour":
        parts = [piece for part in parts for piece in re.split(r"\s*[,/]\s*", part)]
    named = (_named(slot, part.strip()) for part in parts)
    return tuple(dict.fromkeys(name for name in named if name not in _UNKNOWN))


def _named(slot: Slot, value: str) -> str:
    if slot == "type":
        return _type(value)
    lowered = value.casefold()
    if slot == "colour":
        lowered = re.sub(r"\bgray\b", "grey", lowered)
        return COLOUR_NAMES.get(lowered, (lowered,))[0]
    return lowered


def _type(label: str) -> str:
    # "Gear/bags" is a path, "Rug, flatwoven" a thing and its kind, "Women Sale" no thing at all.
    name = label.rsplit("/", 1)[-1].split(",")[0].replace("_", " ").strip()
    if _NO_TYPE.search(name.casefold()):
        return ""
    if "&" in name:
        return name.casefold().replace("&", "and")
    return type_names(name)[0]

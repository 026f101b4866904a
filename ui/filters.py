"""From the backend's capabilities to filters of the sidebar, and from their values to constraints."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ui.model import Json
from ui.words import spaced

Kind = Literal["range", "choice", "yes-no"]

_FIRST = ("price", "category", "colour", "color", "brand", "size", "material", "gender")
"""Fields that shoppers ask for most stand first, where the catalogue has them."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One field to filter by: a range of numbers, some of its values, or yes or no.

    ``key`` is that of the chip its constraint shows as. ``counts`` are products by value.
    """

    name: str
    kind: Kind
    key: str
    low: float = 0.0
    high: float = 0.0
    counts: Mapping[str, int] | None = None
    currency: str | None = None

    @property
    def label(self) -> str:
        unit = f" ({self.currency})" if self.currency else ""
        return f"{spaced(self.name).capitalize()}{unit}"

    @property
    def step(self) -> float:
        """Whole numbers where the range is wide enough for them."""
        return 1.0 if self.high - self.low >= 10 else 0.01


def filters_of(capabilities: Json) -> list[Filter]:
    """The filters worth showing: of fields that tell products apart, those asked for most first."""
    currency = capabilities.get("currency")
    found = []
    for field in capabilities["fields"]:
        made = _filter(field, currency)
        if made is not None:
            found.append(made)
    found.sort(key=lambda item: (_place(item.name), item.name))
    return found


def constraints_of(filters: Sequence[Filter], values: Mapping[str, Any]) -> dict[str, Any] | None:
    """Chosen values by field as `Constraints` of the API; None when nothing is chosen.

    A range that spans everything and an empty choice are no constraint: products without a price
    would otherwise be filtered away.
    """
    made: dict[str, Any] = {}
    for item in filters:
        chosen = values.get(item.name)
        if item.kind == "range":
            bounds = _bounds(item, chosen)
            if bounds and item.name == "price":
                made["price"] = bounds | ({"currency": item.currency} if item.currency else {})
            elif bounds:
                made.setdefault("numbers", {})[item.name] = bounds
        elif item.kind == "yes-no" and chosen in ("yes", "no"):
            made.setdefault("wanted", {})[item.name] = ["true" if chosen == "yes" else "false"]
        elif item.kind == "choice" and chosen:
            made.setdefault("wanted", {})[item.name] = list(chosen)
    return made or None


def chip_keys(constraints: Json | None) -> dict[str, Any]:
    """The constraints by the keys of the chips that they show as."""
    if constraints is None:
        return {}
    keys: dict[str, Any] = {}
    if "price" in constraints:
        keys["price"] = constraints["price"]
    for group in ("numbers", "wanted"):
        for name, value in constraints.get(group, {}).items():
            keys[f"{group}.{name}"] = value
    return keys


def given_up(before: Json | None, now: Json | None) -> tuple[str, ...]:
    """Keys of constraints that were sent before and are changed or gone.

    The backend keeps a conversation's constraints and only ever narrows them; without this a filter that
    is widened in the sidebar would stay as narrow as it was.
    """
    held = chip_keys(now)
    return tuple(key for key, value in chip_keys(before).items() if held.get(key) != value)


def _filter(field: Json, currency: str | None) -> Filter | None:
    name, kind = field["name"], field["type"]
    if kind == "number":
        low, high = field["minimum"], field["maximum"]
        if low is None or low == high:
            return None
        if name == "price":
            return Filter(name, "range", "price", low, high, currency=currency)
        return Filter(name, "range", f"numbers.{name}", low, high)
    counts = {item["value"]: item["count"] for item in field["values"]}
    if len(counts) < 2:
        return None
    shown: Kind = "yes-no" if kind == "bool" else "choice"
    return Filter(name, shown, f"wanted.{name}", counts=counts)


def _place(name: str) -> int:
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)


def _bounds(item: Filter, chosen: Any) -> dict[str, Any]:
    if not chosen:
        return {}
    low, high = chosen
    bounds = {}
    if low > item.low:
        bounds["minimum"] = {"value": low}
    if high < item.high:
        bounds["maximum"] = {"value": high}
    return bounds

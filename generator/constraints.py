"""`Constraints`: what a shopper insists on, as data that is pushed down into the index or refused."""

from collections.abc import Mapping, Sequence
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from retriever.capabilities import Capabilities
from retriever.errors import FilterError
from retriever.index.binding import keyword_of
from retriever.product import AttributeValue, Product
from retriever.where import And, Eq, In, Not, Range, Where
from retriever.wording import listed, spaced


class Bound(BaseModel):
    """One end of a range; ``inclusive`` ends belong to it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: float = Field(allow_inf_nan=False)
    inclusive: bool = True


class NumberRange(BaseModel):
    """A range of numbers, open where a bound is missing; ``currency`` (ISO 4217) only of prices."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    minimum: Bound | None = None
    maximum: Bound | None = None
    currency: str | None = None

    def __bool__(self) -> bool:
        return self.minimum is not None or self.maximum is not None

    def holds(self, number: float) -> bool:
        """Whether a number lies in the range."""
        low, high = self.minimum, self.maximum
        above = low is None or number > low.value or (low.inclusive and number == low.value)
        below = high is None or number < high.value or (high.inclusive and number == high.value)
        return above and below

    def narrowed(self, other: "NumberRange") -> "NumberRange":
        """What lies in both ranges: of two bounds on one side, the stricter."""
        lows = [bound for bound in (self.minimum, other.minimum) if bound]
        highs = [bound for bound in (self.maximum, other.maximum) if bound]
        return NumberRange(
            minimum=max(lows, key=lambda b: (b.value, not b.inclusive), default=None),
            maximum=min(highs, key=lambda b: (b.value, b.inclusive), default=None),
            currency=self.currency or other.currency,
        )

    def replaced(self, other: "NumberRange") -> "NumberRange":
        """The other range's bounds, and this one's where the other says nothing against them."""
        low, high = other.minimum or self.minimum, other.maximum or self.maximum
        if low and high and low.value > high.value:
            low, high = other.minimum, other.maximum
        return NumberRange(minimum=low, maximum=high, currency=other.currency or self.currency)

    def where(self, field: str) -> Range:
        """The filter on a field of numbers; the range must have a bound."""
        bounds: dict[str, float] = {}
        if self.minimum:
            bounds["gte" if self.minimum.inclusive else "gt"] = self.minimum.value
        if self.maximum:
            bounds["lte" if self.maximum.inclusive else "lt"] = self.maximum.value
        return Range(field, **bounds)

    def __str__(self) -> str:
        unit = f" {self.currency}" if self.currency else ""
        shown = "{:,.2f}" if self.currency else "{:g}"
        low = self.minimum and shown.format(self.minimum.value) + unit
        high = self.maximum and shown.format(self.maximum.value) + unit
        if low and high and self.minimum and self.maximum:
            if self.minimum.value == self.maximum.value:
                return f"exactly {low}"
            if self.minimum.inclusive and self.maximum.inclusive:
                return f"{low} to {high}"
            start = "at least" if self.minimum.inclusive else "over"
            return f"{start} {low} and {'at most' if self.maximum.inclusive else 'under'} {high}"
        if low and self.minimum:
            return f"{'at least' if self.minimum.inclusive else 'over'} {low}"
        if high and self.maximum:
            return f"{'at most' if self.maximum.inclusive else 'under'} {high}"
        return "any"


class Refusal(BaseModel):
    """Something that was asked and cannot be filtered by: the words, why, and what the shop has.

    A ``preference`` stays in the query: it is looked for, and not insisted on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    asked: str
    reason: str
    supported: str = ""
    preference: bool = False

    def __str__(self) -> str:
        return f"“{self.asked}”: {self.reason}" + (f"; {self.supported}" if self.supported else "")


class Chip(BaseModel):
    """One constraint in words; ``key`` names it in `Constraints.without`."""

    model_config = ConfigDict(frozen=True)

    key: str
    label: str


class Constraints(BaseModel):
    """What every product must satisfy.

    ``wanted`` and ``excluded`` map a field to values: a product must have one of the wanted values
    of every such field and none of the excluded. ``numbers`` are ranges of other number fields than
    the price. ``refused`` lists what was asked and is *not* in force, so that a reply can say so.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    price: NumberRange | None = None
    numbers: dict[str, NumberRange] = Field(default_factory=dict)
    wanted: dict[str, list[str]] = Field(default_factory=dict)
    excluded: dict[str, list[str]] = Field(default_factory=dict)
    refused: list[Refusal] = Field(default_factory=list)

    @model_validator(mode="after")
    def _no_empty_lists(self) -> Self:
        for kind in ("wanted", "excluded"):
            for field, values in getattr(self, kind).items():
                if not values:
                    raise ValueError(f"{kind} values of {field!r} are empty; leave the field out")
        return self

    def __bool__(self) -> bool:
        """Whether anything is in force."""
        return bool(self.price or any(self.numbers.values()) or self.wanted or self.excluded)

    def to_where(self, capabilities: Capabilities) -> Where | None:
        """The filter that says all of it; None when nothing is in force.

        Raises `FilterError` for a field or a currency that the index cannot filter by: a constraint is
        pushed down whole or refused.
        """
        parts: list[Where] = []
        if self.price:
            if capabilities.price is None:
                raise FilterError("this catalogue has no prices to filter by; drop the price limit")
            parts.append(self.price.where("price"))
            parts += _currency(self.price.currency, capabilities)
        for name, bounds in self.numbers.items():
            if bounds:
                parts.append(bounds.where(capabilities.field(name).name))
        for name, values in self.wanted.items():
            parts.append(In(capabilities.field(name).name, tuple(values)))
        for name, values in self.excluded.items():
            parts.append(Not(In(capabilities.field(name).name, tuple(values))))
        return None if not parts else parts[0] if len(parts) == 1 else And(tuple(parts))

    def admits(self, product: Product) -> bool:
        """Whether a product satisfies all of it, by the same rules as the index's filter."""
        if self.price:
            price = product.price
            if price is None or not self.price.holds(price.amount):
                return False
        for name, bounds in self.numbers.items():
            number = product.attributes.get(name)
            if bounds and not (isinstance(number, float) and bounds.holds(number)):
                return False
        return all(
            values_of(product, name) & {keyword_of(value) for value in values}
            for name, values in self.wanted.items()
        ) and not any(
            values_of(product, name) & {keyword_of(value) for value in values}
            for name, values in self.excluded.items()
        )

    def merged(self, newer: "Constraints") -> "Constraints":
        """This, with what a newer message says put over it field by field."""
        price = self.price
        if newer.price:
            price = price.replaced(newer.price) if price else newer.price
        wanted = {
            name: values
            for name, values in self.wanted.items()
            if not set(values) & set(newer.excluded.get(name, []))
        }
        excluded = {
            name: kept
            for name, values in self.excluded.items()
            if (kept := [value for value in values if value not in newer.wanted.get(name, [])])
        }
        for name, values in newer.excluded.items():
            excluded[name] = list(dict.fromkeys([*excluded.get(name, []), *values]))
        return Constraints(
            price=price,
            numbers=self.numbers | newer.numbers,
            wanted=wanted | newer.wanted,
            excluded=excluded,
            refused=newer.refused,
        )

    def narrowed(self, other: "Constraints") -> "Constraints":
        """Both at once: nothing that either asks for is given up."""
        numbers = dict(self.numbers)
        for name, bounds in other.numbers.items():
            numbers[name] = numbers[name].narrowed(bounds) if name in numbers else bounds
        wanted = dict(self.wanted)
        excluded = {name: list(values) for name, values in self.excluded.items()}
        for name, values in other.wanted.items():
            both = [value for value in wanted.get(name, values) if value in values]
            # Nothing in common: either alone would weaken the other, so the second excludes all else.
            wanted[name] = both or wanted[name]
            if not both:
                excluded[name] = list(dict.fromkeys([*excluded.get(name, []), *wanted[name]]))
        for name, values in other.excluded.items():
            excluded[name] = list(dict.fromkeys([*excluded.get(name, []), *values]))
        price = self.price or other.price
        if self.price and other.price:
            price = self.price.narrowed(other.price)
        refused = list(dict.fromkeys([*self.refused, *other.refused]))
        return Constraints(
            price=price, numbers=numbers, wanted=wanted, excluded=excluded, refused=refused
        )

    def chips(self) -> list[Chip]:
        """Each constraint in force, in words, with the key that `without` takes."""
        chips = [Chip(key="price", label=f"price {self.price}")] if self.price else []
        chips += [
            Chip(key=f"numbers.{name}", label=f"{spaced(name)} {bounds}")
            for name, bounds in self.numbers.items()
            if bounds
        ]
        chips += _chips("wanted", self.wanted, "")
        return chips + _chips("excluded", self.excluded, "not ")

    def without(self, keys: Sequence[str]) -> "Constraints":
        """All but the constraints of these chips; unknown keys change nothing."""
        gone = set(keys)
        return Constraints(
            price=None if "price" in gone else self.price,
            numbers={n: b for n, b in self.numbers.items() if f"numbers.{n}" not in gone},
            wanted={n: v for n, v in self.wanted.items() if f"wanted.{n}" not in gone},
            excluded={n: v for n, v in self.excluded.items() if f"excluded.{n}" not in gone},
            refused=self.refused,
        )


def values_of(product: Product, field: str) -> set[str]:
    """A product's values of a field as filters compare them; empty where it has none."""
    own = {"brand": product.brand, "category": product.category}
    if field == "currency":
        value: AttributeValue | None = product.price.currency if product.price else None
    else:
        value = own.get(field) or product.attributes.get(field)
    if value is None:
        return set()
    items = value if isinstance(value, list) else [value]
    return {keyword_of(item) for item in items} - {""}


def _currency(currency: str | None, capabilities: Capabilities) -> list[Where]:
    known = {field.name: field for field in capabilities.fields}.get("currency")
    if currency is None or known is None or not known.values:
        return []
    if not known.has(currency.casefold()):
        shop = listed(sorted(value.value.upper() for value in known.values))
        raise FilterError(f"prices here are in {shop}, not in {currency}; give the limit in {shop}")
    return [Eq("currency", currency)] if len(known.values) > 1 else []


def _chips(kind: str, values: Mapping[str, list[str]], prefix: str) -> list[Chip]:
    return [
        Chip(key=f"{kind}.{name}", label=f"{spaced(name)} {prefix}{_or(found)}")
        for name, found in values.items()
    ]


def _or(values: list[str]) -> str:
    shown = values[:3] + ([f"{len(values) - 3} more"] if len(values) > 3 else [])
    return " or ".join(shown)

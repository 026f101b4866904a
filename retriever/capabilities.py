"""What an index can be asked: its fields, their values and ranges, read from the live version."""

from typing import Self

from pydantic import BaseModel, ConfigDict

from retriever.index.base import IndexVersion
from retriever.index.binding import resolve_field
from retriever.product import NO_CURRENCY
from retriever.where import FieldType

MAX_VALUES = 1000
"""Values listed of one field; a field with more says that its list is not complete."""


class ValueCount(BaseModel):
    """A value as filters compare it (case-folded) and how many products have it."""

    model_config = ConfigDict(frozen=True)

    value: str
    count: int


class FieldCapability(BaseModel):
    """A field one can filter by.

    Keyword and bool fields list ``values``, most frequent first, all of them where ``complete``;
    number fields have a ``minimum`` and a ``maximum`` where any product has a number.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    type: FieldType
    values: tuple[ValueCount, ...] = ()
    complete: bool = True
    minimum: float | None = None
    maximum: float | None = None

    def has(self, value: str) -> bool:
        """Whether some product has the (case-folded) value."""
        return any(known.value == value for known in self.values)


class Capabilities(BaseModel):
    """The filterable fields of one version, by name; ``currency`` where all prices are in one."""

    model_config = ConfigDict(frozen=True)

    version: str
    fingerprint: str
    products: int
    currency: str | None
    fields: tuple[FieldCapability, ...]

    @classmethod
    def read(cls, version: IndexVersion, max_values: int = MAX_VALUES) -> Self:
        """Ask a version for all of it: one facet a field. Raises `ProductIndexError`."""
        info = version.info
        fields = tuple(
            _read_field(version, name, kind, max_values)
            for name, kind in sorted(info.spec.fields.items())
        )
        return cls(
            version=info.version,
            fingerprint=info.spec.fingerprint,
            products=info.count,
            currency=_only_currency(fields),
            fields=fields,
        )

    def field(self, name: str) -> FieldCapability:
        """The field that a name means (`resolve_field`). Raises `FilterError` for an unknown one."""
        known = {field.name: field for field in self.fields}
        return known[resolve_field(name, {field.name: field.type for field in self.fields})]

    @property
    def price(self) -> FieldCapability | None:
        """The field of prices, where the catalogue has any."""
        return next(
            (
                field
                for field in self.fields
                if field.name == "price" and field.type == "number" and field.minimum is not None
            ),
            None,
        )


def _read_field(
    version: IndexVersion, name: str, kind: FieldType, max_values: int
) -> FieldCapability:
    if kind == "number":
        low, high = version.bounds(name) or (None, None)
        return FieldCapability(name=name, type=kind, minimum=low, maximum=high)
    values = version.values(name, max_values + 1)
    listed = [ValueCount(value=value, count=count) for value, count in values.items()]
    return FieldCapability(
        name=name,
        type=kind,
        values=tuple(listed[:max_values]),
        complete=len(listed) <= max_values,
    )


def _only_currency(fields: tuple[FieldCapability, ...]) -> str | None:
    found = next((field for field in fields if field.name == "currency"), None)
    if found is None or len(found.values) != 1:
        return None
    currency = found.values[0].value.upper()
    return None if currency == NO_CURRENCY else currency

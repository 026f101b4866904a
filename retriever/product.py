"""The product: the one record that every room of shoplens passes around."""

import re
import unicodedata
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from retriever.picture import Picture

_Value = str | float | bool | list[str]
AttributeValue = Annotated[_Value, Field(union_mode="smart")]

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def field_name(label: str) -> str:
    """Normalise a column or field label: ``"baseColour"`` and ``"Base colour"`` -> ``"base_colour"``.

    The result is what payloads, filters and the command line use, so that one field has one name
    whatever the shop's own spelling. Accents are dropped (``"Größe"`` -> ``"grosse"``); labels without
    any Latin letter or digit give ``""``.
    """
    plain = unicodedata.normalize("NFKD", label.replace("ß", "ss"))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return "_".join(word.lower() for word in _WORDS.findall(plain))


NO_CURRENCY = "XXX"
"""ISO 4217's own code for "no currency": the shop's catalogue does not say which it is."""


class Price(BaseModel):
    """An amount in a currency (ISO 4217 code, upper case; `NO_CURRENCY` where it is unknown)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    amount: float = Field(ge=0, allow_inf_nan=False)
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]

    def __str__(self) -> str:
        amount = f"{self.amount:,.2f}"
        return amount if self.currency == NO_CURRENCY else f"{amount} {self.currency}"


class Product(BaseModel):
    """A checked product.

    ``attributes`` maps normalised field names (see `field_name`) to typed values. Which of them can be
    filtered by, beside ``brand``, ``category``, ``price`` and ``currency``, the catalogue says in its
    ``fields`` (long free text is kept, but is not a filter). The picture is not
    part of the serialised record: ``model_dump`` leaves it out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    id: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=512)]
    title: str = ""
    description: str = ""
    brand: str | None = None
    category: str | None = None
    price: Price | None = None
    attributes: dict[str, AttributeValue] = Field(default_factory=dict)
    picture: Picture | None = Field(default=None, exclude=True, repr=False)

    @field_validator("attributes")
    @classmethod
    def _normalised_names(cls, attributes: dict[str, AttributeValue]) -> dict[str, AttributeValue]:
        for name in attributes:
            if not name or field_name(name) != name:
                raise ValueError(
                    f"attribute name {name!r} is not normalised; use {field_name(name)!r}"
                )
        return attributes

"""Products and filters as the API writes them."""

import base64
import binascii
from typing import Annotated, Literal, TypeAlias, Union

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from retriever.product import AttributeValue, Price, Product
from retriever.retrieved import RetrievedProduct
from retriever.where import And, Eq, In, Not, Or, Range, Where

MAX_TEXT = 2_000


def _no_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("a NUL character is no text")
    return text


Words = Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(_no_nul)]


def picture_of(value: str) -> bytes | str:
    """A picture's bytes from base64 or a data: address, or its http address as it is. Raises `ValueError`."""
    if value[:8].lower().startswith(("http://", "https://")):
        if len(value) > MAX_TEXT:
            raise ValueError(f"the address is longer than {MAX_TEXT:,} characters")
        return value
    if value.startswith("data:"):
        head, _, value = value.partition(",")
        if not head.endswith(";base64"):
            raise ValueError("a data: address must hold base64")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("the picture is not base64") from error


def _picture(value: object) -> object:
    return picture_of(value) if isinstance(value, str) else value


PictureInput = Annotated[
    bytes | str,
    BeforeValidator(_picture, json_schema_input_type=str),
    Field(
        min_length=1,
        description="A picture file as base64, or as a data: address of it; its https address where the "
        "server was given a list of hosts to fetch from.",
    ),
]
"""Bytes, or an address that `PictureFetcher.read` makes bytes of."""


class Condition(BaseModel):
    """One condition on a field; give exactly one of ``eq``, ``in``, or bounds."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    field: str = Field(min_length=1, max_length=200)
    eq: bool | float | str | None = None
    one_of: list[bool | float | str] | None = Field(
        default=None, alias="in", min_length=1, max_length=1000
    )
    gt: float | None = None
    gte: float | None = None
    lt: float | None = None
    lte: float | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "Condition":
        bounds = any(bound is not None for bound in (self.gt, self.gte, self.lt, self.lte))
        if (self.eq is not None) + (self.one_of is not None) + bounds != 1:
            raise ValueError("give exactly one of eq, in, or bounds (gt, gte, lt, lte)")
        return self

    def where(self) -> Where:
        if self.eq is not None:
            return Eq(self.field, self.eq)
        if self.one_of is not None:
            return In(self.field, tuple(self.one_of))
        return Range(self.field, gt=self.gt, gte=self.gte, lt=self.lt, lte=self.lte)


class AllOf(BaseModel):
    """Every one of them holds."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    parts: "list[Filter]" = Field(alias="all", min_length=1, max_length=50)

    def where(self) -> Where:
        return And(tuple(part.where() for part in self.parts))


class AnyOf(BaseModel):
    """At least one of them holds."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    parts: "list[Filter]" = Field(alias="any", min_length=1, max_length=50)

    def where(self) -> Where:
        return Or(tuple(part.where() for part in self.parts))


class NotThis(BaseModel):
    """It does not hold."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    part: "Filter" = Field(alias="not")

    def where(self) -> Where:
        return Not(self.part.where())


Filter: TypeAlias = Union[Condition, AllOf, AnyOf, NotThis]  # noqa: UP007


class ProductView(BaseModel):
    """A product; ``picture`` is the path of a small JPEG of it, where there is one."""

    id: str = Field(examples=["drawn-0-00000"])
    title: str
    description: str
    brand: str | None
    category: str | None
    price: Price | None
    attributes: dict[str, AttributeValue]
    picture: str | None = Field(examples=["/v1/pictures/0123456789abcdef0123456789abcdef.jpg"])


class RetrievedView(ProductView):
    """A product that a search found; scores rank the products of one search and compare with no other."""

    rank: int
    score: float


class Found(BaseModel):
    """The products found, best first."""

    products: list[RetrievedView]
    mode: Literal["dense", "lexical", "hybrid"]
    seconds: float


def product_view(product: Product, picture_key: str) -> ProductView:
    picture = f"/v1/pictures/{picture_key}.jpg" if picture_key else None
    return ProductView(**product.model_dump(), picture=picture)


def retrieved_view(found: RetrievedProduct) -> RetrievedView:
    view = product_view(found.product, found.picture_key)
    return RetrievedView(**view.model_dump(), rank=found.rank, score=found.score)

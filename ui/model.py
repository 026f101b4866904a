"""What the chat shows, read from the backend's JSON."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ui.words import NO_CURRENCY, amount

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Product:
    """A product of the catalogue; ``picture`` is the key of its small picture, "" without one."""

    id: str
    title: str
    description: str = ""
    brand: str = ""
    category: str = ""
    price: float | None = None
    currency: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    picture: str = ""

    @classmethod
    def read(cls, document: Json, picture: str = "") -> "Product":
        """From a product of the API; ``picture`` where its key stands elsewhere."""
        price = document.get("price") or {}
        path = document.get("picture") or ""
        return cls(
            id=document["id"],
            title=document.get("title") or "",
            description=document.get("description") or "",
            brand=document.get("brand") or "",
            category=document.get("category") or "",
            price=price.get("amount"),
            currency=price.get("currency"),
            attributes=document.get("attributes") or {},
            picture=picture or path.removeprefix("/v1/pictures/").removesuffix(".jpg"),
        )

    @property
    def name(self) -> str:
        """Its title; its id where it has none."""
        return self.title or self.id

    @property
    def priced(self) -> str:
        """Its price in words, "" without one."""
        currency = None if self.currency == NO_CURRENCY else self.currency
        return "" if self.price is None else amount(self.price, currency)

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Its attributes as (name, value) in words, in the catalogue's order."""
        return [(name.replace("_", " "), spelled(value)) for name, value in self.attributes.items()]


@dataclass(frozen=True, slots=True)
class Card:
    """A product as it was shown: cited as ``[number]``; ``matches`` say why it was found."""

    number: int
    product: Product
    score: float | None = None
    matches: tuple[str, ...] = ()

    @classmethod
    def read(cls, item: Json) -> "Card":
        """From an item of a ``products`` event."""
        return cls(
            number=item["number"],
            product=Product.read(item["product"], item.get("picture_key") or ""),
            score=item.get("score"),
            matches=tuple(item.get("matches") or ()),
        )


@dataclass(frozen=True, slots=True)
class Chip:
    """A constraint in force; ``key`` takes it away again."""

    key: str
    label: str

    @classmethod
    def read_all(cls, documents: Iterable[Json]) -> tuple["Chip", ...]:
        return tuple(cls(item["key"], item["label"]) for item in documents)


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A constraint without which ``count`` products would remain."""

    chip: Chip
    count: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a reply; a ``notice`` is what the system itself says of it."""

    text: str
    notice: bool = False


@dataclass(slots=True)
class Turn:
    """What a shopper said and what came back; it grows while the reply streams."""

    text: str = ""
    picture: bytes | None = None
    had_picture: bool = False
    asked: str = ""
    """The query that the backend made of it; verdicts are kept with this."""

    action: str = ""
    """What was done instead of saying something: "More like …", "Without …"."""

    intent: str = "search"
    cards: list[Card] = field(default_factory=list)
    sentences: list[Sentence] = field(default_factory=list)
    fits: bool = True
    relaxations: tuple[Relaxation, ...] = ()
    writer: str = ""
    fallback: str | None = None
    seconds: float | None = None
    problem: str = ""

    @property
    def query(self) -> str:
        return self.asked or self.text


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to send: words, a picture, a product to find more of, constraints to take away."""

    text: str = ""
    picture: bytes | None = None
    like: str = ""
    removed: tuple[str, ...] = ()
    action: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """A line of the list of conversations."""

    id: str
    title: str
    updated: float


def spelled(value: object) -> str:
    """A value of an attribute in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)

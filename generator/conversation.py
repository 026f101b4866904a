"""`Conversation`: what was said and shown so far. It round-trips through JSON, pictures included."""

from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field

from generator.constraints import Constraints
from generator.understanding import Understanding
from retriever.product import Price

MAX_TEXT = 2_000
"""Characters of one message; a shopping request needs fewer, and more would only fill prompts."""

MAX_PRODUCTS = 50


class _Stored(BaseModel):
    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")


class Message(_Stored):
    """What a shopper sends.

    ``constraints`` are a caller's own (filters of a sidebar): they narrow whatever the text asks and hold
    for this message. ``removed`` are keys of chips (`Constraints.chips`) that the shopper took away.
    ``like`` is the id of a product to find more of, which then needs no words. ``k`` is how many
    products to show.
    """

    text: str = Field(default="", max_length=MAX_TEXT)
    picture: bytes | None = None
    constraints: Constraints | None = None
    removed: tuple[str, ...] = ()
    like: str | None = None
    k: int = Field(default=8, ge=1, le=MAX_PRODUCTS)


class ShownProduct(BaseModel):
    """A product as it was shown: ``position`` counts from 1; ``named`` if the text spoke of it.

    ``score`` and ``matches`` are those of the search, for whoever shows it again.
    """

    model_config = ConfigDict(frozen=True)

    position: int
    product_id: str
    title: str
    price: Price | None = None
    named: bool = False
    score: float | None = None
    matches: tuple[str, ...] = ()


class Turn(BaseModel):
    """A message, how it was understood, what was shown and what the reply said."""

    text: str
    had_picture: bool = False
    understanding: Understanding
    shown: tuple[ShownProduct, ...] = ()
    reply: str = ""
    fits: bool = True
    writer: str = "offline"


class Conversation(_Stored):
    """Turns so far, oldest first; ``constraints`` are those in force.

    ``picture`` is a small copy of the one that the current search is by: a follow-up keeps it.
    """

    id: str = Field(default_factory=lambda: uuid4().hex)
    turns: list[Turn] = Field(default_factory=list)
    constraints: Constraints = Field(default_factory=Constraints)
    picture: bytes | None = None

    @property
    def shown(self) -> tuple[ShownProduct, ...]:
        """The products of the latest turn that showed any: what "the second one" counts in."""
        return next((turn.shown for turn in reversed(self.turns) if turn.shown), ())

    @property
    def shown_so_far(self) -> tuple[str, ...]:
        """Ids of the products shown since the present search began."""
        ids: list[str] = []
        for turn in reversed(self.turns):
            ids += [product.product_id for product in turn.shown]
            if not turn.understanding.follow_up and turn.understanding.intent == "search":
                break
        return tuple(dict.fromkeys(ids))

    @property
    def subject(self) -> str:
        """The self-contained query of the latest search, or ""."""
        return next(
            (t.understanding.text for t in reversed(self.turns) if t.understanding.text), ""
        )

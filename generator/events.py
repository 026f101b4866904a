"""What a reply streams: typed events, told apart by ``type``, in the order of `Event`'s parts.

understood   once, first: query, constraints, references, chips
products     once, before any text: the evidence; ``fits`` is false for "nothing fits"
text         any number: a sentence that was checked against the evidence, with its citations
withheld     any number: a sentence that failed its check; why, never what it said
done         once, last: who wrote it, tokens, seconds
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from generator.constraints import Chip
from generator.understanding import Understanding
from retriever.product import Product


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True)


class Understood(_Event):
    """How the message was read; ``chips`` are the constraints in force, in words."""

    type: Literal["understood"] = "understood"
    understanding: Understanding
    chips: tuple[Chip, ...] = ()


class EvidenceItem(_Event):
    """A product that the text may speak of as ``[number]``.

    ``matches`` says why it was found: the constraints and words of the query that it has.
    """

    number: int
    product: Product
    score: float | None
    rank: int
    picture_key: str = ""
    matches: tuple[str, ...] = ()


class Relaxation(_Event):
    """A constraint without which ``count`` products would remain; never applied by itself."""

    chip: Chip
    count: int


class Abstention(_Event):
    """Whether anything fits, and how sure that is.

    ``probability`` that the catalogue has what was asked, where ``calibrated`` for this index; below
    ``threshold`` the products are nearest alternatives. ``reason`` is for people; ``unknown`` are
    words of the query that no product of the catalogue has.
    """

    fits: bool = True
    calibrated: bool = False
    probability: float | None = None
    threshold: float | None = None
    unknown: tuple[str, ...] = ()
    reason: str = ""


class Products(_Event):
    """The evidence, best first. Where ``fits`` is false they are nearest alternatives at most."""

    type: Literal["products"] = "products"
    items: tuple[EvidenceItem, ...]
    fits: bool = True
    abstention: Abstention = Field(default_factory=Abstention)
    relaxations: tuple[Relaxation, ...] = ()


class CitationRef(_Event):
    """``[number]`` of a text stands for this product."""

    number: int
    product_id: str


class Text(_Event):
    """One sentence, released once checked; ``notice`` is what the system itself says of the reply."""

    type: Literal["text"] = "text"
    text: str
    citations: tuple[CitationRef, ...] = ()
    notice: bool = False
    repaired: bool = False


ProblemCode = Literal[
    "unknown_citation",
    "wrong_citation",
    "uncited_product",
    "invented_product",
    "wrong_price",
    "wrong_discount",
    "wrong_attribute",
    "borrowed_attribute",
    "wrong_availability",
    "wrong_count",
    "wrong_superlative",
    "budget_broken",
    "unsupported_claim",
    "formatting",
    "prompt_leak",
]
"""Why a sentence failed; each is described in `generator.grounding.problems`."""


class Withheld(_Event):
    """A sentence that was not released, nor could be repaired."""

    type: Literal["withheld"] = "withheld"
    problems: tuple[ProblemCode, ...]


class Seconds(_Event):
    """Wall-clock seconds by stage; ``first_sentence`` counts from the message to the first text."""

    understand: float = 0.0
    search: float = 0.0
    write: float = 0.0
    first_sentence: float | None = None
    total: float = 0.0


class Done(_Event):
    """The end. ``writer`` is ``offline`` or the model's name; ``fallback`` says why it is offline
    although a model is configured. Tokens are those of the model, repairs and understanding included.
    """

    type: Literal["done"] = "done"
    writer: str
    fallback: str | None = None
    withheld: int = 0
    repaired: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: Seconds


Event = Annotated[Understood | Products | Text | Withheld | Done, Field(discriminator="type")]

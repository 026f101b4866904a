"""What a recommendation is: the evidence it may speak of, its text, and whom it cites."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from retriever.retrieved import RetrievedProduct

Writer = Literal["offline"]
"""Who wrote a text: ``offline`` is the template in `generator.offline`."""


@dataclass(frozen=True, slots=True)
class Citation:
    """``[number]`` in a recommendation's text stands for this product."""

    number: int
    product_id: str

    def __str__(self) -> str:
        return f"[{self.number}]"


@dataclass(frozen=True, slots=True)
class CitedProduct:
    """A retrieved product under the number that cites it."""

    citation: Citation
    retrieved: RetrievedProduct


Evidence = tuple[CitedProduct, ...]
"""The retrieved products that a reply may speak of; it may speak of nothing else."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A reply to a shopper; ``citations`` holds those that its text uses, by number."""

    text: str
    citations: tuple[Citation, ...]
    writer: Writer


def evidence_of(retrieved: Sequence[RetrievedProduct]) -> Evidence:
    """Number the retrieved products from 1, in the order given."""
    return tuple(
        CitedProduct(Citation(number, found.product.id), found)
        for number, found in enumerate(retrieved, 1)
    )

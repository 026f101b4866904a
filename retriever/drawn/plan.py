"""Planning a shop: which products there are, before anything is drawn."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from types import MappingProxyType
from typing import Final

from retriever.drawn.accessories import ACCESSORIES
from retriever.drawn.bags import BAGS
from retriever.drawn.food import FOOD
from retriever.drawn.furniture import FURNITURE
from retriever.drawn.glassware import GLASSWARE
from retriever.drawn.home import HOME, LIGHTING
from retriever.drawn.kitchen import KITCHEN
from retriever.drawn.metadata import Listing, list_product
from retriever.drawn.palette import accents_for
from retriever.drawn.plush import PLUSH
from retriever.drawn.seats import SEATS
from retriever.drawn.shoes import SHOES
from retriever.drawn.skirts import SKIRTS
from retriever.drawn.spec import Spec, Visual, held_out, stream
from retriever.drawn.tops import TOPS
from retriever.drawn.toys import TOYS

_ALL = (
    *PLUSH,
    *TOYS,
    *KITCHEN,
    *GLASSWARE,
    *SEATS,
    *FURNITURE,
    *TOPS,
    *SKIRTS,
    *SHOES,
    *BAGS,
    *ACCESSORIES,
    *LIGHTING,
    *HOME,
    *FOOD,
)
SPECS: Final[Mapping[str, Spec]] = MappingProxyType({spec.type: spec for spec in _ALL})
TYPES: tuple[str, ...] = tuple(SPECS)
SIZES: Final = ("small", "medium", "large")

# The demo shop (seed 0) always holds right answers and near misses for the example query "a small
# orange plush toy with big eyes": (colour, size, eyes), in this order.
_EXAMPLES: Final = (
    *(("orange", "small", "big eyes"),) * 7,
    *(("orange", "large", "big eyes"),) * 2,
    *(("orange", "small", "small eyes"),) * 2,
    *(("purple", "small", "big eyes"),) * 2,
)


@dataclass(frozen=True, slots=True)
class DrawnProduct:
    """A product of a drawn shop.

    ``visual`` is exact; everything else is what a shop would have written: vague, sometimes wrong in
    form, never naming the visual parts. ``split`` is ``"test"`` for held-out combinations.
    """

    id: str
    visual: Visual
    title: str
    description: str
    brand: str
    category: str
    price: float
    currency: str
    attributes: dict[str, str]
    split: str


def _visual(spec: Spec, rng: Random, example: tuple[str, str, str] | None) -> Visual:
    kind = rng.choice(spec.kinds) if spec.kinds else None
    choices = spec.parts + (spec.kind_parts.get(kind, ()) if kind else ())
    parts = {rng.choice(choice) for choice in choices} - {""}
    colour, size, pattern = rng.choice(spec.colours), rng.choice(SIZES), rng.choice(spec.patterns)
    material = rng.choice(spec.materials)
    if example is not None:
        colour, size, look = example
        parts = {part for part in parts if not part.endswith(" eyes")} | {look}
        pattern = "plain"
    accented = spec.accented or pattern != "plain"
    accent = rng.choice(accents_for(colour)) if accented else None
    return Visual(
        spec.type,
        spec.department,
        colour,
        accent,
        pattern,
        material,
        size,
        tuple(sorted(parts)),
        kind,
    )


def _of_type(spec: Spec, seed: int, first: int, count: int) -> list[Visual]:
    """``count`` products of a type, both splits among them when there are at least two."""
    visuals: list[Visual] = []
    for turn in range(count):
        example = None
        if seed == 0 and spec.type == "plush toy" and turn < len(_EXAMPLES):
            example = _EXAMPLES[turn]
        visual = _visual(spec, stream("visual", seed, first + turn), example)
        if turn == count - 1 and count > 1:
            seen = {held_out(other.group) for other in visuals}
            again = 0
            while len(seen | {held_out(visual.group)}) < 2:
                again += 1
                visual = _visual(spec, stream("visual", seed, first + turn, again), None)
        visuals.append(visual)
    return visuals


def plan_shop(seed: int = 0, per_type: int = 32) -> list[DrawnProduct]:
    """Plan ``per_type`` products of each of `TYPES`, without drawing anything.

    The same arguments give the same shop everywhere; another seed gives other combinations, poses
    and backgrounds. With ``per_type`` of 2 or more, each type has products of both splits.
    """
    products: list[DrawnProduct] = []
    for spec in SPECS.values():
        for visual in _of_type(spec, seed, len(products), per_type):
            index = len(products)
            listing: Listing = list_product(spec, visual, stream("listing", seed, index))
            products.append(
                DrawnProduct(
                    id=f"drawn-{seed}-{index:05d}",
                    visual=visual,
                    title=listing.title,
                    description=listing.description,
                    brand=listing.brand,
                    category=listing.category,
                    price=listing.price,
                    currency="USD",
                    attributes=listing.attributes,
                    split="test" if held_out(visual.group) else "train",
                )
            )
    return products

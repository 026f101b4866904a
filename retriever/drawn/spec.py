"""What a product type may look like: the choices that a shop is planned from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from random import Random

from retriever.drawn.canvas import Pen
from retriever.drawn.palette import COLOURS


@dataclass(frozen=True, slots=True)
class Visual:
    """What a picture shows, exactly.

    ``size`` is small, medium or large; ``parts`` are sorted; ``accent`` is the second colour, if
    there is one; ``kind`` is a finer type where it matters (the animal of a plush toy).
    """

    type: str
    department: str
    colour: str
    accent: str | None
    pattern: str
    material: str
    size: str
    parts: tuple[str, ...]
    kind: str | None

    @property
    def group(self) -> str:
        """The visual combination without its size: pictures of one group look alike."""
        return "|".join((self.type, self.colour, self.pattern, self.material, *sorted(self.parts)))


Draw = Callable[[Pen, Visual], None]


@dataclass(frozen=True, slots=True)
class Spec:
    """A product type: its choices, how it stands, and how it is drawn.

    Repeating an entry of ``patterns``, ``materials`` or a choice of ``parts`` makes it likelier;
    ``""`` in a choice of ``parts`` means none of them. ``kind_parts`` adds choices for one kind.
    ``stance`` is ``floor`` (stands on it), ``flat`` (seen from above or hung on a wall) or ``hang``
    (from the ceiling). ``foot`` is half the width of the contact shadow. ``price`` is the range for
    a medium one, in US dollars; ``made_of`` and ``nouns`` are the shop's own, vaguer words.
    """

    type: str
    department: str
    draw: Draw
    materials: tuple[str, ...]
    price: tuple[float, float]
    made_of: tuple[str, ...]
    nouns: tuple[str, ...]
    colours: tuple[str, ...] = COLOURS
    patterns: tuple[str, ...] = ("plain",)
    parts: tuple[tuple[str, ...], ...] = ()
    kinds: tuple[str, ...] = ()
    kind_parts: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    accented: bool = False
    stance: str = "floor"
    foot: float = 55


def held_out(group: str) -> bool:
    """Whether a visual combination is kept for testing: a stable quarter of all of them."""
    return blake2b(group.encode(), digest_size=4).digest()[0] < 64


def stream(*names: object) -> Random:
    """A random generator that depends on the names alone, on every machine and Python."""
    key = "/".join(map(str, names)).encode()
    return Random(int.from_bytes(blake2b(key, digest_size=16).digest(), "big"))

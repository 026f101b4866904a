"""How the vectors of a version are kept in memory and searched: graph, quantisation, rescoring."""

import math
from dataclasses import dataclass
from typing import Literal, get_args

from retriever.errors import SettingsError

Quantisation = Literal["none", "int8", "binary"]

EXACT_BELOW = 20_000
"""Below this many products every search compares all vectors, which takes about 2 ms and misses
nothing; `IndexVersion.finish` builds the graph (HNSW; Malkov & Yashunin, TPAMI 2020) for more."""

OVERSAMPLING: dict[Quantisation, float] = {"none": 1.0, "int8": 2.0, "binary": 32.0}
"""Candidates by quantised vectors for each product asked for, where the settings name none."""

FILTERED_EF = 4
"""How many times as wide a graph is searched with a filter, whose products lie apart in it: of a million,
50,000 that fit were found at 0.935 with ef 256, at 0.975 with 512 and at 1.000 with 1024."""


EF_IS_FOR = 100_000
"""Products that a graph may have before it is searched more widely than ``ef`` says, in proportion to the square
root: of 1,000,000, texts found 0.973 of their true ten among pictures with ef 256, 0.992 with 512 and 0.997 with 1024."""


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """How a version's dense vectors are kept and searched.

    ``quantisation`` keeps in memory a byte (``int8``) or a bit (``binary``) for each of a vector's numbers
    in place of four bytes; the originals then lie on disk and are read, through the page cache, only for
    ``rescore``: ``oversampling`` times as many candidates as were asked for are found by quantised vectors
    and ranked again by the originals. ``m`` links a product and ``ef_construct`` candidates make the
    graph, ``ef`` candidates are kept when it is searched: more find more of the true neighbours and take
    longer, and so do graphs of many products and searches with a filter (`width`). Versions of fewer than ``exact_below`` products have no graph.

    Raises `SettingsError` for what no engine could use.
    """

    quantisation: Quantisation = "none"
    oversampling: float | None = None
    rescore: bool = True
    m: int = 16
    ef_construct: int = 128
    ef: int = 256
    exact_below: int = EXACT_BELOW

    def __post_init__(self) -> None:
        if self.quantisation not in get_args(Quantisation):
            raise SettingsError(
                f"quantisation is {self.quantisation!r}; choose one of "
                f"{', '.join(get_args(Quantisation))}"
            )
        if self.oversampling is not None and not 1 <= self.oversampling <= 100:
            raise SettingsError(f"oversampling is {self.oversampling}; it lies between 1 and 100")
        for name, least, most in (
            ("m", 4, 128),
            ("ef_construct", 8, 4096),
            ("ef", 8, 10_000),
            ("exact_below", 1, 100_000_000),
        ):
            value = getattr(self, name)
            if not isinstance(value, int) or not least <= value <= most:
                raise SettingsError(
                    f"{name} of the index is {value!r}; it is a number from {least} to {most:,}"
                )

    @property
    def candidates(self) -> float:
        """Candidates by quantised vectors for each product asked for."""
        return OVERSAMPLING[self.quantisation] if self.oversampling is None else self.oversampling

    def width(self, *, products: int = 0, filtered: bool = False) -> int:
        """Candidates kept when a graph of so many products is searched, perhaps through a filter.

        A server keeps its products in many graphs, each of which is searched so: there, leave ``products`` out.
        """
        wider = max(1.0, math.sqrt(products / EF_IS_FOR))
        return round(self.ef * (max(wider, FILTERED_EF) if filtered else wider))

"""The schedule of `training.pretrain`: cycles of epochs, each with its own learning rate.

The learning rate falls along a cosine within each cycle and restarts with the next (SGDR, Loshchilov &
Hutter, ICLR 2017). A cycle may keep a part of the weights it began with (WiSE-FT, Wortsman et al.,
CVPR 2022): what a late cycle adds for one kind of pictures then costs the other kind less.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phase:
    """Some epochs alike: picture size in pixels, share of the photographs, whether drawings take part."""

    epochs: int
    size: int
    share: float
    drawn: bool


@dataclass(frozen=True, slots=True)
class Cycle:
    """Phases under one cosine with the given peak rate, begun with a fresh optimiser.

    The result lies ``mix`` of the way from the weights at the cycle's start to those at its end.
    """

    phases: tuple[Phase, ...]
    rate: float
    mix: float = 1.0


CYCLES = (
    Cycle((Phase(4, 48, 1.0, False), Phase(4, 64, 1.0, True), Phase(2, 80, 1.0, True)), 1.2e-3),
    # Evens out what the first cycle saw: photographs far more than drawings.
    Cycle((Phase(7, 64, 0.5, True),), 1e-3),
    Cycle((Phase(4, 64, 0.25, True),), 8e-4, mix=0.7),
    Cycle((Phase(6, 64, 0.35, True),), 8e-4),
)


@dataclass(frozen=True, slots=True)
class Epoch:
    """One pass over the data and where in its cycle it lies (``index`` of ``length``)."""

    phase: Phase
    cycle: Cycle
    index: int
    length: int

    @property
    def is_first(self) -> bool:
        """Whether a cycle begins with it."""
        return self.index == 0

    @property
    def is_last(self) -> bool:
        """Whether a cycle ends with it."""
        return self.index == self.length - 1

    def rate(self, done: float) -> float:
        """Learning rate after the part ``done`` (0 to 1) of this epoch: a short rise, then a cosine."""
        position = self.index + done
        falling = 0.5 * (1 + math.cos(math.pi * position / self.length))
        return self.cycle.rate * min(1.0, position + 0.005) * falling


def schedule(cycles: Sequence[Cycle]) -> list[Epoch]:
    """The cycles, epoch by epoch."""
    epochs: list[Epoch] = []
    for cycle in cycles:
        flat = [phase for phase in cycle.phases for _ in range(phase.epochs)]
        epochs += [Epoch(phase, cycle, i, len(flat)) for i, phase in enumerate(flat)]
    return epochs

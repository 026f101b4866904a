"""What every loss takes, and the temperature that most of them learn."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor, nn

MAX_LOGIT_SCALE = 100.0
"""Above it the softmax is so sharp that training turns unstable (CLIP, Radford et al. 2021, section 2.5)."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Unit embeddings of b texts and of c >= b pictures, and which of them belong together.

    ``texts`` [b, d]; ``pictures`` [c, d], of which row i belongs to text i and rows from b on are mined
    negatives; ``positive`` [b, c] bool, true on the diagonal and wherever the picture is right as well (the
    same picture, or a product with the same text).
    """

    texts: Tensor
    pictures: Tensor
    positive: Tensor


class Loss(nn.Module, ABC):
    """A loss with a learnable logit scale, begun at ``START`` and kept at or below `MAX_LOGIT_SCALE`."""

    START = 30.0

    def __init__(self, logit_scale: float | None = None) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.tensor(math.log(logit_scale or self.START)))

    @property
    def logit_scale(self) -> Tensor:
        """The factor on cosine similarities, as it is now."""
        return self.log_scale.exp()

    def clamp(self) -> None:
        """Bring the logit scale back into its range; called after each step."""
        with torch.no_grad():
            self.log_scale.clamp_(0.0, math.log(MAX_LOGIT_SCALE))

    @abstractmethod
    def forward(self, batch: Batch, generator: torch.Generator) -> Tensor:
        """The loss, a scalar; ``generator`` is for losses that sample."""

"""The margin (triplet) loss with random negatives: what a first attempt reaches for."""

import torch
from torch import Tensor

from training.losses.batch import Batch, Loss


class Margin(Loss):
    """``max(0, margin - cos(text, its picture) + cos(text, a random picture))``.

    One random negative a text, as in DeViSE (Frome et al., NeurIPS 2013) and FaceNet's easy triplets. Most
    random negatives are easy and give no gradient once the margin holds, which is why its ranking stays
    coarse. The logit scale is unused.
    """

    def __init__(self, logit_scale: float | None = None, margin: float = 0.2) -> None:
        super().__init__(logit_scale)
        self.margin = margin

    def forward(self, batch: Batch, generator: torch.Generator) -> Tensor:
        count = len(batch.texts)
        right = (batch.texts * batch.pictures[:count]).sum(dim=1)
        allowed = (~batch.positive).float()
        usable = allowed.sum(dim=1) > 0
        if not usable.any():
            return 0.0 * right.sum()  # all are right for each other: nothing to push away
        drawn = torch.multinomial(allowed[usable], 1, generator=generator).squeeze(1)
        wrong = (batch.texts[usable] * batch.pictures[drawn]).sum(dim=1)
        return torch.relu(self.margin - right[usable] + wrong).mean()

"""The sigmoid loss of SigLIP (Zhai et al., ICCV 2023)."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.losses.batch import Batch, Loss


class SigLip(Loss):
    """Each pair on its own: is this picture right for this text? With a learnable scale and bias.

    Duplicates are positives. Needs no large batch, as no pair competes with another; begins at the scale
    10 and bias -10 of the paper, so that the many negatives do not drown the first steps.
    """

    START = 10.0

    def __init__(self, logit_scale: float | None = None) -> None:
        super().__init__(logit_scale)
        self.bias = nn.Parameter(torch.tensor(-10.0))

    def forward(self, batch: Batch, generator: torch.Generator) -> Tensor:
        logits = self.logit_scale * batch.texts @ batch.pictures.T + self.bias
        signs = torch.where(batch.positive, 1.0, -1.0)
        return -functional.logsigmoid(signs * logits).sum(dim=1).mean()

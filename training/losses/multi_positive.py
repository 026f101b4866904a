"""InfoNCE with several positives a row, as in supervised contrastive learning (Khosla et al., 2020)."""

import torch
from torch import Tensor
from torch.nn import functional

from training.losses.batch import Batch, Loss


class MultiPositive(Loss):
    """InfoNCE in which duplicate titles and pictures are positives, not negatives.

    To prefer where a catalogue repeats titles or pictures; equal to `InfoNce` where it does not.
    """

    def forward(self, batch: Batch, generator: torch.Generator) -> Tensor:
        logits = self.logit_scale * batch.texts @ batch.pictures.T
        count = len(logits)
        return 0.5 * (
            multi_positive(logits, batch.positive)
            + multi_positive(logits[:, :count].T, batch.positive[:, :count].T)
        )


def multi_positive(logits: Tensor, positive: Tensor) -> Tensor:
    """Cross-entropy of logits [b, c] against the even distribution over each row's positives."""
    target = positive.to(logits.dtype)
    target = target / target.sum(dim=1, keepdim=True)
    return -(target * functional.log_softmax(logits, dim=1)).sum(dim=1).mean()

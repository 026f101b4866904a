"""InfoNCE (van den Oord et al., 2018) in both directions, as CLIP has it."""

import torch
from torch import Tensor
from torch.nn import functional

from training.losses.batch import Batch, Loss


class InfoNce(Loss):
    """Cross-entropy of each text against all pictures of the batch, and of each picture against the texts.

    Only the diagonal is right; other positives are treated as negatives, which is what sets it apart from
    `MultiPositive`. Mined negatives count for the texts. The one to begin with where texts are distinct.
    """

    def forward(self, batch: Batch, generator: torch.Generator) -> Tensor:
        logits = self.logit_scale * batch.texts @ batch.pictures.T
        target = torch.arange(len(logits), device=logits.device)
        square = logits[:, : len(logits)]
        return 0.5 * (
            functional.cross_entropy(logits, target) + functional.cross_entropy(square.T, target)
        )

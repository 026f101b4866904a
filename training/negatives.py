"""Hard negatives: the pictures that an adapter confuses with a text's own, without those that are right."""

import torch
from torch import Tensor

TOO_NEAR = 0.95
"""A picture whose similarity to the text is above this share of its own picture's is taken for an
unlabelled positive, not for a hard negative (Moreira et al., "NV-Retriever", arXiv:2407.15831)."""


def hard_negatives(
    texts: Tensor, pictures: Tensor, positives: Tensor, count: int, *, chunk: int = 1024
) -> Tensor:
    """Rows [n, count] of the nearest wrong pictures for each of n texts.

    ``texts`` and ``pictures`` [n, d] are unit embeddings, ``positives`` [n, 2] numbers what belongs
    together (see `training.fit.fit`). Filtered as false negatives: pictures of positives, and those nearer
    than `TOO_NEAR` of the text's own picture. Where fewer are left the nearest filtered ones, never
    positives, fill up.
    """
    found: list[Tensor] = []
    own = (texts * pictures).sum(dim=1)
    for rows in torch.split(torch.arange(len(texts)), chunk):
        scores = texts[rows] @ pictures.T
        right = (positives[rows][:, None] == positives[None]).any(dim=2)
        suspect = scores > TOO_NEAR * own[rows, None]
        # Suspects stay in reach, below every other picture: cosines differ by 2 at most.
        scores = scores - 4.0 * suspect - torch.where(right, torch.inf, 0.0)
        found.append(scores.topk(min(count, scores.shape[1]), dim=1).indices)
    return torch.cat(found)

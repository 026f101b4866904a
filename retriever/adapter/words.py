"""Word vectors: what a shop's own words add to the feature of a text.

CLIP's text tower pools a title to one vector, in which a brand or a house word it never learnt leaves
little trace; no head on that vector can bring it back. A small table of vectors, one for each word that the
catalogue uses often, is added to the residual instead: words that were not trained add nothing, so that
other texts stay where the backbone put them.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from retriever.lexical import tokenise

LEAST_TEXTS = 3
"""A word of fewer texts teaches little beyond those texts."""


def vocabulary(texts: Iterable[str], least: int = LEAST_TEXTS) -> tuple[str, ...]:
    """The terms (see `retriever.lexical.tokenise`) that at least ``least`` texts contain, sorted."""
    counts = Counter(term for text in texts for term in set(tokenise(text)))
    return tuple(sorted(term for term, count in counts.items() if count >= least))


class WordVectors(nn.Module):
    """A vector [dim] for each term of a vocabulary, zero at first; of a text, their sum over sqrt(count).

    The square root keeps the length of the sum the same for short and long texts while the vectors are
    independent.
    """

    def __init__(self, vocabulary: Sequence[str], dim: int) -> None:
        super().__init__()
        # Row 0 stands for padding and stays zero.
        self._rows = {term: row for row, term in enumerate(vocabulary, 1)}
        self.table = nn.Embedding(len(vocabulary) + 1, dim, padding_idx=0)
        nn.init.zeros_(self.table.weight)

    def ids(self, texts: Sequence[str]) -> Tensor:
        """Rows [n, longest] int64 of the words of n texts, padded with 0; unknown words are left out."""
        found = [[self._rows[t] for t in tokenise(text) if t in self._rows] for text in texts]
        rows = torch.zeros(len(texts), max(map(len, found), default=0), dtype=torch.int64)
        for at, words in enumerate(found):
            rows[at, : len(words)] = torch.tensor(words, dtype=torch.int64)
        return rows

    def forward(self, ids: Tensor) -> Tensor:
        count = (ids > 0).sum(dim=1, keepdim=True).clamp(min=1)
        summed: Tensor = self.table(ids).sum(dim=1) / count.sqrt()
        return summed

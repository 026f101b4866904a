"""The text tower, run over no more positions than the longest text of a batch has.

open_clip always runs the whole context, 77 positions for CLIP, while a shopper's query has about ten
tokens. In a tower with a causal mask a position sees only those before it, and pooling at the end
token reads nothing after it, so leaving the padding away changes nothing. Whether that holds for a
given model is checked when it is loaded, on texts of several lengths; where it does not (SigLIP's tower
attends both ways, CoCa's appends a class token, Hugging Face towers are built otherwise), the whole
context is run.

Another runtime than PyTorch prepares itself for every length anew, so its batches are cut to a multiple of
`LENGTH_STEP`, which leaves it twenty lengths to know.
"""

from collections.abc import Callable
from typing import Any

import torch
from open_clip.transformer import text_global_pool
from torch import Tensor, nn
from torch.nn import functional

from retriever.encoder.runtime import Tower
from retriever.encoder.tower import LENGTH_STEP

Tokenizer = Callable[[list[str]], Tensor]
"""Texts to tokens [n, context], padded; what exceeds the context is cut off before the end token."""

_TOLERANCE = 1e-4
PROBES = [
    "",
    "red shoes",
    "a small orange plush toy with big eyes, standing on a wooden table",
    "striped sleeves, " * 40,
]


class TextTower:
    """The text tower of an open_clip model; ``trims`` says whether padding is left away."""

    def __init__(self, model: nn.Module, tokenizer: Tokenizer, device: torch.device) -> None:
        self.model: Any = model
        # CLIP holds the parts of its text tower itself, CustomTextCLIP holds them in `text`.
        self._tower: Any = getattr(model, "text", model)
        self._tokenizer = tokenizer
        self._device = device
        self._other: Tower | None = None
        self.trims = self._ends_causal() and self._trimming_is_exact()

    def tokens(self, texts: list[str]) -> Tensor:
        """Tokens [n, context] of the texts."""
        return self._tokenizer(texts)

    def keys(self, texts: list[str]) -> list[bytes]:
        """The tokens of each text as bytes: the same for texts that the tower cannot tell apart."""
        return [row.tobytes() for row in self._tokenizer(texts).numpy()]

    def lengths(self, tokens: Tensor) -> Tensor:
        """How many positions of each row of tokens [n, context] matter to the tower: [n]."""
        if not self.trims:
            return torch.full((len(tokens),), tokens.shape[1])
        return self._ends(tokens) + 1

    def run_by(self, tower: Tower) -> None:
        """Let another runtime compute `features` from now on."""
        self._other = tower

    @property
    def description(self) -> str:
        """What runs the tower, in words."""
        return str(getattr(self._other, "description", f"torch fp32 on {self._device}"))

    def encode(self, tokens: Tensor) -> Tensor:
        """Unit features [n, dim] of tokens [n, context], on the CPU."""
        if self.trims:
            length = int(self.lengths(tokens).max())
            if self._other is not None:
                length = -(-length // LENGTH_STEP) * LENGTH_STEP
            tokens = tokens[:, :length]
        if self._other is not None:
            return self._other(tokens)
        return self.features(tokens.to(self._device)).cpu()

    def features(self, tokens: Tensor) -> Tensor:
        """Unit features [n, dim] of tokens on the model's device: [n, t] where it trims, else [n, context]."""
        if self.trims:
            return functional.normalize(self._trimmed(tokens), dim=-1)
        return self._full(tokens)

    def _full(self, tokens: Tensor) -> Tensor:
        features: Tensor = self.model.encode_text(tokens, normalize=True)
        return features

    def _trimmed(self, tokens: Tensor) -> Tensor:
        """Features [n, dim] of tokens [n, t], where t may be less than the context."""
        tower, length = self._tower, tokens.shape[1]
        dtype = tower.transformer.get_cast_dtype()
        hidden = tower.token_embedding(tokens).to(dtype)
        hidden = hidden + tower.positional_embedding[:length].to(dtype)
        hidden = tower.transformer(hidden, attn_mask=tower.attn_mask[:length, :length])
        pooled: Tensor = text_global_pool(
            tower.ln_final(hidden), tokens, self._pool_type, eos_token_id=self._eos_id
        )
        if isinstance(tower.text_projection, nn.Linear):
            pooled = tower.text_projection(pooled)
        elif tower.text_projection is not None:
            pooled = pooled @ tower.text_projection
        return pooled

    def _ends(self, tokens: Tensor) -> Tensor:
        """Position [n] at which each row of tokens [n, context] is pooled."""
        # CLIP's end token has the highest number of all.
        ends = tokens if self._pool_type == "argmax" else tokens.eq(self._eos_id or 0).int()
        return ends.argmax(dim=-1)

    @property
    def _pool_type(self) -> str | None:
        pool_type = getattr(self._tower, "text_pool_type", None)
        return pool_type or getattr(self._tower, "pool_type", None)

    @property
    def _eos_id(self) -> int | None:
        eos_id = getattr(self._tower, "text_eos_id", None)
        return eos_id if eos_id is not None else getattr(self._tower, "eos_id", None)

    def _ends_causal(self) -> bool:
        """Whether the tower looks causal and pooled at the end token."""
        tower = self._tower
        return (
            getattr(tower, "attn_mask", None) is not None
            and getattr(tower, "cls_emb", None) is None
            and self._pool_type in ("argmax", "eos")
        )

    def _trimming_is_exact(self) -> bool:
        for text in PROBES:
            tokens = self.tokens([text])
            cut = tokens[:, : int(self._ends(tokens).max()) + 1].to(self._device)
            trimmed = functional.normalize(self._trimmed(cut), dim=-1)
            full = self._full(tokens.to(self._device))
            if not torch.allclose(trimmed, full, rtol=0, atol=_TOLERANCE):
                return False
        return True

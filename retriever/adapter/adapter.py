"""`Adapter`: both heads, and the embeddings that they make of cached features."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from retriever.adapter.config import IDENTITY, AdapterConfig, check_features
from retriever.adapter.frozen import weights_fingerprint
from retriever.adapter.heads import make_head
from retriever.adapter.words import WordVectors
from retriever.errors import AdapterError
from retriever.features import Features

Modality = Literal["picture", "text"]


@dataclass(frozen=True)
class Provenance:
    """What an adapter was trained on and how: ``backbone`` is a fingerprint, the rest is for its card."""

    backbone: str
    encoder: str = ""
    recipe: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)


class Adapter(nn.Module):
    """Maps features of a frozen backbone to embeddings of unit length in one shared space.

    As a module it maps features [n, dim] of one modality to embeddings [n, dim] with gradients;
    `embed_pictures` and `embed_texts` do the same for arrays, without. An adapter with a vocabulary reads the
    words of a text beside its features: ``reads_words``.

    ``spec``: the name or absolute path that it was loaded from, ``identity`` for zero-shot, empty for one
    that was never loaded. ``backbone``: fingerprint of the backbone it was trained on, None where that is
    not known or any will do.
    """

    def __init__(self, config: AdapterConfig) -> None:
        super().__init__()
        self.config = config
        self.spec = IDENTITY if self.is_identity else ""
        self.backbone: str | None = None
        self.picture = self._head("picture")
        self.text = self._head("text")
        self.words = WordVectors(config.vocabulary, config.dim) if config.vocabulary else None
        if config.centred:
            self.register_buffer("picture_mean", torch.zeros(config.dim))
            self.register_buffer("text_mean", torch.zeros(config.dim))

    @classmethod
    def identity(cls, dim: int) -> Self:
        """Zero-shot CLIP: embeddings are the features."""
        return cls(AdapterConfig(kind="identity", dim=dim))

    @property
    def is_identity(self) -> bool:
        """Whether embeddings are the features, unchanged."""
        return self.config.is_identity

    @property
    def reads_words(self) -> bool:
        """Whether texts must be given beside their features."""
        return self.words is not None

    @property
    def fingerprint(self) -> str:
        """Hash (32 hex digits) of config and weights, or ``identity``."""
        if self.is_identity:
            return IDENTITY
        weights = {
            name: tensor.detach().cpu().float().numpy()
            for name, tensor in self.state_dict().items()
        }
        return weights_fingerprint(self.config, weights)

    def forward(self, features: Tensor, modality: Modality, words: Tensor | None = None) -> Tensor:
        """Embeddings [n, dim]; ``words`` [n, m] are the `WordVectors.ids` of texts, None for pictures."""
        if self.config.centred:
            mean = self.picture_mean if modality == "picture" else self.text_mean
            features = functional.normalize(features - mean, dim=-1)
        head = self.picture if modality == "picture" else self.text
        moved: Tensor = head(features)
        if self.words is not None and modality == "text" and words is not None:
            moved = moved + self.config.alpha * self.words(words)
        return functional.normalize(moved, dim=-1)

    def centre(self, pictures: Features, texts: Features) -> None:
        """Take the means of features [n, dim] as the centres to subtract; for ``centred`` configs."""
        if not self.config.centred:
            raise AdapterError("the adapter is not centred; make it with centred=True")
        self.picture_mean = torch.from_numpy(pictures.mean(axis=0))
        self.text_mean = torch.from_numpy(texts.mean(axis=0))

    def embed_pictures(self, features: Features) -> Features:
        """Embeddings [n, dim] of picture features [n, dim]."""
        return self._embed(features, "picture")

    def embed_texts(self, features: Features, texts: Sequence[str] | None = None) -> Features:
        """Embeddings [n, dim] of text features [n, dim] and, where the adapter reads them, the n texts.

        Raises `AdapterError` when an adapter that reads words is given none.
        """
        if self.words is None:
            return self._embed(features, "text")
        if texts is None or len(texts) != len(features):
            raise AdapterError(
                f"adapter {self.spec or '(unnamed)'} reads words: give the {len(features)} texts beside "
                "their features"
            )
        return self._embed(features, "text", self.words.ids(texts))

    def _embed(
        self, features: Features, modality: Modality, words: Tensor | None = None
    ) -> Features:
        check_features(features.shape, self.config)
        if self.is_identity:
            return features
        with torch.inference_mode():
            tensor = torch.from_numpy(np.ascontiguousarray(features, np.float32))
            embeddings: Features = self(tensor, modality, words).numpy()
        return embeddings

    def _head(self, modality: Modality) -> nn.Module:
        if self.config.towers in ("both", modality):
            return make_head(self.config)
        return nn.Identity()

"""The two towers of an open_clip model as `retriever.encoder.exports` takes them."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from retriever.encoder.exports import Source
from retriever.encoder.text import PROBES, TextTower

_PROBE_PICTURES = 2


def text_source(tower: TextTower) -> Source:
    """The text tower over tokens [n, t]: any length where it trims, else the whole context."""
    tokens = tower.tokens(PROBES)
    length = -1 if tower.trims else tokens.shape[1]
    return Source("text", _TextModule(tower), tokens, [-1, length])


def picture_source(model: nn.Module) -> Source:
    """The picture tower over preprocessed pictures [n, 3, height, width] of the model's own size."""
    parts: Any = model
    size = parts.visual.image_size
    height, width = (size, size) if isinstance(size, int) else size
    # Smooth noise: like pictures in that neighbouring pixels are alike, and the same on every machine.
    coarse = torch.randn(_PROBE_PICTURES, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    probe = functional.interpolate(coarse, (height, width), mode="bilinear")
    return Source("pictures", _PictureModule(model), probe, [-1, 3, height, width])


class _TextModule(nn.Module):
    def __init__(self, tower: TextTower) -> None:
        super().__init__()
        self.model = tower.model  # so that tracing finds the weights
        self._tower = tower

    def forward(self, tokens: Tensor) -> Tensor:
        return self._tower.features(tokens)


class _PictureModule(nn.Module):
    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, pictures: Tensor) -> Tensor:
        model: Any = self.model
        return functional.normalize(model.encode_image(pictures), dim=-1)

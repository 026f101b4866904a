"""Heads of adapters: features [n, dim] of unit length in, embeddings [n, dim] of any length out."""

import torch
from torch import Tensor, nn

from retriever.adapter.config import AdapterConfig, Mix


class Residual(nn.Module):
    """``x + alpha * f(x)`` or ``(1 - alpha) * x + alpha * f(x)``; f is a bottleneck MLP, zero at first.

    After Gao et al., "CLIP-Adapter" (IJCV 2024). The last layer of f begins at zero (as residual
    branches in Goyal et al., 2017), so that the first step starts from the backbone's own embeddings.
    """

    def __init__(self, dim: int, bottleneck: int, alpha: float, mix: Mix) -> None:
        super().__init__()
        self.alpha, self.keep = alpha, 1.0 if mix == "add" else 1.0 - alpha
        self.down = nn.Linear(dim, bottleneck)
        self.up = nn.Linear(bottleneck, dim)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def residual(self, features: Tensor) -> Tensor:
        """f(x) [n, dim]."""
        found: Tensor = self.up(nn.functional.gelu(self.down(features)))
        return found

    def forward(self, features: Tensor) -> Tensor:
        return self.keep * features + self.alpha * self.residual(features)


class Linear(nn.Module):
    """``W x``, begun at the identity; `pull` says how far W has gone from it."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.eye(dim))

    def pull(self) -> Tensor:
        """Squared Frobenius distance of W from the identity."""
        return (self.weight - torch.eye(len(self.weight))).square().sum()

    def forward(self, features: Tensor) -> Tensor:
        return features @ self.weight.T


def naive_head(dim: int, bottleneck: int) -> nn.Module:
    """Two layers begun at random, which know nothing of the backbone's space."""
    return nn.Sequential(nn.Linear(dim, bottleneck), nn.ReLU(), nn.Linear(bottleneck, dim))


def make_head(config: AdapterConfig) -> nn.Module:
    """A head of the config's kind, begun as that kind begins."""
    match config.kind:
        case "identity":
            return nn.Identity()
        case "residual":
            return Residual(config.dim, config.bottleneck, config.alpha, config.mix)
        case "linear":
            return Linear(config.dim)
        case "naive":
            return naive_head(config.dim, config.bottleneck)

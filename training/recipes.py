"""Recipes: what each kind of adapter is made of and how it is trained. The published ones have names."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from retriever.adapter import AdapterConfig, Kind, Mix, Towers
from retriever.adapter.words import vocabulary
from training.fit import FitSettings
from training.pairs import Pairs


@dataclass(frozen=True, slots=True)
class Recipe:
    """An adapter's architecture (see `AdapterConfig`) and its training.

    ``words``: whether it has a vector for each word that the training texts use often. ``augment``: whether
    texts are also said in other words (`training.augmentation`).
    """

    kind: Kind = "residual"
    bottleneck: int = 256
    alpha: float = 0.2
    mix: Mix = "add"
    towers: Towers = "both"
    centred: bool = False
    words: bool = False
    augment: bool = False
    fit: FitSettings = field(default_factory=FitSettings)

    def config(self, dim: int, pairs: Pairs) -> AdapterConfig:
        """The architecture for a backbone of ``dim``, with the vocabulary of these training pairs."""
        return AdapterConfig(
            kind=self.kind,
            dim=dim,
            bottleneck=self.bottleneck,
            alpha=self.alpha,
            mix=self.mix,
            towers=self.towers,
            centred=self.centred,
            vocabulary=vocabulary(pairs.texts) if self.words else (),
        )

    def seeded(self, seed: int) -> "Recipe":
        """The same with another seed."""
        return replace(self, fit=replace(self.fit, seed=seed))

    def record(self) -> dict[str, Any]:
        """Plain values, for a card."""
        return asdict(self)


_CONTRASTIVE = FitSettings(loss="multi-positive", batch=128, epochs=40)

RECIPES: dict[str, Recipe] = {
    # The failure to reproduce: replaces the features, pushes random negatives away by a margin.
    "naive": Recipe(kind="naive", bottleneck=512, fit=FitSettings(loss="margin", batch=128)),
    "mlp": Recipe(kind="naive", bottleneck=512, fit=_CONTRASTIVE),
    "centred": Recipe(kind="identity", centred=True, fit=replace(_CONTRASTIVE, epochs=0)),
    "linear": Recipe(kind="linear", fit=replace(_CONTRASTIVE, pull=1e-3)),
    "residual": Recipe(fit=_CONTRASTIVE),
    "words": Recipe(words=True, fit=_CONTRASTIVE),
}
"""Recipes by the names that commands and tables use."""

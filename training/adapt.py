"""From pairs to a trained adapter: the one way in which commands, sweeps and experiments train."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from retriever.adapter import Adapter
from retriever.errors import SettingsError
from training.fit import Fit, fit
from training.pairs import PairFeatures, Pairs, positives_of
from training.recipes import Recipe


def train_adapter(
    recipe: Recipe,
    train: tuple[Pairs, PairFeatures],
    val: tuple[Pairs, PairFeatures],
    *,
    checkpoint: Path | None = None,
    on_epoch: Callable[[int, dict[str, float]], None] | None = None,
) -> tuple[Adapter, Fit]:
    """Train an adapter on the train pairs; the epoch with the best `val_score` on the val pairs is kept.

    Features are all it needs: the backbone is never run. Raises `SettingsError` for too few pairs.
    """
    pairs, features = train
    if not len(val[0]):
        raise SettingsError(
            "no validation pairs, so no epoch can be chosen; give a larger catalogue or another seed"
        )
    torch.manual_seed(recipe.fit.seed)
    adapter = Adapter(recipe.config(features.texts.shape[1], pairs))
    if recipe.centred:
        adapter.centre(features.pictures, features.texts)
    numbers = positives_of(val[0])
    result = fit(
        adapter,
        features,
        positives_of(pairs),
        lambda trained: val_score(trained, val[1], numbers),
        recipe.fit,
        checkpoint=checkpoint,
        on_epoch=on_epoch,
    )
    return adapter, result


def val_score(adapter: Adapter, features: PairFeatures, positives: NDArray[np.int64]) -> float:
    """Mean reciprocal rank of known items, exact, over the pairs' own pool; what epochs are chosen by.

    It moves with every rank, where Recall@10 of a few hundred products jumps.
    """
    scores = (
        adapter.embed_texts(features.texts, features.words)
        @ adapter.embed_pictures(features.pictures).T
    )
    if not np.isfinite(scores).all():
        return 0.0  # an adapter that fell apart must not be chosen
    right = (positives[:, None] == positives[None]).any(axis=2)
    best = np.where(right, scores, -np.inf).max(axis=1, keepdims=True)
    # Wrong products with the very same score stand before the right one: a collapsed space ranks nothing.
    ahead = ((scores >= best) & ~right).sum(axis=1)
    return float((1.0 / (1 + ahead)).mean())

"""The learnt judge: a logistic model over `FEATURES`, for one fingerprint."""

from collections.abc import Sequence
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from scipy.optimize import minimize

from generator.abstention.features import FEATURES, query_features, unknown_words
from generator.events import Abstention
from generator.searching import Found
from retriever.capabilities import Capabilities
from retriever.index.base import IndexVersion

Vector64 = NDArray[np.float64]

_RIDGE = 0.05


class AbstentionModel(BaseModel):
    """P(the catalogue has what was asked) = sigmoid(bias + weights . (features - means) / scales).

    Scores of different backbones and adapters do not compare, so a model belongs to the
    ``fingerprint`` that it was learnt for. Below ``threshold`` nothing fits.
    """

    model_config = ConfigDict(frozen=True)

    fingerprint: str
    features: tuple[str, ...] = FEATURES
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    threshold: float
    learnt_from: str = ""

    def probability(self, features: Sequence[float]) -> float:
        scaled = (np.asarray(features) - np.asarray(self.means)) / np.asarray(self.scales)
        return float(1 / (1 + np.exp(-(self.bias + scaled @ np.asarray(self.weights)))))

    @classmethod
    def load(cls, path: Path) -> Self:
        return cls.model_validate_json(path.read_text(encoding="utf-8"))


def learn(
    inside: Sequence[Sequence[float]],
    outside: Sequence[Sequence[float]],
    fingerprint: str,
    learnt_from: str,
) -> AbstentionModel:
    """Fit by ridge-penalised maximum likelihood, classes weighted alike; the threshold is the one with
    the best F1 of "nothing fits" on the same queries, so report it on others.

    ``inside`` [n, 5] and ``outside`` [m, 5] are `FEATURES` of queries that the catalogue has an answer to
    and has none.
    """
    features = np.asarray([*inside, *outside], np.float64)
    labels = np.asarray([1.0] * len(inside) + [0.0] * len(outside))
    means, scales = features.mean(axis=0), features.std(axis=0) + 1e-9
    scaled = (features - means) / scales
    share = np.where(labels == 1, 0.5 / len(inside), 0.5 / len(outside))

    def loss(theta: Vector64) -> float:
        margin = np.where(labels == 1, 1, -1) * (theta[0] + scaled @ theta[1:])
        return float(
            (share * np.logaddexp(0, -margin)).sum() + _RIDGE * (theta[1:] ** 2).sum() / 10
        )

    theta = minimize(loss, np.zeros(features.shape[1] + 1), method="BFGS").x
    probabilities = 1 / (1 + np.exp(-(theta[0] + scaled @ theta[1:])))
    return AbstentionModel(
        fingerprint=fingerprint,
        means=tuple(means.round(6).tolist()),
        scales=tuple(scales.round(6).tolist()),
        weights=tuple(theta[1:].round(6).tolist()),
        bias=round(float(theta[0]), 6),
        threshold=round(_best_threshold(probabilities, labels), 4),
        learnt_from=learnt_from,
    )


def shipped(fingerprint: str) -> AbstentionModel | None:
    """The model that comes with shoplens for this fingerprint, if any."""
    for file in sorted(files("generator.abstention").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".json"):
            model = AbstentionModel.model_validate_json(file.read_text(encoding="utf-8"))
            if model.fingerprint == fingerprint:
                return model
    return None


def judge(
    found: Found, version: IndexVersion, capabilities: Capabilities, model: AbstentionModel | None
) -> Abstention:
    """Whether what was found fits what was asked.

    Without a model for the index's fingerprint nothing is abstained from, and the result says that it
    is not calibrated. A query of limits alone always fits what satisfies them.
    """
    best = found.items[0].score if found.items else None
    if not found.query.strip() or not found.pool or best is None:
        return Abstention()
    chosen = model or shipped(capabilities.fingerprint)
    if chosen is None or chosen.fingerprint != capabilities.fingerprint:
        return Abstention(reason="not calibrated for this index")
    probability = chosen.probability(query_features(found.query, best, found.pool, version))
    fits = probability >= chosen.threshold
    return Abstention(
        fits=fits,
        calibrated=True,
        probability=round(probability, 4),
        threshold=chosen.threshold,
        unknown=() if fits else unknown_words(found.query, version),
        reason="" if fits else "nothing in the catalogue is close enough to the request",
    )


def _best_threshold(probabilities: Vector64, labels: Vector64) -> float:
    cuts = np.unique(probabilities)
    middles = [(low + high) / 2 for low, high in pairwise(cuts)]

    def f1(cut: float) -> float:
        said = probabilities < cut
        right = float((said & (labels == 0)).sum())
        return 2 * right / max(float(said.sum() + (labels == 0).sum()), 1.0)

    best = max(map(f1, middles))
    # The middle of all equally good cuts is the one least sensitive to other queries.
    return float(np.median([cut for cut in middles if f1(cut) >= best - 1e-12]))

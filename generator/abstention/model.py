"""The learnt judge: a logistic model over `FEATURES`, for one index."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from generator.abstention.features import FEATURES
from retriever.capabilities import Capabilities

Vector64 = NDArray[np.float64]

_RIDGE = 0.05
_TOP_VALUES = 5


class Measured(BaseModel):
    """What a model did on queries that it was neither fitted nor thresholded on.

    ``kept`` is the share of answerable queries (``inside`` of them) that it does not refuse; ``precision``
    and ``recall`` are those of "nothing fits" over these and ``outside`` others.
    """

    model_config = ConfigDict(frozen=True)

    inside: int
    outside: int
    kept: float
    precision: float
    recall: float


class AbstentionModel(BaseModel):
    """P(the catalogue has what was asked) = sigmoid(bias + weights . (features - means) / scales).

    Scores of different backbones, adapters and catalogues do not compare, so a model belongs to the
    ``fingerprint`` and the ``catalogue`` (`catalogue_key`) that it was learnt for. Below ``threshold``
    nothing fits; ``keep`` is the share of answerable queries that the threshold was set to keep.
    """

    model_config = ConfigDict(frozen=True)

    fingerprint: str
    catalogue: str
    features: tuple[str, ...] = FEATURES
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    threshold: float
    keep: float = Field(default=0.95, gt=0, lt=1)
    measured: Measured | None = None

    def probability(self, features: Sequence[float]) -> float:
        scaled = (np.asarray(features) - np.asarray(self.means)) / np.asarray(self.scales)
        return float(1 / (1 + np.exp(-(self.bias + scaled @ np.asarray(self.weights)))))

    def refuses(self, features: Sequence[float]) -> bool:
        """Whether "nothing fits" is the answer."""
        return self.probability(features) < self.threshold

    def is_of(self, capabilities: Capabilities) -> bool:
        """Whether it was learnt for what is served."""
        return (self.fingerprint, self.catalogue, self.features) == (
            capabilities.fingerprint,
            catalogue_key(capabilities),
            FEATURES,
        )

    @classmethod
    def load(cls, path: Path) -> Self:
        return cls.model_validate_json(path.read_text(encoding="utf-8"))


def catalogue_key(capabilities: Capabilities) -> str:
    """What tells one catalogue from another (16 hex digits): its fields with their commonest values.

    Small changes mostly leave it as it is; large ones, after which a calibration is stale, do not.
    """
    parts = [
        f"{field.name}:{field.type}:{','.join(sorted(v.value for v in field.values[:_TOP_VALUES]))}"
        for field in capabilities.fields
    ]
    return hashlib.blake2b("|".join(parts).encode(), digest_size=8).hexdigest()


def learn(
    inside: Sequence[Sequence[float]],
    outside: Sequence[Sequence[float]],
    held_back: Sequence[Sequence[float]],
    capabilities: Capabilities,
    keep: float = 0.95,
) -> AbstentionModel:
    """Fit by ridge-penalised maximum likelihood, both classes weighted alike; the threshold is the one
    that keeps the share ``keep`` of ``held_back``.

    ``inside`` [n, 6], ``outside`` [m, 6] and ``held_back`` [k, 6] are `FEATURES` of queries that the
    catalogue can answer, cannot, and can again (of other products than the first).
    """
    features = np.asarray([*inside, *outside], np.float64)
    labels = np.asarray([1.0] * len(inside) + [0.0] * len(outside))
    means, scales = features.mean(axis=0), features.std(axis=0) + 1e-6
    scaled = (features - means) / scales
    share = np.where(labels == 1, 0.5 / len(inside), 0.5 / len(outside))

    def loss(theta: Vector64) -> float:
        margin = np.where(labels == 1, 1, -1) * (theta[0] + scaled @ theta[1:])
        return float(
            (share * np.logaddexp(0, -margin)).sum() + _RIDGE * (theta[1:] ** 2).sum() / 10
        )

    from scipy.optimize import minimize  # which using a model does without

    theta = minimize(loss, np.zeros(features.shape[1] + 1), method="BFGS").x
    model = AbstentionModel(
        fingerprint=capabilities.fingerprint,
        catalogue=catalogue_key(capabilities),
        means=tuple(means.round(6).tolist()),
        scales=tuple(scales.round(6).tolist()),
        weights=tuple(theta[1:].round(6).tolist()),
        bias=round(float(theta[0]), 6),
        threshold=0.0,
        keep=keep,
    )
    kept = [model.probability(row) for row in held_back]
    return model.model_copy(update={"threshold": round(float(np.quantile(kept, 1 - keep)), 6)})


def measure(
    model: AbstentionModel, inside: Sequence[Sequence[float]], outside: Sequence[Sequence[float]]
) -> Measured:
    """Precision and recall of "nothing fits" over `FEATURES` of queries."""
    wrong = sum(map(model.refuses, inside))
    right = sum(map(model.refuses, outside))
    return Measured(
        inside=len(inside),
        outside=len(outside),
        kept=round(1 - wrong / max(1, len(inside)), 4),
        precision=round(right / max(1, right + wrong), 4),
        recall=round(right / max(1, len(outside)), 4),
    )

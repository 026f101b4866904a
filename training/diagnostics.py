"""What an adapter does to the geometry of the space: collapse shows here before it shows in recall."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retriever.adapter import Adapter
from retriever.features import Features
from training.pairs import PairFeatures

NEIGHBOURS = 10
_AT_MOST = 2_000


@dataclass(frozen=True, slots=True)
class Geometry:
    """Diagnostics of embeddings of pairs.

    ``alignment``: mean squared distance of a text from its own picture, 0 to 4, lower is closer.
    ``uniformity_texts`` and ``uniformity_pictures``: log of the mean of exp(-2 d^2) over pairs of rows,
    -4 (spread over the sphere) to 0 (all in one point, which is collapse); both after Wang & Isola,
    "Understanding contrastive representation learning through alignment and uniformity" (ICML 2020).
    ``modality_gap``: distance between the mean text and the mean picture, after Liang et al., "Mind the
    gap" (NeurIPS 2022).

    Against the backbone's own features: ``drift_texts`` and ``drift_pictures``, 1 minus the mean cosine of
    an embedding with its feature, 0 to 2; ``neighbours_kept``, the mean share of a picture's ten nearest
    pictures that are still among its ten nearest.
    """

    alignment: float
    uniformity_texts: float
    uniformity_pictures: float
    modality_gap: float
    drift_texts: float
    drift_pictures: float
    neighbours_kept: float


def geometry(adapter: Adapter, features: PairFeatures) -> Geometry:
    """Diagnostics on pairs; of more than 2,000, evenly spaced ones are taken."""
    step = -(-len(features.texts) // _AT_MOST)
    before = features.subset(np.arange(0, len(features.texts), step))
    texts = adapter.embed_texts(before.texts, before.words)
    pictures = adapter.embed_pictures(before.pictures)
    gap = np.linalg.norm(texts.mean(axis=0) - pictures.mean(axis=0))
    return Geometry(
        alignment=float(np.square(texts - pictures).sum(axis=1).mean()),
        uniformity_texts=_uniformity(texts),
        uniformity_pictures=_uniformity(pictures),
        modality_gap=float(gap),
        drift_texts=_drift(before.texts, texts),
        drift_pictures=_drift(before.pictures, pictures),
        neighbours_kept=_kept(before.pictures, pictures),
    )


def _uniformity(rows: Features) -> float:
    if len(rows) < 2:
        return 0.0
    cosines = (rows @ rows.T)[np.triu_indices(len(rows), 1)]
    return float(np.log(np.exp(-2.0 * (2.0 - 2.0 * cosines)).mean()))


def _drift(before: Features, after: Features) -> float:
    cosines = (before * after).sum(axis=1)
    return 1.0 - float(cosines.mean())


def _kept(before: Features, after: Features) -> float:
    if len(before) < 2:
        return 1.0
    first, second = _nearest(before), _nearest(after)
    shared = [len(np.intersect1d(a, b)) for a, b in zip(first, second, strict=True)]
    return float(np.mean(shared)) / int(first.shape[1])


def _nearest(rows: Features) -> NDArray[np.int64]:
    scores = rows @ rows.T
    np.fill_diagonal(scores, -np.inf)
    count = min(NEIGHBOURS, len(rows) - 1)
    return np.argpartition(-scores, count - 1, axis=1)[:, :count]

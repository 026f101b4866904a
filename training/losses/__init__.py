"""Losses over a batch of pairs, one a file; all take what `training.losses.batch.Batch` describes."""

from training.losses.batch import MAX_LOGIT_SCALE, Batch, Loss
from training.losses.infonce import InfoNce
from training.losses.margin import Margin
from training.losses.multi_positive import MultiPositive, multi_positive
from training.losses.siglip import SigLip

LOSSES: dict[str, type[Loss]] = {
    "infonce": InfoNce,
    "multi-positive": MultiPositive,
    "siglip": SigLip,
    "margin": Margin,
}
"""Losses by the name that settings and cards use."""

__all__ = [
    "LOSSES",
    "MAX_LOGIT_SCALE",
    "Batch",
    "InfoNce",
    "Loss",
    "Margin",
    "MultiPositive",
    "SigLip",
    "multi_positive",
]

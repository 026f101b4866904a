"""Abstention: a calibrated "nothing fits"."""

from generator.abstention.calibrate import calibrate
from generator.abstention.calibrations import Calibrations
from generator.abstention.judge import judge
from generator.abstention.model import AbstentionModel, Measured

__all__ = ["AbstentionModel", "Calibrations", "Measured", "calibrate", "judge"]

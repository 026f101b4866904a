"""Backbones: any open_clip model as one thing that turns texts and pictures into unit vectors."""

from retriever.encoder.encoder import Encoder
from retriever.encoder.locate import BUNDLED, bundled_folder

__all__ = ["BUNDLED", "Encoder", "bundled_folder"]

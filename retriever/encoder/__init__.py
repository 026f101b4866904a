"""Backbones: any open_clip model as one thing that turns texts and pictures into unit vectors.

PyTorch is imported with `Encoder`, when that is first asked for: a search may do without.
"""

from typing import TYPE_CHECKING

from retriever.encoder.locate import BUNDLED, bundled_folder

if TYPE_CHECKING:
    from retriever.encoder.encoder import Encoder

__all__ = ["BUNDLED", "Encoder", "bundled_folder"]


def __getattr__(name: str) -> object:
    if name == "Encoder":
        from retriever.encoder.encoder import Encoder

        return Encoder
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""`ExportedTower`: a tower that OpenVINO runs. Nothing here needs PyTorch.

``benchmarks/runtimes.py`` says when that is the faster way; `retriever.encoder.exports` makes the exports.
"""

import os
import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from retriever.encoder.int8 import quantise
from retriever.errors import EncoderError

if TYPE_CHECKING:
    from torch import Tensor

Features = NDArray[np.float32]

MIN_COSINE = 0.999
"""Features of a runtime that are further than this from PyTorch's fp32 ones are refused."""

LENGTH_STEP = 4
"""Texts are cut to a multiple of so many tokens, as OpenVINO prepares itself for every length anew."""

MODEL, PROBE = "model.xml", "probe.npz"


class ExportedTower:
    """A tower run by OpenVINO on the CPU; threads take turns. ``description`` says how it runs."""

    def __init__(self, folder: Path, precision: str | None = None) -> None:
        """Load an export and compare it with PyTorch's features in it. ``precision`` is ``f32``, ``bf16``, by
        default the better one for this processor, or ``int8``: linear layers in that, all else in the better
        one. Raises `EncoderError` when the export cannot be used.
        """
        import openvino

        best = _precision()
        self.description = f"openvino {precision or best}"
        self._turn = threading.Lock()
        try:
            hints: dict[str, str | int] = {"PERFORMANCE_HINT": "LATENCY"} | _threads()
            core = openvino.Core()
            model: Any = folder / MODEL
            if precision == "int8":
                model = core.read_model(model)
                hints |= quantise(model)
            else:
                best = precision or best
            hints["INFERENCE_PRECISION_HINT"] = best
            compiled = core.compile_model(model, "CPU", hints)
            self._request = compiled.create_infer_request()
            with (folder / PROBE).open("rb") as file, np.load(file) as probe:
                batch, expected = probe["batch"], probe["features"]
            features = self.run(batch)
        except Exception as error:
            raise EncoderError(
                f"{folder} cannot be loaded: {type(error).__name__}: {str(error)[:200]}"
            ) from error
        cosine = float((features * expected).sum(axis=1).min())
        if not cosine >= MIN_COSINE:  # written so that NaN is refused too
            raise EncoderError(
                f"{folder} gives other features than PyTorch: cosine {cosine:.4f}, at least "
                f"{MIN_COSINE} is wanted"
            )

    def __call__(self, batch: "Tensor") -> "Tensor":
        import torch

        return torch.from_numpy(self.run(batch.numpy()))

    def run(self, batch: NDArray[Any]) -> Features:
        """Features [n, dim] of tokens [n, t] or of preprocessed pictures [n, 3, height, width]."""
        with self._turn:
            features: Features = self._request.infer([np.ascontiguousarray(batch)])[0]
        return features


def place_of(name: str, folder: Path) -> Path:
    """Where the export of the tower ``name`` is, in the ``folder`` of its backbone."""
    return folder / f"{name}-openvino-{_release()}"


def checked(features: Features, spec: str) -> Features:
    """The features. Raises `EncoderError`, which names the encoder, for any that are not finite."""
    if not np.isfinite(features).all():
        raise EncoderError(
            f"encoder {spec} gave vectors that are not finite; its weights are damaged: "
            "fetch them again, or use another encoder"
        )
    return features


@cache
def _release() -> str:
    import openvino

    return str(openvino.__version__).partition("-")[0]


def _threads() -> dict[str, int]:
    """As many threads as ``OMP_NUM_THREADS`` allows, which OpenVINO, unlike PyTorch, does not read."""
    said = os.environ.get("OMP_NUM_THREADS", "")
    return {"INFERENCE_NUM_THREADS": int(said)} if said.isdecimal() and int(said) else {}


@cache
def _precision() -> str:
    """bf16 where the processor multiplies it itself (AVX512-BF16, AMX), else fp32."""
    import openvino

    able = openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return "bf16" if "BF16" in able else "f32"

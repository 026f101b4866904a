"""What runs the towers: PyTorch, or OpenVINO where it is the faster one.

``benchmarks/runtimes.py`` is the comparison that the choice follows: on CPUs OpenVINO was the fastest for
both towers, in bf16 where the processor multiplies bf16 itself. On a GPU PyTorch runs the picture tower in
half precision. Whatever runs them, the features are the same to a cosine of at least `tower.MIN_COSINE`, so
vectors of one backbone may be mixed and its fingerprint says nothing of the runtime.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from retriever.errors import SettingsError

Runtime = Literal["auto", "torch", "openvino", "int8"]
"""``auto`` is OpenVINO on a CPU and where its exports may be kept, else PyTorch. ``int8`` is OpenVINO with the
picture tower's linear layers in int8: half as fast again for a ViT-B/32, not at all for a small tower."""

Tower = Callable[[Tensor], Tensor]
"""Tokens [n, t] or preprocessed pictures [n, 3, height, width] to unit features [n, dim] on the CPU."""


def resolved(runtime: Runtime, device: torch.device, *, keeps_exports: bool) -> Runtime:
    """What ``auto`` stands for. Raises `SettingsError` for OpenVINO on another device than the CPU."""
    if runtime in ("openvino", "int8") and device.type != "cpu":
        raise SettingsError(
            f"runtime {runtime} runs on the CPU, and the encoder is on {device}; use runtime torch there"
        )
    if runtime != "auto":
        return runtime
    return "openvino" if device.type == "cpu" and keeps_exports else "torch"


class TorchPictures:
    """The picture tower in PyTorch: fp32 on a CPU; on a GPU half precision by autocast, channels last,
    and batches that are copied from pinned memory while the GPU works.
    """

    def __init__(self, model: nn.Module, device: torch.device) -> None:
        self._model: Any = model
        self._device = device
        self.on_gpu = device.type == "cuda"
        self.description = f"torch fp32 on {device}"
        if self.on_gpu:
            self._half = torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
            name = str(self._half).removeprefix("torch.")
            self.description = f"torch {name} autocast, channels last, pinned memory on {device}"
            self._model.visual.to(memory_format=torch.channels_last)

    def __call__(self, pictures: Tensor) -> Tensor:
        with self._precision():
            features: Tensor = self._model.encode_image(self._moved(pictures))
        return functional.normalize(features.float(), dim=-1).cpu()

    def _precision(self) -> AbstractContextManager[object]:
        return torch.autocast("cuda", self._half) if self.on_gpu else nullcontext()

    def _moved(self, pictures: Tensor) -> Tensor:
        if not self.on_gpu:
            return pictures.to(self._device)
        pinned = pictures.contiguous(memory_format=torch.channels_last).pin_memory()
        return pinned.to(self._device, non_blocking=True)

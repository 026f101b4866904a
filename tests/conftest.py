"""Tiny open_clip checkpoints with random weights, so that real models are tested in milliseconds."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import open_clip
import pytest
import torch
from safetensors.torch import save_file

from retriever.encoder import Encoder

MakeBackbone = Callable[..., Path]

# Commands that tests run would export each tiny backbone for OpenVINO; tests of that ask for it.
os.environ["SHOPLENS_RUNTIME"] = "torch"


@pytest.fixture(scope="session")
def make_backbone(tmp_path_factory: pytest.TempPathFactory) -> MakeBackbone:
    """Saves a tiny checkpoint folder as open_clip does; the same arguments give the same weights.

    ``text`` and ``vision`` change the towers' config, ``model`` that of the whole, ``preprocess`` that of
    the preprocessing; ``dtype`` is what the weights are stored in.
    """

    def make(
        *,
        seed: int = 0,
        dtype: torch.dtype = torch.float32,
        text: dict[str, Any] | None = None,
        vision: dict[str, Any] | None = None,
        model: dict[str, Any] | None = None,
        preprocess: dict[str, Any] | None = None,
    ) -> Path:
        text_cfg = {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2}
        vision_cfg = {
            "image_size": 32,
            "patch_size": 16,
            "width": 32,
            "head_width": 16,
            "layers": 2,
        }
        model_cfg: dict[str, Any] = {
            "embed_dim": 32,
            "vision_cfg": vision_cfg | (vision or {}),
            "text_cfg": text_cfg | (text or {}),
        } | (model or {})
        config = {
            "model_cfg": model_cfg,
            "preprocess_cfg": {
                "mean": [0.5, 0.5, 0.5],
                "std": [0.25, 0.25, 0.25],
                "resize_mode": "longest",
            }
            | (preprocess or {}),
        }
        folder = tmp_path_factory.mktemp("backbone")
        kwargs = dict(model_cfg)
        kind = open_clip.CustomTextCLIP if kwargs.pop("custom_text", False) else open_clip.CLIP
        torch.manual_seed(seed)
        weights = {name: value.to(dtype) for name, value in kind(**kwargs).state_dict().items()}
        save_file(weights, folder / "open_clip_model.safetensors")
        (folder / "open_clip_config.json").write_text(json.dumps(config), encoding="utf-8")
        return folder

    return make


@pytest.fixture(scope="session")
def tiny_backbone(make_backbone: MakeBackbone) -> Path:
    """The folder of a causal CLIP with vectors [32] and pictures of 32 x 32 pixels."""
    return make_backbone()


@pytest.fixture(scope="session")
def tiny_encoder(tiny_backbone: Path) -> Encoder:
    return Encoder.load(str(tiny_backbone), device="cpu", batch_size=8)

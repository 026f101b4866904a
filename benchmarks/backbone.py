"""Backbones that are timed: any that shoplens loads, or a ViT-B/32 with random weights, which needs no download."""

import json
from pathlib import Path
from typing import Any

import open_clip
import torch
from safetensors.torch import save_file

from retriever.encoder import Encoder
from retriever.encoder.runtime import Runtime

RANDOM = "ViT-B-32"
"""A spec without pretrained weights stands for random ones: their speed is that of any."""


def load_backbone(spec: str, folder: Path, runtime: Runtime = "auto") -> Encoder:
    """The encoder, with its exports in a folder; `RANDOM` is written there first."""
    if spec == RANDOM:
        write_backbone(folder / RANDOM, vit_b_32())
        spec = str(folder / RANDOM)
    return Encoder.load(spec, exports=folder / "exports", runtime=runtime)


def vit_b_32() -> dict[str, Any]:
    """open_clip's config of it."""
    config: dict[str, Any] = open_clip.get_model_config(RANDOM)
    return config


def write_backbone(folder: Path, architecture: dict[str, Any]) -> None:
    """A checkpoint folder with random weights, always the same; ``architecture`` is open_clip's config."""
    torch.manual_seed(0)
    model = open_clip.CLIP(**architecture)
    folder.mkdir(parents=True)
    save_file(dict(model.state_dict()), folder / "open_clip_model.safetensors")
    config = {
        "model_cfg": architecture,
        "preprocess_cfg": {
            "mean": open_clip.OPENAI_DATASET_MEAN,
            "std": open_clip.OPENAI_DATASET_STD,
        },
    }
    (folder / "open_clip_config.json").write_text(json.dumps(config), "utf-8")

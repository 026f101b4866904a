"""Fingerprints: the same for the same vectors, another for anything that changes them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from retriever.encoder import Encoder
from retriever.fingerprint import fingerprint

MakeBackbone = Callable[..., Path]


def of(folder: Path) -> str:
    return Encoder.load(str(folder)).fingerprint


def test_the_same_weights_have_one_fingerprint(
    make_backbone: MakeBackbone, tiny_encoder: Encoder
) -> None:
    again = of(make_backbone())
    assert again == tiny_encoder.fingerprint
    assert len(bytes.fromhex(again)) == 16


def test_how_weights_are_stored_does_not_matter(make_backbone: MakeBackbone) -> None:
    half, full = make_backbone(dtype=torch.float16), make_backbone()
    weights = load_file(half / "open_clip_model.safetensors")
    save_file({k: v.float() for k, v in weights.items()}, full / "open_clip_model.safetensors")
    assert of(half) == of(full)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"seed": 1}, id="weights"),
        pytest.param({"model": {"quick_gelu": True}}, id="activation"),
        pytest.param({"text": {"heads": 4}}, id="heads of the text tower"),
        pytest.param({"vision": {"head_width": 8}}, id="heads of the picture tower"),
        pytest.param({"text": {"no_causal_mask": True}}, id="mask"),
        pytest.param({"text": {"pool_type": "last"}}, id="pooling"),
        pytest.param({"text": {"tokenizer_kwargs": {"clean": "canonicalize"}}}, id="tokenizer"),
        pytest.param({"preprocess": {"resize_mode": "squash"}}, id="resizing"),
        pytest.param({"preprocess": {"mean": [0.4, 0.5, 0.5]}}, id="normalisation"),
    ],
)
def test_whatever_changes_features_changes_it(
    make_backbone: MakeBackbone, tiny_encoder: Encoder, changes: dict[str, Any]
) -> None:
    assert of(make_backbone(**changes)) != tiny_encoder.fingerprint


def test_one_changed_weight_changes_it(make_backbone: MakeBackbone, tiny_encoder: Encoder) -> None:
    folder = make_backbone()
    weights = load_file(folder / "open_clip_model.safetensors")
    weights["ln_final.bias"][3] += 1e-6
    save_file(weights, folder / "open_clip_model.safetensors")
    assert of(folder) != tiny_encoder.fingerprint


def test_every_part_of_an_index_counts() -> None:
    prints = {
        fingerprint("backbone"),
        fingerprint("another"),
        fingerprint("backbone", "adapter"),
        fingerprint("backbone", text_template="a photo of {text}"),
        fingerprint("backbone", "adapter", "a photo of {text}"),
        fingerprint("backboneadapter"),
    }
    assert len(prints) == 6


def test_it_stays_the_same_in_every_release() -> None:
    """Indexes out there record it: another value makes all of them unusable."""
    assert fingerprint("0123456789abcdef") == "64385821f0752ba6d64113b5a2a88840"

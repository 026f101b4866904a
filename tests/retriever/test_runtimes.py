"""Runtimes of the towers: the same features as PyTorch's, kept on disk, and never trusted blindly."""

import json
import logging
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image

from retriever.encoder import Encoder, exports, tower
from retriever.encoder.int8 import quantise
from retriever.encoder.runtime import TorchPictures, resolved
from retriever.encoder.tower import LENGTH_STEP
from retriever.errors import SettingsError

MakeBackbone = Callable[..., Path]
TEXTS = ["red shoes", "", "a small orange plush toy with big eyes", "5-inch", "striped polo " * 60]
CPU = torch.device("cpu")


def pictures() -> list[Image.Image]:
    noise = np.random.default_rng(0).integers(0, 256, (3, 24, 40, 3), dtype=np.uint8)
    return [Image.fromarray(one) for one in noise]


def load(folder: Path, kept: Path | None) -> Encoder:
    return Encoder.load(str(folder), device="cpu", exports=kept, batch_size=2)


def assert_same(one: Encoder, other: Encoder) -> None:
    assert one.fingerprint == other.fingerprint
    for ours, theirs in (
        (one.encode_texts(TEXTS), other.encode_texts(TEXTS)),
        (one.encode_pictures(pictures()), other.encode_pictures(pictures())),
    ):
        assert ours.shape == theirs.shape
        assert (ours * theirs).sum(axis=1).min() > 0.999
        np.testing.assert_allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-3)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="clip"),
        pytest.param({"model": {"custom_text": True}}, id="custom text"),
        pytest.param({"text": {"no_causal_mask": True}}, id="bidirectional"),
        pytest.param({"text": {"context_length": 16}}, id="short context"),
    ],
)
def test_openvino_gives_the_features_of_torch(
    make_backbone: MakeBackbone, changes: dict[str, Any], tmp_path: Path
) -> None:
    folder = make_backbone(**changes)
    encoder = load(folder, tmp_path)
    assert {name: how.split()[0] for name, how in encoder.runtimes.items()} == {
        "text": "openvino",
        "pictures": "openvino",
    }
    plain = load(folder, None)
    assert set(plain.runtimes.values()) == {"torch fp32 on cpu"}
    assert_same(encoder, plain)


@pytest.fixture(scope="module")
def kept(tiny_backbone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the exports of the tiny backbone; copy it to change it."""
    folder = tmp_path_factory.mktemp("exports")
    load(tiny_backbone, folder)
    return folder


@pytest.fixture
def copied(kept: Path, tmp_path: Path) -> Path:
    return shutil.copytree(kept, tmp_path / "exports")


def test_an_export_is_made_once(
    tiny_backbone: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("exported again")

    monkeypatch.setattr(exports, "_export", never)
    assert load(tiny_backbone, kept).runtimes["text"].startswith("openvino")
    assert list(kept.rglob(".writing-*")) == []


@pytest.mark.parametrize("file", ["model.xml", "model.bin", "probe.npz"])
def test_a_damaged_export_is_made_again(
    tiny_backbone: Path,
    tiny_encoder: Encoder,
    copied: Path,
    file: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for damaged in copied.rglob(file):
        damaged.write_bytes(damaged.read_bytes()[:100])
    with caplog.at_level(logging.WARNING):
        encoder = load(tiny_backbone, copied)
    assert caplog.text.count("exporting it again") == 2
    assert_same(encoder, tiny_encoder)
    assert set(encoder.runtimes.values()) != set(tiny_encoder.runtimes.values())
    caplog.clear()
    load(tiny_backbone, copied)
    assert caplog.text == ""


@pytest.mark.parametrize(("hours", "stays"), [(0.5, True), (2, False)])
def test_what_a_killed_process_left_half_written_goes(
    tiny_backbone: Path, copied: Path, hours: float, stays: bool
) -> None:
    [folder] = [path for path in copied.iterdir() if path.is_dir()]
    left = folder / ".writing-before"
    left.mkdir()
    (left / "model.bin").write_bytes(b"half")
    then = time.time() - 3600 * hours
    os.utime(left, (then, then))
    for export in folder.glob("text-*"):
        shutil.rmtree(export)
    assert load(tiny_backbone, copied).runtimes["text"].startswith("openvino")
    assert left.exists() == stays


def test_features_that_are_no_longer_those_of_torch_are_noticed(
    tiny_backbone: Path,
    tiny_encoder: Encoder,
    make_backbone: MakeBackbone,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    copied = tmp_path / "exports"
    other = load(make_backbone(seed=1), copied)
    (copied / other.fingerprint).rename(copied / tiny_encoder.fingerprint)
    for probe in copied.rglob("probe.npz"):
        with np.load(probe) as held:
            np.savez(probe, batch=held["batch"], features=-held["features"])
    assert_same(load(tiny_backbone, copied), tiny_encoder)
    assert "other features than PyTorch" in caplog.text


def test_what_is_too_far_from_torch_is_refused(
    tiny_backbone: Path,
    copied: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(tower, "MIN_COSINE", 1.5)
    encoder = load(tiny_backbone, copied)
    assert set(encoder.runtimes.values()) == {"torch fp32 on cpu"}
    assert "SHOPLENS_RUNTIME=torch" in caplog.text


def test_where_nothing_can_be_kept_torch_runs(
    tiny_backbone: Path, tiny_encoder: Encoder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "exports"
    blocked.write_text("a file where the folder should be")
    encoder = load(tiny_backbone, blocked)
    assert set(encoder.runtimes.values()) == {"torch fp32 on cpu"}
    assert "runs in PyTorch, which is slower" in caplog.text
    np.testing.assert_allclose(
        encoder.encode_texts(TEXTS), tiny_encoder.encode_texts(TEXTS), atol=1e-6
    )


def test_openvino_without_a_folder_keeps_nothing(
    tiny_backbone: Path, tiny_encoder: Encoder
) -> None:
    encoder = Encoder.load(str(tiny_backbone), device="cpu", runtime="openvino")
    assert encoder.runtimes["pictures"].startswith("openvino")
    assert_same(encoder, tiny_encoder)


def test_int8_gives_the_features_of_torch(
    tiny_backbone: Path, tiny_encoder: Encoder, copied: Path
) -> None:
    encoder = Encoder.load(str(tiny_backbone), device="cpu", runtime="int8", exports=copied)
    assert encoder.runtimes["pictures"] == "openvino int8"
    assert encoder.runtimes["text"].removeprefix("openvino ") in ("bf16", "f32")
    assert_same(encoder, tiny_encoder)
    fp32 = tiny_encoder.encode_pictures(pictures())
    assert np.abs(encoder.encode_pictures(pictures()) - fp32).max() > 1e-4  # it is not fp32


def test_int8_rounds_every_linear_layer(tiny_backbone: Path, copied: Path) -> None:
    import openvino

    [place] = copied.rglob("pictures-*")
    graph = openvino.Core().read_model(place / tower.MODEL)
    properties = quantise(graph)
    rounded = [
        node.get_data()
        for node in graph.get_ordered_ops()
        if node.get_type_name() == "Constant" and node.get_element_type() == openvino.Type.i8
    ]
    config = json.loads((tiny_backbone / "open_clip_config.json").read_text("utf-8"))
    vision = config["model_cfg"]["vision_cfg"]
    # Attention in and out, and the two layers after it, in every block.
    assert len(rounded) == 4 * vision["layers"]
    assert properties == {"DYNAMIC_QUANTIZATION_GROUP_SIZE": vision["width"]}
    assert all(np.abs(one).max() == 127 for one in rounded)


def test_where_int8_changes_too_much_it_is_not_used(
    tiny_backbone: Path,
    copied: Path,
    tiny_encoder: Encoder,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def spoil(graph: Any) -> dict[str, int]:
        for node in graph.get_ordered_ops():
            if node.get_type_name() == "Constant" and len(node.get_output_shape(0)) == 2:
                noise = np.random.default_rng(0).normal(size=node.get_output_shape(0))
                node.output(0).replace(opset13.constant(noise.astype(np.float32)).output(0))
        return {}

    from openvino import opset13

    monkeypatch.setattr(tower, "quantise", spoil)
    encoder = Encoder.load(str(tiny_backbone), device="cpu", runtime="int8", exports=copied)
    assert encoder.runtimes["pictures"].removeprefix("openvino ") in ("bf16", "f32")
    assert "the pictures tower does without int8" in caplog.text
    assert_same(encoder, tiny_encoder)


def test_few_lengths_reach_another_runtime(tiny_backbone: Path) -> None:
    encoder = load(tiny_backbone, None)
    lengths: list[int] = []

    def run(tokens: torch.Tensor) -> torch.Tensor:
        lengths.append(tokens.shape[1])
        return torch.ones(len(tokens), 32)

    encoder._text.run_by(run)
    for text in ("", "red shoes", "a red shoe", "striped polo " * 60):
        encoder.encode_texts([text])
    assert lengths == [LENGTH_STEP, LENGTH_STEP, 2 * LENGTH_STEP, 77]


def test_auto_is_openvino_on_a_cpu_that_may_keep_exports() -> None:
    cuda = torch.device("cuda")
    assert resolved("auto", CPU, keeps_exports=True) == "openvino"
    assert resolved("auto", CPU, keeps_exports=False) == "torch"
    assert resolved("auto", cuda, keeps_exports=True) == "torch"
    assert resolved("torch", CPU, keeps_exports=True) == "torch"
    assert resolved("openvino", CPU, keeps_exports=False) == "openvino"
    assert resolved("int8", CPU, keeps_exports=False) == "int8"
    for runtime in ("openvino", "int8"):
        with pytest.raises(SettingsError, match=f"runtime {runtime} runs on the CPU"):
            resolved(runtime, cuda, keeps_exports=True)


@pytest.mark.parametrize(("bf16", "half"), [(True, "bfloat16"), (False, "float16")])
def test_on_a_gpu_pictures_run_in_half_precision_and_channels_last(
    tiny_backbone: Path, monkeypatch: pytest.MonkeyPatch, bf16: bool, half: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: bf16)
    model, _ = open_clip.create_model_from_pretrained(f"local-dir:{tiny_backbone}")
    on_gpu = TorchPictures(model, torch.device("cuda"))
    assert on_gpu.description == f"torch {half} autocast, channels last, pinned memory on cuda"
    assert model.visual.conv1.weight.is_contiguous(memory_format=torch.channels_last)
    assert TorchPictures(model, CPU).description == "torch fp32 on cpu"

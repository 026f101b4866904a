"""Texts encoded by an export alone: the vectors of the whole encoder, and never those of another backbone."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from retriever.encoder import Encoder
from retriever.encoder.exported import ExportedEncoder, open_encoder
from retriever.errors import EncoderError

MakeBackbone = Callable[..., Path]
TEXTS = ["red shoes", "", "a small orange plush toy with big eyes", "5-inch", "striped polo " * 60]


def load(folder: Path, kept: Path) -> Encoder:
    return Encoder.load(str(folder), device="cpu", exports=kept)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="clip"),
        pytest.param({"text": {"no_causal_mask": True}}, id="bidirectional"),
        pytest.param({"text": {"context_length": 16}}, id="short context"),
    ],
)
def test_vectors_are_those_of_the_whole_encoder(
    make_backbone: MakeBackbone, changes: dict[str, Any], tmp_path: Path
) -> None:
    folder = make_backbone(**changes)
    assert ExportedEncoder.find(str(folder), tmp_path) is None
    whole = load(folder, tmp_path)
    exported = ExportedEncoder.find(str(folder), tmp_path)
    assert exported is not None
    assert (exported.spec, exported.dim) == (whole.spec, whole.dim)
    assert exported.fingerprint == whole.fingerprint
    texts = TEXTS * 20  # more than one batch
    for ours in (exported.encode_texts(texts), exported.encode_queries(texts)):
        assert ours.shape == (len(texts), whole.dim)
        assert (ours * whole.encode_texts(texts)).sum(axis=1).min() > 0.9999
    assert exported.encode_queries([]).shape == (0, whole.dim)


@pytest.fixture
def kept(tiny_backbone: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "exports"
    load(tiny_backbone, folder)
    return folder


PICTURES = [
    Image.radial_gradient("L").resize(size).convert("RGB")
    for size in ((40, 24), (24, 90), (32, 32))
]


def test_pictures_need_no_whole_encoder(
    tiny_backbone: Path, tiny_encoder: Encoder, kept: Path
) -> None:
    exported = ExportedEncoder.find(str(tiny_backbone), kept)
    assert exported is not None
    many = PICTURES * 7  # more than one batch
    ours, theirs = exported.encode_pictures(many), tiny_encoder.encode_pictures(many)
    assert ours.shape == theirs.shape
    assert (ours * theirs).sum(axis=1).min() > 0.999
    assert exported._whole is None
    assert exported.encode_pictures([]).shape == (0, exported.dim)


def test_without_an_export_of_its_tower_a_picture_loads_the_whole_encoder_once(
    tiny_backbone: Path, tiny_encoder: Encoder, kept: Path
) -> None:
    exported = ExportedEncoder.find(str(tiny_backbone), kept)
    assert exported is not None
    for export in kept.rglob("pictures-*"):
        shutil.rmtree(export)
    ours, theirs = exported.encode_pictures(PICTURES), tiny_encoder.encode_pictures(PICTURES)
    assert (ours * theirs).sum(axis=1).min() > 0.999
    loaded = exported._whole
    assert loaded is not None
    exported.encode_pictures(PICTURES)
    assert exported._whole is loaded


def test_a_replaced_backbone_is_noticed(make_backbone: MakeBackbone, tmp_path: Path) -> None:
    backbone = shutil.copytree(make_backbone(), tmp_path / "backbone")
    kept = tmp_path / "exports"
    before = load(backbone, kept)
    opened = [ExportedEncoder.find(str(backbone), kept) for _ in range(2)]
    assert opened[0] is not None
    assert opened[1] is not None
    shutil.copytree(make_backbone(seed=1), backbone, dirs_exist_ok=True)
    assert ExportedEncoder.find(str(backbone), kept) is None
    # What was opened goes on with its exports, or says that they are gone.
    ours, theirs = opened[0].encode_pictures(PICTURES), before.encode_pictures(PICTURES)
    assert (ours * theirs).sum(axis=1).min() > 0.999
    for export in kept.rglob("pictures-*"):
        shutil.rmtree(export)
    with pytest.raises(EncoderError, match="when it was opened"):
        opened[1].encode_pictures(PICTURES)
    # Loading it for that wrote the record of the new one.
    again = open_encoder(str(backbone), exports=kept)
    assert isinstance(again, ExportedEncoder)
    assert again.fingerprint != before.fingerprint


@pytest.mark.parametrize("file", ["*.json", "model.xml", "model.bin", "probe.npz"])
def test_what_is_damaged_is_made_again(tiny_backbone: Path, kept: Path, file: str) -> None:
    for damaged in kept.rglob(file):
        damaged.write_bytes(damaged.read_bytes()[:10])
    assert isinstance(open_encoder(str(tiny_backbone), exports=kept), Encoder)
    assert isinstance(open_encoder(str(tiny_backbone), exports=kept), ExportedEncoder)


def test_other_tokenizers_stay_with_open_clip(make_backbone: MakeBackbone, tmp_path: Path) -> None:
    folder = make_backbone(text={"tokenizer_kwargs": {"clean": "canonicalize"}})
    assert load(folder, tmp_path).runtimes["text"].startswith("openvino")
    assert isinstance(open_encoder(str(folder), exports=tmp_path), Encoder)


def test_runtime_torch_is_kept_to(tiny_backbone: Path, kept: Path) -> None:
    encoder = open_encoder(str(tiny_backbone), runtime="torch", exports=kept)
    assert isinstance(encoder, Encoder)
    assert encoder.runtimes["text"].startswith("torch")

import argparse
import io
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from retriever.errors import CatalogueError
from training import pretrain, pretrain_data
from training.losses import multi_positive
from training.pretrain import augment, encode_tokens
from training.schedule import Cycle, Phase, schedule

TINY: dict[str, Any] = {
    "embed_dim": 16,
    "vision_cfg": {
        "timm_model_name": "regnety_002",
        "timm_model_pretrained": False,
        "timm_pool": "",
        "timm_proj": "linear",
        "image_size": 32,
    },
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
}


def png(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (30, 40), colour).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def catalogues(tmp_path: Path) -> Path:
    colours = ["Red", "Blue", "Green", "Black", "White", "Pink"]
    fashion = [
        {
            "title": f"Brand {c} Striped Shirt {n}",
            "articleType": "Shirts",
            "subCategory": "Topwear",
            "baseColour": c,
            "gender": "Men",
            "usage": "Casual",
            "split": "train",
            "image": {"bytes": png(c), "path": None},
        }
        for c in colours
        for n in range(4)
    ]
    red = {"bytes": png("red"), "path": None}
    rows: dict[str, list[dict[str, Any]]] = {
        "fashion_small": fashion,
        "magento_luma": [{"title": "Red Hoodie", "color": "Red", "gender": "Men"}],
        "grocery": [{"title": "Red Apple", "category": "Apple", "top_category": "Fruit"}],
        "tailwind": [{"title": "Red drill"}],
    }
    folder = tmp_path / "catalogues"
    folder.mkdir()
    for name, table in rows.items():
        filled = [{"split": "all", "image": red, **row} for row in table]
        pq.write_table(pa.Table.from_pylist(filled), folder / f"{name}.parquet")
    return folder


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrain, "MODEL_CONFIG", TINY)
    first = Cycle((Phase(1, 32, 1.0, False),), 1e-3)
    second = Cycle((Phase(2, 32, 0.9, True),), 5e-4, mix=0.6)
    monkeypatch.setattr(pretrain, "CYCLES", (first, second))
    monkeypatch.setattr(pretrain, "SAVE_SECONDS", 0.0)
    monkeypatch.setattr(pretrain_data, "DRAWN_SEEDS", range(1, 2))


def options(catalogues: Path, work: Path) -> argparse.Namespace:
    # The drawn store is made small beforehand; training finds and uses it.
    pretrain_data.prepare_drawn(work / "drawn", per_type=1)
    return argparse.Namespace(catalogues=catalogues, work=work, out=work / "out", seed=0, batch=8)


@pytest.mark.usefixtures("small")
def test_an_interrupted_run_ends_where_an_uninterrupted_one_does(
    catalogues: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretrain.train(options(catalogues, tmp_path / "whole"))
    interrupted = options(catalogues, tmp_path / "parts")
    make, calls = pretrain.Batches.make, 0

    def stop_once(self: pretrain.Batches, *given: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        return make(self, *given)

    monkeypatch.setattr(pretrain.Batches, "make", stop_once)
    with pytest.raises(KeyboardInterrupt):
        pretrain.train(interrupted)
    assert not interrupted.out.exists()
    pretrain.train(interrupted)
    whole, parts = (
        load_file(tmp_path / run / "out" / "open_clip_model.safetensors")
        for run in ("whole", "parts")
    )
    assert whole.keys() == parts.keys()
    for name, value in whole.items():
        assert torch.equal(value, parts[name]), name


@pytest.mark.usefixtures("small")
def test_the_export_loads_through_open_clip(catalogues: Path, tmp_path: Path) -> None:
    run = options(catalogues, tmp_path / "run")
    pretrain.train(run)
    model, preprocess = open_clip.create_model_from_pretrained(f"local-dir:{run.out}")
    tokens = open_clip.get_tokenizer(f"local-dir:{run.out}")(["a red shirt", "an apple"])
    picture = Image.new("RGB", (300, 400), "navy")
    with torch.inference_mode():
        model.eval()
        image = model.encode_image(preprocess(picture)[None])
        full = model.encode_text(tokens)
        cut = encode_tokens(model, tokens[:, :6])
    assert image.shape == (1, 16)
    assert torch.allclose(full, cut, atol=1e-5)


def test_the_models_preprocessing_is_the_canvas_trained_on() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (400, 300, 3), dtype=np.uint8)
    image = Image.fromarray(noise).resize((30, 40)).resize((300, 400))
    config = open_clip.transform.PreprocessCfg(size=80, **pretrain.PREPROCESS_CONFIG)
    transform = open_clip.transform.image_transform_v2(config, is_train=False)
    seen = (transform(image).permute(1, 2, 0).numpy() + 1) * 127.5
    canvas = pretrain_data.to_canvas(image).astype(np.float32)
    assert np.abs(seen - canvas).max() <= 1.0


def test_a_missing_catalogue_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"fashion_small\.parquet is missing"):
        pretrain_data.prepare_real(tmp_path, tmp_path / "cache")


def test_multi_positive_is_cross_entropy_with_one_positive() -> None:
    logits = torch.tensor([[2.0, 0.0], [0.5, 1.0]])
    expected = torch.nn.functional.cross_entropy(logits, torch.tensor([0, 1]))
    assert torch.allclose(multi_positive(logits, torch.eye(2) > 0), expected)


def test_multi_positive_does_not_punish_a_second_right_answer() -> None:
    logits = torch.tensor([[4.0, 4.0, -4.0]] * 3)
    both = torch.tensor([[True, True, False]] * 3)
    first = torch.tensor([[True, False, False]] * 3)
    assert torch.allclose(multi_positive(logits, both), multi_positive(logits, first))
    assert multi_positive(logits, ~both) > multi_positive(logits, both) + 7


def test_augmentation_keeps_a_white_background_white_and_varies() -> None:
    white = torch.full((4, 80, 80, 3), 255, dtype=torch.uint8)
    picture = white.clone()
    picture[:, 20:60, 25:55] = torch.tensor([200, 30, 30], dtype=torch.uint8)
    moved = augment(picture, 48, torch.Generator().manual_seed(0))
    assert moved.shape == (4, 3, 48, 48)
    corners = moved[:, :, 0, 0]
    assert (corners > 0.85).all()
    assert (moved[0] - moved[1]).abs().max() > 0.1
    again = augment(picture, 48, torch.Generator().manual_seed(0))
    assert torch.equal(moved, again)


def test_a_mixed_cycle_keeps_a_part_of_the_weights_it_began_with() -> None:
    start = {"weight": torch.zeros(2), "count": torch.tensor(3)}
    end = {"weight": torch.ones(2), "count": torch.tensor(9)}
    between = pretrain.mixed(start, end, 0.7)
    assert torch.allclose(between["weight"], torch.full((2,), 0.7))
    assert between["count"] == 9


def test_the_rate_falls_within_a_cycle_and_restarts_with_the_next() -> None:
    first = Cycle((Phase(2, 48, 1.0, False), Phase(1, 64, 1.0, True)), 1e-3)
    epochs = schedule([first, Cycle((Phase(1, 64, 0.5, True),), 4e-4)])
    assert [epoch.is_first for epoch in epochs] == [True, False, False, True]
    assert [epoch.is_last for epoch in epochs] == [False, False, True, True]
    assert [epoch.phase.size for epoch in epochs] == [48, 48, 64, 64]
    assert epochs[0].rate(1.0) > epochs[1].rate(0.5) > epochs[2].rate(0.0) > epochs[2].rate(0.99)
    assert epochs[3].rate(0.01) == pytest.approx(4e-4 * 0.015, rel=0.01)

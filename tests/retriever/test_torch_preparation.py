"""Pictures shrunk by PyTorch: hardly another pixel than open_clip's, or open_clip does it."""

from typing import Any

import numpy as np
import pytest
import torch
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image

from retriever.encoder import Encoder
from retriever.encoder.torch_preparation import (
    LEVELS,
    SHARE,
    TorchPreparation,
    fast_preparation,
)
from retriever.picture import MAX_SIDE_RATIO

CLIP: dict[str, Any] = {
    "size": (224, 224),
    "mean": (0.48145466, 0.4578275, 0.40821073),
    "std": (0.26862954, 0.26130258, 0.27577711),
    "interpolation": "bicubic",
    "resize_mode": "shortest",
}


def theirs(config: dict[str, Any]) -> Any:
    return image_transform_v2(PreprocessCfg(**config), is_train=False)


def pictures() -> list[Image.Image]:
    """Noise, as it is and enlarged, in fifty shapes."""
    rng = np.random.default_rng(3)
    shapes = [(64, 64), (64, 500), (1, 50), (2000, 40), *rng.integers(1, 700, (46, 2)).tolist()]
    made = []
    for number, (width, height) in enumerate(shapes):
        if max(width, height) > MAX_SIDE_RATIO * min(width, height):
            continue
        coarse = 8 if number % 2 else 1
        size = (max(2, height // coarse), max(2, width // coarse), 3)
        noise = Image.fromarray(rng.integers(0, 256, size, dtype=np.uint8))
        made.append(noise.resize((width, height), Image.Resampling.BILINEAR))
    return made


@pytest.mark.parametrize("resize_mode", ["shortest", "longest", "squash"])
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
def test_hardly_another_pixel(resize_mode: str, interpolation: str) -> None:
    config = {**CLIP, "resize_mode": resize_mode, "interpolation": interpolation}
    ours = fast_preparation(config, theirs(config))
    assert isinstance(ours, TorchPreparation)
    for picture in pictures():
        apart = np.abs(np.asarray(theirs(config)(picture)) - ours(picture))
        assert apart.max() <= LEVELS / (255 * min(CLIP["std"])) + 1e-5, picture.size
        assert (apart > 1e-5).mean() <= SHARE, picture.size


@pytest.mark.parametrize(
    "change",
    [
        {"size": (224, 223)},
        {"mean": (0.482, 0.4578275, 0.40821073)},
        {"interpolation": "bilinear"},
        {"interpolation": "random"},
        {"resize_mode": "squash"},
    ],
)
def test_where_it_would_make_something_else_open_clip_does_it(change: dict[str, Any]) -> None:
    preprocess = theirs(CLIP)
    assert fast_preparation({**CLIP, **change}, preprocess) is preprocess


def test_another_colour_mode_is_the_same() -> None:
    picture = pictures()[7].convert("L")
    found = TorchPreparation(**CLIP)(picture)
    np.testing.assert_allclose(found, np.asarray(theirs(CLIP)(picture)), rtol=0, atol=1e-5)


def test_features_stay_what_open_clip_makes_of_its_own(tiny_encoder: Encoder) -> None:
    shapes = pictures()
    with torch.inference_mode():
        own = torch.stack([tiny_encoder.preprocess(picture) for picture in shapes])
        expected = tiny_encoder.model.encode_image(own, normalize=True).numpy()
    found = tiny_encoder.encode_pictures(shapes)
    assert (found * expected).sum(axis=1).min() > 0.9999

"""Pictures prepared without torchvision: the same numbers as open_clip's, or not used."""

from typing import Any

import numpy as np
import pytest
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image
from pydantic import ValidationError

from retriever.encoder.prepare import Preparation, agrees

CLIP: dict[str, Any] = {
    "size": (224, 224),
    "mean": (0.48145466, 0.4578275, 0.40821073),
    "std": (0.26862954, 0.26130258, 0.27577711),
    "interpolation": "bicubic",
    "resize_mode": "shortest",
}


def theirs(config: dict[str, Any]) -> Any:
    return image_transform_v2(PreprocessCfg(**config), is_train=False)


@pytest.mark.parametrize("resize_mode", ["shortest", "longest", "squash"])
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
@pytest.mark.parametrize("size", [(224, 224), (64, 64)])
def test_the_same_numbers(resize_mode: str, interpolation: str, size: tuple[int, int]) -> None:
    config = {**CLIP, "size": size, "resize_mode": resize_mode, "interpolation": interpolation}
    config["fill_color"] = 255
    assert agrees(theirs(config), Preparation(**config))


@pytest.mark.parametrize("mode", ["L", "RGBA", "CMYK"])
@pytest.mark.parametrize("resize_mode", ["shortest", "longest"])
def test_other_colour_modes(mode: str, resize_mode: str) -> None:
    config = {**CLIP, "resize_mode": resize_mode}
    noise = np.random.default_rng(0).integers(0, 256, (50, 90, 3), dtype=np.uint8)
    picture = Image.fromarray(noise).convert(mode)
    expected = np.asarray(theirs(config)(picture))
    np.testing.assert_allclose(Preparation(**config)(picture), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    "change",
    [
        {"size": (224, 223)},
        {"mean": (0.5, 0.4578275, 0.40821073)},
        {"interpolation": "bilinear"},
        {"resize_mode": "squash"},
    ],
)
def test_another_preparation_does_not_agree(change: dict[str, Any]) -> None:
    assert not agrees(theirs(CLIP), Preparation(**{**CLIP, **change}))


def test_what_open_clip_alone_knows_is_not_taken() -> None:
    with pytest.raises(ValidationError):
        Preparation(**{**CLIP, "interpolation": "random"})

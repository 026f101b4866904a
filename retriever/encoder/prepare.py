"""open_clip's preparation of pictures without torchvision, whose import takes longer than a search.

`agrees` says whether a preparation of open_clip is this one.
"""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, ConfigDict

Prepared = NDArray[np.float32]

_FILTERS = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}
_SAMPLE_SIZES = ((97, 31), (31, 97), (7, 9), (640, 480), (333, 334))


class Preparation(BaseModel):
    """A picture to what the tower takes: scaled, cropped or padded, and normalised.

    The fields are those of open_clip's ``PreprocessCfg``: ``size`` is (height, width), ``resize_mode`` says
    which side is scaled to it (``squash``: both), ``fill_color`` is what a side too short is padded with.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: tuple[int, int]
    mode: Literal["RGB"] = "RGB"
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: Literal["bicubic", "bilinear"]
    resize_mode: Literal["shortest", "longest", "squash"]
    fill_color: int = 0

    def __call__(self, picture: Image.Image) -> Prepared:
        """Float32 [3, height, width]."""
        cut = self._cut(self.resized(picture, self._scaled(picture)))
        pixels = np.asarray(cut if cut.mode == self.mode else cut.convert(self.mode))
        prepared = np.empty((3, *self.size), np.float32)
        for channel, (mean, std) in enumerate(zip(self.mean, self.std, strict=True)):
            np.multiply(pixels[:, :, channel], np.float32(1 / (255 * std)), out=prepared[channel])
            prepared[channel] -= np.float32(mean / std)
        return prepared

    def resized(self, picture: Image.Image, size: tuple[int, int]) -> Image.Image:
        """The picture in another size (width, height), in its own mode."""
        return picture.resize(size, _FILTERS[self.interpolation])

    def _scaled(self, picture: Image.Image) -> tuple[int, int]:
        """Width and height before the cut."""
        height, width = self.size
        if self.resize_mode == "squash":
            return width, height
        if self.resize_mode == "longest":
            ratio = max(picture.width / width, picture.height / height)
            return round(picture.width / ratio), round(picture.height / ratio)
        # The long side is cut off to whole pixels, not rounded, as torchvision has it.
        if picture.width <= picture.height:
            return width, int(width * picture.height / picture.width)
        return int(height * picture.width / picture.height), height

    def _cut(self, picture: Image.Image) -> Image.Image:
        """The middle of the picture in the size of the tower."""
        height, width = self.size
        if picture.size == (width, height):
            return picture
        padded = (max(width, picture.width), max(height, picture.height))
        if padded != picture.size:
            canvas = Image.new(picture.mode, padded, (self.fill_color,) * len(picture.getbands()))
            canvas.paste(
                picture, ((padded[0] - picture.width) // 2, (padded[1] - picture.height) // 2)
            )
            picture = canvas
        left, top = round((picture.width - width) / 2), round((picture.height - height) / 2)
        return picture.crop((left, top, left + width, top + height))


def agrees(
    theirs: Callable[[Image.Image], Any], ours: Preparation, *, levels: int = 0, share: float = 0.0
) -> bool:
    """Whether open_clip's ``theirs`` makes the same of pictures: upright, wide, small, large, in colour.

    A ``share`` of the numbers may differ, by so many of 255 ``levels``.
    """
    rng = np.random.default_rng(0)
    for width, height in _SAMPLE_SIZES:
        noise = rng.integers(0, 256, (max(2, height // 8), max(2, width // 8), 3), dtype=np.uint8)
        picture = Image.fromarray(noise).resize((width, height), Image.Resampling.BILINEAR)
        expected, found = np.asarray(theirs(picture)), ours(picture)
        if expected.shape != found.shape:
            return False
        apart = np.abs(expected - found)
        if (apart > 1e-5).mean() > share or apart.max() > levels / (255 * min(ours.std)) + 1e-5:
            return False
    return True

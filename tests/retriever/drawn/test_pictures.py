"""The drawn pictures: their form, their determinism and their colours."""

import io
import re

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from retriever.drawn import TYPES, DrawnProduct, plan_shop, render, render_all, svg_of
from retriever.drawn.palette import distance, named

_BY_TYPE = {product.visual.type: product for product in reversed(plan_shop(per_type=2))}


def _pixels(png: bytes) -> NDArray[np.int64]:
    with Image.open(io.BytesIO(png)) as picture:
        return np.asarray(picture.convert("RGB")).astype(np.int64)


@pytest.mark.parametrize("kind", TYPES)
def test_each_type_draws_a_sound_document(kind: str) -> None:
    svg = svg_of(_BY_TYPE[kind])
    used = set(re.findall(r"url\(#([\w-]+)\)", svg))
    defined = re.findall(r'\bid="([\w-]+)"', svg)
    assert used <= set(defined)
    assert len(defined) == len(set(defined))
    assert "nan" not in svg


def test_pictures_are_rgb_and_of_the_wanted_size() -> None:
    product = plan_shop(per_type=1)[0]
    for size in (224, 64):
        with Image.open(io.BytesIO(render(product, size))) as picture:
            assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", (size, size))


def test_pictures_do_not_depend_on_the_number_of_jobs() -> None:
    products = plan_shop(seed=3, per_type=1)[:18]
    alone = list(render_all(products, size=32, jobs=1))
    assert alone == list(render_all(products, size=32, jobs=2))
    assert len(set(alone)) == len(alone)


def _plain(kind: str) -> list[DrawnProduct]:
    wanted = [
        product
        for product in plan_shop()
        if product.visual.type == kind
        and product.visual.pattern == "plain"
        and product.visual.material not in {"glass", "metal"}
    ]
    return list({product.visual.colour: product for product in wanted}.values())


@pytest.mark.parametrize("kind", ["plush toy", "mug", "t-shirt"])
def test_the_picture_has_the_colour_of_its_attribute(kind: str) -> None:
    for product in _plain(kind):
        pixels = _pixels(render(product, 64)).reshape(-1, 3).tolist()
        middle = named(product.visual.colour)
        near = sum(distance((red, green, blue), middle) < 20 for red, green, blue in pixels)
        assert near / len(pixels) > 0.015, (product.id, product.visual)


def test_the_backdrop_keeps_away_from_the_colour_of_the_product() -> None:
    for product in plan_shop(per_type=1):
        pixels = _pixels(render(product, 32))
        corner = tuple(int(channel) for channel in pixels[1, 1])
        assert distance((corner[0], corner[1], corner[2]), named(product.visual.colour)) > 18

"""From a planned product to its picture: pose, backdrop, shadow, pixels."""

import io
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Final

import resvg_py
from PIL import Image

from retriever.drawn.backdrop import Backdrop, shadow
from retriever.drawn.canvas import Pen
from retriever.drawn.palette import named, varied
from retriever.drawn.plan import SPECS, DrawnProduct
from retriever.drawn.spec import stream

# A small product fills about half of the frame, a large one nearly all of it.
_SCALES: Final = {"small": 0.53, "medium": 0.74, "large": 0.95}
_LOWEST: Final = {"small": 162, "medium": 174, "large": 187}
_CHUNK: Final = 16


def svg_of(product: DrawnProduct) -> str:
    """The picture of a product as an SVG document with a 200 x 200 view box."""
    visual, spec = product.visual, SPECS[product.visual.type]
    rng = stream("picture", product.id)
    colour = varied(visual.colour, rng)
    accent = varied(visual.accent, rng) if visual.accent else None
    scale = _SCALES[visual.size] * rng.uniform(0.96, 1.04)
    room = 100 * (1 - scale)
    x = 100 + rng.uniform(-0.5, 0.5) * room
    flip = -1 if rng.random() < 0.5 else 1
    backdrop = Backdrop(colour, accent, rng).behind(spec.stance, x)
    if spec.stance == "floor":
        y, pivot = _LOWEST[visual.size] + rng.uniform(-3, 3), 180.0
        wide = spec.foot * scale
        backdrop += shadow(x + 5 * scale, y - 1, wide * 1.3, 12 * scale + 2, 0.38)
        backdrop += shadow(x, y - 1, wide * 0.95, 6 * scale + 1, 0.6)
    elif spec.stance == "hang":
        y, pivot = rng.uniform(62, 74), 70.0
    else:
        y, pivot = 100 + rng.uniform(-0.3, 0.3) * room, 100.0
    ink = accent or named("grey")
    figure = Pen(colour, ink, visual.pattern, visual.material, rng, mirrored=flip < 0)
    spec.draw(figure, visual)
    # What stands or hangs is upright; what lies may be turned, unless that makes it slow to draw.
    free = spec.stance in {"flat", "air"} and not figure.tiled
    turn = rng.uniform(-9, 9) if free else 0.0
    place = f"scale({flip * scale:.4f} {scale:.4f}) translate(-100 {-pivot:g})"
    if turn:
        place = f"rotate({turn:.2f}) {place}"
    cast = ""
    if spec.stance != "floor":
        # Two faint copies of the outline, shifted: they read as the soft shadow on a wall.
        cast = "".join(
            f'<g fill-opacity="{opacity}" transform="translate({x + reach * scale:.2f} '
            f'{y + 1.3 * reach * scale:.2f}) {place}">{figure.silhouette}</g>'
            for reach, opacity in ((8, 0.1), (4.5, 0.14))
        )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200">'
        f"{backdrop}<defs>{figure.defs}</defs>{cast}"
        f'<g transform="translate({x:.2f} {y:.2f}) {place}">{figure.body}</g></svg>'
    )


def render(product: DrawnProduct, size: int = 224) -> bytes:
    """Draw a product; returns the bytes of a ``size`` x ``size`` RGB PNG."""
    drawn: bytes = resvg_py.svg_to_bytes(
        svg_string=svg_of(product), skip_system_fonts=True, width=size, height=size
    )
    png = io.BytesIO()
    with Image.open(io.BytesIO(drawn)) as picture:
        picture.convert("RGB").save(png, "PNG", compress_level=4)
    return png.getvalue()


def render_all(
    products: Sequence[DrawnProduct], size: int = 224, jobs: int | None = None
) -> Iterator[bytes]:
    """Draw products in order, in ``jobs`` processes (all cores without it); yields PNG bytes.

    The pictures do not depend on ``jobs``.
    """
    workers = jobs or os.cpu_count() or 1
    draw = partial(render, size=size)
    if workers == 1 or len(products) <= _CHUNK:
        yield from map(draw, products)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(draw, products, chunksize=_CHUNK)

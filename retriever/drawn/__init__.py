"""The drawn demo catalogue: a whole shop of product pictures, made from a seed."""

from retriever.drawn.palette import COLOURS
from retriever.drawn.phrases import describe
from retriever.drawn.plan import TYPES, DrawnProduct, plan_shop
from retriever.drawn.scene import render, render_all, svg_of
from retriever.drawn.shop import draw_shop
from retriever.drawn.spec import Visual, held_out

__all__ = [
    "COLOURS",
    "TYPES",
    "DrawnProduct",
    "Visual",
    "describe",
    "draw_shop",
    "held_out",
    "plan_shop",
    "render",
    "render_all",
    "svg_of",
]

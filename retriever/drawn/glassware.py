"""Wine glasses, bottles and candles."""

from retriever.drawn.canvas import Pen
from retriever.drawn.palette import RGB, dark, light, rgb_of
from retriever.drawn.paths import box, ellipse
from retriever.drawn.spec import Spec, Visual

_STEEL: RGB = (180, 185, 192)


def draw_wine_glass(pen: Pen, visual: Visual) -> None:
    """A stemmed glass of coloured glass, or clear with a coloured drink."""
    pen.shape(ellipse(100, 174, 36, 7), shade="top")
    pen.stroke("M100 112V172", 5, light(pen.colour, 0.35))
    if visual.kind == "flute":
        cup, drink = (
            "M78 12Q72 100 100 118Q128 100 122 12Z",
            "M76 48Q76 100 100 116Q124 100 124 48Z",
        )
        rim = ellipse(100, 12, 22, 5)
    elif visual.kind == "martini":
        cup, drink, rim = (
            "M36 26L100 116L164 26Z",
            "M52 48L100 114L148 48Z",
            ellipse(100, 26, 64, 9),
        )
    else:
        cup, drink = (
            "M60 16C44 74 60 118 100 120C140 118 156 74 140 16Z",
            "M53 60C54 100 74 118 100 118C126 118 146 100 147 60Z",
        )
        rim = ellipse(100, 16, 40, 8)
    if "filled" in visual.parts:
        pen.shape(drink, dark(pen.colour, 0.12), shade="side", edge=0, opacity=0.95)
    pen.shape(cup, shade="side", edge=1.6)
    pen.raw(
        f'<path d="{rim}" fill="#fff" fill-opacity=".35" stroke="rgb{pen.colour}" stroke-width="1.6"/>'
    )


def draw_bottle(pen: Pen, visual: Visual) -> None:
    """A bottle with a cap or a cork."""
    parts = visual.parts
    pen.shape(
        "M84 30H116V62C118 82 142 84 142 112V168Q142 180 130 180H70Q58 180 58 168V112C58 84 82 82 84 62Z",
        shade="tube",
    )
    if "label" in parts:
        pen.shape(box(60, 118, 80, 36, 2), pen.accent, shade="tube")
        pen.shape(box(72, 128, 56, 5, 2), light(pen.accent, 0.7), shade=None, edge=0)
        pen.shape(box(82, 138, 36, 5, 2), light(pen.accent, 0.7), shade=None, edge=0)
    if "cork" in parts:
        pen.shape(box(87, 12, 26, 22, 4), rgb_of("c99a63"), shade="tube", material="wood")
    else:
        pen.shape(box(80, 12, 40, 22, 4), pen.accent, shade="tube")
        pen.crease("M88 14V32M96 14V32M104 14V32M112 14V32", 0.5)
    if "loop" in parts:
        pen.stroke("M84 14C84 -8 116 -8 116 14", 5, pen.accent)


def draw_candle(pen: Pen, visual: Visual) -> None:
    """A candle that burns, bare or in a jar."""
    pen.raw(
        '<path d="M100 18C114 38 112 54 100 56C88 54 86 38 100 18Z" fill="#ffb52e"/><path d="M100 34C106 44 105 53 100 55C95 53 94 44 100 34Z" fill="#fff6c8"/>'
    )
    pen.stroke("M100 54V72", 2.4, (40, 34, 30), lit=False)
    if "jar" in visual.parts:
        pen.shape(box(48, 66, 104, 114, 10), rgb_of("e6f3f6"), shade=None, opacity=0.45, edge=2)
        pen.shape(box(54, 92, 92, 83, 7), shade="tube")
        pen.raw(f'<path d="{box(58, 74, 7, 96, 3)}" fill="#fff" fill-opacity=".6"/>')
        return
    wide = 40 if visual.kind == "pillar" else 20
    pen.shape(box(100 - wide, 70, 2 * wide, 104, 4), shade="tube")
    pen.shape(ellipse(100, 72, wide, wide * 0.2), light(pen.colour, 0.45), shade=None)
    if "drips" in visual.parts:
        for x, depth in ((-0.8, 34), (-0.3, 20), (0.3, 42), (0.75, 24)):
            pen.stroke(f"M{100 + x * wide:.0f} 76v{depth}", 6, light(pen.colour, 0.35))
    if "dish" in visual.parts:
        pen.shape(ellipse(100, 174, wide + 22, 8), _STEEL, shade="top")
        pen.shape(box(100 - wide, 150, 2 * wide, 24, 3), shade="tube")


GLASSWARE = (
    Spec(
        "wine glass",
        "kitchen",
        draw_wine_glass,
        ("glass",),
        (6, 30),
        ("Crystal", "Glass", "Soda-lime glass"),
        ("Glass", "Stemware", "Drinkware"),
        colours=("red", "orange", "yellow", "green", "teal", "blue", "navy", "purple", "pink"),
        parts=(("filled", "filled", ""),),
        kinds=("goblet", "flute", "martini"),
        foot=42,
    ),
    Spec(
        "bottle",
        "kitchen",
        draw_bottle,
        ("glass", "metal", "plastic"),
        (8, 35),
        ("Glass", "Steel", "Tritan"),
        ("Bottle", "Flask 500ml", "Carafe"),
        patterns=("plain", "plain", "plain", "striped", "polka dot", "floral"),
        parts=(("cork", "cap"), ("label", "", "")),
        accented=True,
        foot=48,
    ),
    Spec(
        "candle",
        "home",
        draw_candle,
        ("wax",),
        (5, 30),
        ("Soy wax", "Paraffin", "Beeswax"),
        ("Candle", "Scented candle", "Home candle"),
        patterns=("plain", "plain", "plain", "striped"),
        parts=(("jar", "dish", ""), ("drips", "", "")),
        kinds=("pillar", "slim"),
        accented=True,
        foot=44,
    ),
)

"""Tables, shelves, beds and cushions, seen from the front."""

import math

from retriever.drawn.canvas import Pen
from retriever.drawn.palette import RGB, dark, light, rgb_of
from retriever.drawn.paths import box, ellipse, polygon, smooth
from retriever.drawn.seats import legs
from retriever.drawn.spec import Spec, Visual

_OAK: RGB = rgb_of("b07a45")
_STEEL: RGB = (120, 124, 132)


def draw_table(pen: Pen, visual: Visual) -> None:
    """A table: four legs or one pedestal, a square or a round top."""
    parts = visual.parts
    top = light(pen.colour, 0.12)
    if "pedestal" in parts:
        pen.shape(
            smooth([(88, 90), (112, 90), (108, 150), (140, 180), (60, 180), (92, 150)]),
            shade="tube",
        )
    else:
        legs(pen, ((50, 48), (150, 152)), 96, 8)
        legs(pen, ((26, 22), (174, 178)), 100, 10)
    if "round top" in parts:
        pen.shape(
            ellipse(100, 94, 92, 19), dark(pen.colour, 0.3), shade="side", material=pen.material
        )
        pen.shape(ellipse(100, 88, 92, 19), top, shade="side", printed=True, material=pen.material)
    else:
        pen.shape(
            polygon((38, 72), (162, 72), (190, 96), (10, 96)),
            top,
            shade="side",
            material=pen.material,
        )
        pen.shape(box(10, 95, 180, 12, 2), shade="side")
    if "drawer" in parts:
        pen.shape(box(58, 107, 84, 24, 2), shade="side")
        pen.shape(ellipse(100, 119, 5), _STEEL, shade="ball")


def draw_bookshelf(pen: Pen, visual: Visual) -> None:
    """An open shelf, with or without books."""
    wide = 62 if "wide" in visual.parts else 44
    left, width = 100 - wide, 2 * wide
    pen.shape(box(left, 10, width, 170, 3))
    rng = pen.rng
    for row in range(4):
        y = 18 + row * 40
        if "doors" in visual.parts and row == 3:
            continue
        pen.shape(box(left + 7, y, width - 14, 33), dark(pen.colour, 0.55), shade="under")
        if "books" in visual.parts:
            x = left + 9.0
            while x < left + width - 20:
                thick, tall = rng.uniform(5, 9), rng.uniform(20, 29)
                tone = rng.choice(
                    (pen.accent, light(pen.accent, 0.4), (236, 228, 208), (92, 98, 110))
                )
                pen.shape(box(x, y + 33 - tall, thick, tall, 1), tone, shade=None)
                x += thick + 0.5 + (rng.random() < 0.15) * 9
    if "doors" in visual.parts:
        for x in (left + 5, 101):
            pen.shape(
                box(x, 138, wide - 6, 37, 2),
                light(pen.colour, 0.08),
                shade="side",
                material=pen.material,
            )
        pen.dot(95, 156, 2.4, _STEEL)
        pen.dot(106, 156, 2.4, _STEEL)


def draw_bed(pen: Pen, visual: Visual) -> None:
    """A bed seen from its foot; the blanket is in the product's colour."""
    parts = visual.parts
    frame = _OAK if visual.colour != "brown" else rgb_of("e4d3b4")
    top = 26 if "high headboard" in parts else 60
    pen.shape(box(26, top, 148, 100, 12), frame, shade="top", material="wood")
    if "slatted headboard" in parts:
        for x in range(44, 170, 18):
            pen.shape(box(x, top + 12, 8, 60, 3), dark(frame, 0.5), shade=None)
    count = 1 if "one pillow" in parts else 2
    for i in range(count):
        x = 100 if count == 1 else 66 + i * 68
        pen.shape(
            smooth([(x - 32, 70), (x, 66), (x + 32, 70), (x + 33, 98), (x - 33, 98)]),
            (248, 246, 240),
            shade="soft",
        )
    pen.shape(polygon((28, 90), (172, 90), (188, 146), (12, 146)), (244, 241, 234), shade="top")
    pen.shape(
        smooth(
            [
                (25, 100),
                (25, 100),
                (175, 100),
                (175, 100),
                (192, 150),
                (194, 170),
                (6, 170),
                (8, 150),
            ]
        ),
        shade="top",
    )
    if "throw" in parts:
        pen.shape(polygon((13, 136), (187, 136), (194, 158), (6, 158)), pen.accent, shade="top")
    pen.crease("M60 108Q56 140 50 166M140 108Q144 140 150 166", 0.2)
    for x in (8, 178):
        pen.shape(box(x, 166, 14, 14, 2), frame, shade="tube", material="wood")


def draw_cushion(pen: Pen, visual: Visual) -> None:
    """A plump cushion on the floor."""
    round_one = "round" in visual.parts
    if "tassels" in visual.parts and not round_one:
        for x, y in ((22, 44), (178, 44), (24, 176), (176, 176)):
            for i in (-1, 0, 1):
                pen.stroke(
                    f"M{x} {y}l{(x - 100) * 0.14 + i * 5:.0f} {(y - 100) * 0.08 + 6:.0f}",
                    3.4,
                    pen.accent,
                    lit=False,
                )
            pen.dot(x, y, 5, pen.accent)
    outline = (
        ellipse(100, 118, 88, 62)
        if round_one
        else smooth(
            [
                (8, 26),
                (46, 40),
                (100, 44),
                (154, 40),
                (192, 26),
                (178, 70),
                (174, 110),
                (178, 150),
                (194, 194),
                (154, 180),
                (100, 176),
                (46, 180),
                (6, 194),
                (22, 150),
                (26, 110),
                (22, 70),
            ]
        )
    )
    pen.shape(outline, shade="soft")
    middle = 118 if round_one else 106
    if round_one:
        for i in range(14):
            turn = math.tau * i / 14
            dx, dy = math.cos(turn), math.sin(turn)
            pen.crease(
                f"M{100 + 9 * dx:.1f} {middle + 7 * dy:.1f}L{100 + 76 * dx:.1f} {middle + 53 * dy:.1f}",
                0.3,
                2,
            )
    elif "button" in visual.parts:
        pen.crease(
            "M100 106Q80 92 66 92M100 106Q118 94 136 92M100 106Q92 130 84 142M100 106Q108 128 120 140"
        )
    if "button" in visual.parts or round_one:
        pen.shape(ellipse(100, middle, 8, 7), pen.accent, shade="ball")
    if "piping" in visual.parts:
        pen.raw(f'<path d="{outline}" fill="none" stroke="rgb{pen.accent}" stroke-width="5"/>')


_TIMBER = ("Oak", "Pine", "MDF", "Engineered wood", "Metal")
FURNITURE = (
    Spec(
        "table",
        "furniture",
        draw_table,
        ("wood", "wood", "metal", "plastic", "rattan"),
        (60, 420),
        _TIMBER,
        ("Table", "Dining table", "Side table"),
        parts=(("four legs", "pedestal"), ("round top", "square top"), ("drawer", "", "")),
        foot=92,
    ),
    Spec(
        "bookshelf",
        "furniture",
        draw_bookshelf,
        ("wood", "wood", "metal"),
        (60, 300),
        _TIMBER,
        ("Shelf", "Bookcase", "Storage unit"),
        parts=(("books", "books", ""), ("doors", ""), ("wide", "narrow")),
        accented=True,
        foot=66,
    ),
    Spec(
        "bed",
        "furniture",
        draw_bed,
        ("cotton", "knitted", "velvet"),
        (180, 800),
        ("Pine", "Solid wood", "Cotton"),
        ("Bed", "Bed set", "Bedroom set"),
        patterns=("plain", "plain", "striped", "checked", "floral", "polka dot", "star"),
        parts=(
            ("high headboard", "low headboard"),
            ("slatted headboard", ""),
            ("one pillow", "two pillows"),
            ("throw", "", ""),
        ),
        accented=True,
        foot=102,
    ),
    Spec(
        "cushion",
        "home",
        draw_cushion,
        ("cotton", "velvet", "knitted", "leather"),
        (10, 45),
        ("Cotton", "Polyester", "Linen blend"),
        ("Cushion", "Throw pillow", "Pillow cover"),
        patterns=("plain", "striped", "polka dot", "checked", "floral", "star", "zigzag"),
        parts=(("round", "square", "square"), ("tassels", "piping", ""), ("button", "", "")),
        accented=True,
        foot=74,
    ),
)

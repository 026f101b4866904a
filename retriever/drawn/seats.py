"""Things to sit on, seen from the front."""

from retriever.drawn.canvas import Pen
from retriever.drawn.palette import RGB, dark, rgb_of
from retriever.drawn.paths import box, ellipse, line, polygon, smooth
from retriever.drawn.spec import Spec, Visual

_OAK: RGB = rgb_of("b07a45")
_STEEL: RGB = (120, 124, 132)
_SOFT = ("plain", "plain", "plain", "striped", "checked", "floral")


def legs(pen: Pen, spots: tuple[tuple[float, float], ...], top: float, width: float = 8) -> None:
    """Straight legs from ``top`` to the floor: (x at the top, x on the floor)."""
    wooden = pen.material in {"wood", "rattan", "velvet", "leather", "cotton"}
    for x, foot in spots:
        d = polygon(
            (x - width / 2, top),
            (x + width / 2, top),
            (foot + width / 3, 180),
            (foot - width / 3, 180),
        )
        if pen.material in {"wood", "plastic"}:
            pen.shape(d, dark(pen.colour, 0.15), shade="tube", material=pen.material)
        else:
            pen.shape(
                d, _OAK if wooden else _STEEL, shade="tube", material="wood" if wooden else "metal"
            )


def draw_chair(pen: Pen, visual: Visual) -> None:
    """A dining chair, half from the side."""
    parts = visual.parts
    top = 14 if "high back" in parts else 42
    legs(pen, ((66, 62), (150, 156)), 112, 7)
    if "slatted back" in parts:
        pen.shape(box(56, top, 88, 14, 5), shade="top")
        for x in (56, 84, 104, 134):
            pen.shape(box(x, top + 8, 9, 106 - top, 3), shade="tube")
        pen.shape(box(56, top + 34, 88, 9, 3), shade="top")
    else:
        pen.shape(
            smooth(
                [
                    (52, top),
                    (52, top),
                    (100, top - 5),
                    (148, top),
                    (148, top),
                    (144, 114),
                    (144, 114),
                    (56, 114),
                    (56, 114),
                ]
            )
        )
    if "armrests" in parts:
        for x in (38, 156):
            pen.shape(box(x - 4, 82, 8, 36, 3), shade="tube")
            pen.shape(box(x - 8, 76, 18, 9, 4), shade="top")
    seat = polygon((56, 108), (144, 108), (160, 128), (40, 128))
    pen.shape(seat, shade="top")
    pen.shape(box(40, 127, 120, 9, 3), shade="top")
    if "cushion" in parts:
        pen.shape(
            smooth([(52, 104), (148, 104), (158, 122), (100, 126), (42, 122)]),
            pen.accent,
            shade="soft",
        )
    legs(pen, ((48, 44), (152, 158)), 135, 9)


def draw_armchair(pen: Pen, visual: Visual) -> None:
    """An upholstered chair with thick arms."""
    parts = visual.parts
    top = 16 if "high back" in parts else 46
    if "four legs" in parts:
        legs(pen, ((46, 42), (154, 158)), 158, 9)
    low = 162 if "four legs" in parts else 176
    pen.shape(
        smooth([(40, top + 10), (52, top), (148, top), (160, top + 10), (156, 140), (44, 140)]),
        shade="soft",
    )
    if "tufted" in parts:
        for y in (top + 24, top + 48):
            for x in (72, 100, 128):
                pen.dot(x, y, 2.6, dark(pen.colour, 0.55))
                pen.crease(f"M{x - 13} {y - 10}L{x} {y}L{x + 13} {y - 10}", 0.3)
    pen.shape(box(44, 130, 112, low - 130, 6), shade="top")
    pen.shape(box(46, 106, 108, 30, 11), shade="top")
    for x in (20, 148):
        pen.shape(box(x, 86, 32, low - 86, 14), shade="tube")
        pen.seam(f"M{x + 6} 102V{low - 8}")
    if "cushion" in parts:
        pen.opened("rotate(9 100 86)")
        pen.shape(
            smooth(
                [
                    (74, 64),
                    (100, 70),
                    (126, 64),
                    (122, 90),
                    (126, 116),
                    (100, 110),
                    (74, 116),
                    (78, 90),
                ]
            ),
            pen.accent,
            shade="soft",
        )
        pen.closed()


def draw_sofa(pen: Pen, visual: Visual) -> None:
    """A wide sofa with seat cushions."""
    parts = visual.parts
    if "four legs" in parts:
        legs(pen, ((24, 20), (176, 180)), 160, 8)
    low = 164 if "four legs" in parts else 178
    corner = "chaise" in parts
    pen.shape(box(16, 62, 168, 80, 14), shade="top")
    pen.crease("M100 66V118", 0.45)
    pen.seam("M24 70H176")
    pen.shape(box(14, 128, 172, low - 128, 6), shade="top")
    pen.shape(box(24, 108, 77, 28, 9), shade="top")
    pen.shape(box(99, 108, 77, 28, 9), shade="top")
    for x in (2, 176):
        if corner and x == 2:
            continue
        pen.shape(box(x, 88, 23, low - 88, 10), shade="tube")
    if corner:
        pen.shape(box(4, 110, 64, low - 106, 10), shade="top")
    if "two cushions" in parts:
        for x, turn in ((54, -10), (148, 12)):
            pen.opened(f"rotate({turn} {x} 94)")
            pen.shape(box(x - 19, 76, 38, 36, 9), pen.accent, shade="soft")
            pen.closed()


def draw_stool(pen: Pen, visual: Visual) -> None:
    """A stool without a back."""
    three = "three legs" in visual.parts
    bar = "footrest" in visual.parts
    spots = (
        ((62, 46), (138, 154), (100, 100))
        if three
        else ((60, 44), (140, 156), (84, 78), (116, 122))
    )
    legs(pen, spots, 66, 9)
    if bar:
        pen.stroke("M54 132H146", 5, _STEEL)
    if "round seat" in visual.parts:
        pen.shape(
            ellipse(100, 66, 58, 15), dark(pen.colour, 0.3), shade="side", material=pen.material
        )
        pen.shape(ellipse(100, 58, 58, 15), shade="soft")
    else:
        pen.shape(box(42, 44, 116, 26, 6), shade="top")
        pen.seam(line((46, 64), (154, 64)))


_TIMBER = ("Oak", "Pine", "MDF", "Engineered wood", "Metal")
_COVER = ("Polyester", "Fabric", "PU leather", "Foam")
SEATS = (
    Spec(
        "chair",
        "furniture",
        draw_chair,
        ("wood", "wood", "plastic", "rattan", "metal"),
        (40, 160),
        _TIMBER,
        ("Chair", "Dining chair", "Seat"),
        parts=(
            ("high back", "low back"),
            ("slatted back", ""),
            ("armrests", "", ""),
            ("cushion", "", ""),
        ),
        accented=True,
        foot=70,
    ),
    Spec(
        "armchair",
        "furniture",
        draw_armchair,
        ("leather", "velvet", "cotton", "rattan"),
        (150, 520),
        _COVER,
        ("Armchair", "Lounge chair", "Accent chair"),
        patterns=_SOFT,
        parts=(("high back", "low back"), ("four legs", ""), ("tufted", "cushion", "")),
        accented=True,
        foot=88,
    ),
    Spec(
        "sofa",
        "furniture",
        draw_sofa,
        ("leather", "velvet", "cotton", "cotton"),
        (300, 1200),
        _COVER,
        ("Sofa", "Couch", "2-seater"),
        patterns=_SOFT,
        parts=(("four legs", ""), ("two cushions", "two cushions", ""), ("chaise", "", "")),
        accented=True,
        foot=100,
    ),
    Spec(
        "stool",
        "furniture",
        draw_stool,
        ("wood", "metal", "leather", "rattan", "velvet"),
        (25, 120),
        _TIMBER,
        ("Stool", "Bar stool", "Footstool"),
        parts=(("three legs", "four legs"), ("round seat", "square seat"), ("footrest", "", "")),
        foot=64,
    ),
)

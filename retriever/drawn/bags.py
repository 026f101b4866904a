"""Bags and suitcases, seen from the front."""

from retriever.drawn.canvas import Pen
from retriever.drawn.palette import RGB, dark, light, rgb_of
from retriever.drawn.paths import box, ellipse, line, polygon, smooth, star
from retriever.drawn.spec import Spec, Visual

_GOLD: RGB = rgb_of("e0b84c")


def draw_backpack(pen: Pen, visual: Visual) -> None:
    """A backpack from the front."""
    parts = visual.parts
    pen.stroke("M84 26C84 2 116 2 116 26", 7, dark(pen.colour, 0.3))
    for side in (-1, 1):
        pen.shape(
            box(100 + side * 62 - 12, 100, 24, 66, 10),
            dark(pen.colour, 0.2),
            shade="soft",
            material=pen.material,
        )
    pen.shape(
        smooth(
            [
                (42, 60),
                (52, 22),
                (100, 12),
                (148, 22),
                (158, 60),
                (158, 176),
                (150, 182),
                (50, 182),
                (42, 176),
            ]
        ),
        shade="soft",
    )
    if "flap" in parts:
        pen.shape(
            smooth([(42, 20), (100, 8), (158, 20), (160, 92), (100, 112), (40, 92)]),
            light(pen.colour, 0.12),
            shade="soft",
            printed=True,
            edge=1.8,
            material=pen.material,
        )
        for x in (74, 126):
            pen.shape(box(x - 5, 78, 10, 40, 2), rgb_of("8a5a34"), shade="tube")
            pen.shape(box(x - 8, 104, 16, 12, 2), _GOLD, shade="top")
    else:
        pen.stroke("M50 60Q52 34 100 32Q148 34 150 60", 3.6, (200, 204, 210))
    if "pocket" in parts:
        pen.shape(
            box(58, 116, 84, 56, 12), pen.accent, shade="soft", edge=1.6, material=pen.material
        )
        pen.stroke("M64 130H136", 3, (214, 216, 222))
    if "patch" in parts:
        pen.shape(ellipse(100, 76 if "flap" not in parts else 60, 17), pen.accent, shade="soft")
        pen.shape(
            star(100, 76 if "flap" not in parts else 60, 11), light(pen.colour, 0.7), shade=None
        )
    pen.seam("M50 172Q100 178 150 172")


def draw_handbag(pen: Pen, visual: Visual) -> None:
    """A structured bag with handles or a chain."""
    parts = visual.parts
    if "chain" in parts:
        pen.raw(
            f'<path d="M46 90C40 -14 160 -14 154 90" fill="none" stroke="rgb{dark(_GOLD, 0.4)}" stroke-width="7"/><path d="M46 90C40 -14 160 -14 154 90" fill="none" stroke="rgb{_GOLD}" stroke-width="5" stroke-dasharray="7 3"/>'
        )
    else:
        pen.stroke("M66 92C66 18 134 18 134 92", 8, dark(pen.colour, 0.15))
    pen.shape(
        smooth(
            [(34, 76), (34, 76), (166, 76), (166, 76), (182, 172), (176, 182), (24, 182), (18, 172)]
        ),
        shade="soft",
    )
    if "flap" in parts:
        pen.shape(
            smooth([(32, 74), (32, 74), (168, 74), (168, 74), (166, 120), (100, 146), (34, 120)]),
            light(pen.colour, 0.1),
            shade="soft",
            printed=True,
            edge=1.8,
            material=pen.material,
        )
    else:
        pen.stroke("M40 84H160", 3, _GOLD)
    if "buckle" in parts:
        pen.shape(box(88, 116, 24, 28, 4), _GOLD, shade="metal", edge=1.4)
        pen.shape(box(95, 123, 10, 14, 2), dark(pen.colour, 0.4), shade=None)
    if "tassels" in parts:
        pen.stroke("M150 84L156 112", 2.6, pen.accent)
        for i in range(-2, 3):
            pen.stroke(f"M156 112l{i * 3.4:.1f} 34", 4, pen.accent, lit=False)
        pen.shape(ellipse(156, 112, 6), pen.accent, shade="ball")
    pen.seam(line((30, 172), (170, 172)))


def draw_tote(pen: Pen, visual: Visual) -> None:
    """A simple open bag with two long straps."""
    parts = visual.parts
    pen.stroke(
        "M66 78C66 -14 134 -14 134 78",
        8,
        pen.accent if "coloured straps" in parts else dark(pen.colour, 0.2),
    )
    pen.shape(polygon((36, 68), (164, 68), (172, 180), (28, 180)), shade="soft")
    if "heart print" in parts:
        pen.shape("M100 158C36 118 66 84 100 108C134 84 164 118 100 158Z", pen.accent, shade=None)
    if "coloured base" in parts:
        pen.shape(
            polygon((31, 142), (169, 142), (172, 180), (28, 180)),
            pen.accent,
            shade="side",
            material=pen.material,
        )
    pen.crease("M36 78H164", 0.5)
    pen.stroke(
        "M66 74C68 14 132 14 134 74",
        8,
        pen.accent if "coloured straps" in parts else dark(pen.colour, 0.08),
    )
    pen.crease("M58 90Q54 130 50 172M142 96Q148 140 150 172", 0.2, 2)


def draw_suitcase(pen: Pen, visual: Visual) -> None:
    """A suitcase that stands upright."""
    parts = visual.parts
    if "long handle" in parts:
        pen.stroke("M78 42V6H122V42", 6, (160, 165, 172))
    else:
        pen.stroke("M82 42C82 20 118 20 118 42", 8, (52, 52, 58))
    if "wheels" in parts:
        for x in (60, 140):
            pen.shape(ellipse(x, 172, 9), (36, 36, 40), shade="ball")
    low = 166 if "wheels" in parts else 178
    pen.shape(box(40, 38, 120, low - 38, 14), shade="side")
    if "ribs" in parts:
        for x in range(56, 150, 14):
            pen.crease(f"M{x} 50V{low - 12}", 0.55, 2.4)
    if "straps" in parts:
        for x in (66, 124):
            pen.shape(box(x, 38, 12, low - 38, 1), pen.accent, shade="tube")
            pen.shape(box(x - 3, 92, 18, 14, 2), _GOLD, shade="top")
    if "corners" in parts:
        for x, y in ((40, 38), (134, 38), (40, low - 26), (134, low - 26)):
            pen.shape(box(x, y, 26, 26, 9), pen.accent, shade="soft")
    pen.seam(f"M46 46H154V{low - 8}H46Z")


_HIDE = ("PU", "Nylon", "Polyester", "Canvas", "Leather")
BAGS = (
    Spec(
        "backpack",
        "bags",
        draw_backpack,
        ("canvas", "nylon", "leather", "denim"),
        (25, 120),
        _HIDE,
        ("Backpack", "Daypack", "Pack 20L"),
        patterns=("plain", "plain", "plain", "checked", "polka dot", "floral", "star"),
        parts=(("flap", ""), ("pocket", "pocket", ""), ("patch", "", "")),
        accented=True,
        foot=70,
    ),
    Spec(
        "handbag",
        "bags",
        draw_handbag,
        ("leather", "leather", "velvet", "rattan"),
        (30, 220),
        _HIDE,
        ("Handbag", "Purse", "Bag"),
        patterns=("plain", "plain", "plain", "checked", "floral"),
        parts=(("chain", "one handle"), ("flap", ""), ("buckle", "tassels", "")),
        accented=True,
        foot=84,
    ),
    Spec(
        "tote bag",
        "bags",
        draw_tote,
        ("canvas", "canvas", "denim", "rattan"),
        (10, 45),
        ("Cotton", "Canvas", "Jute"),
        ("Tote", "Shopper", "Carry bag"),
        patterns=("plain", "plain", "striped", "polka dot", "checked", "floral", "star"),
        parts=(("coloured straps", ""), ("heart print", "coloured base", "")),
        accented=True,
        foot=76,
    ),
    Spec(
        "suitcase",
        "bags",
        draw_suitcase,
        ("plastic", "leather", "metal"),
        (60, 260),
        ("ABS", "Polycarbonate", "Aluminium"),
        ("Suitcase", "Trolley 40L", "Luggage"),
        patterns=("plain", "plain", "plain", "polka dot", "striped", "star"),
        parts=(("wheels", ""), ("long handle", "short handle"), ("ribs", "straps", "corners", "")),
        accented=True,
        foot=66,
    ),
)

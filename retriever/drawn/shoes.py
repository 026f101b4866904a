"""Shoes, toe to the right."""

from retriever.drawn.canvas import Pen
from retriever.drawn.palette import RGB, dark, light, rgb_of
from retriever.drawn.paths import box, ellipse, polygon, smooth, star
from retriever.drawn.spec import Spec, Visual

_GOLD: RGB = rgb_of("e0b84c")
_SOLE: RGB = rgb_of("f4f1e8")


def draw_sneaker(pen: Pen, visual: Visual) -> None:
    """A sports shoe, toe to the right."""
    parts = visual.parts
    sole = pen.accent if "coloured sole" in parts else _SOLE
    if visual.colour == "white" and "coloured sole" not in parts:
        sole = rgb_of("c9b79a")
    high = "high top" in parts
    top = 42 if high else 84
    pen.shape(
        smooth(
            [
                (16, top),
                (16, top),
                (40, top + 6),
                (70, top),
                (70, top),
                (92, 98),
                (150, 128),
                (184, 138),
                (194, 160),
                (190, 168),
                (14, 168),
                (10, 130),
            ]
        ),
        shade="soft",
    )
    pen.shape(
        f"M20 {top + 2}Q44 {top + 14} 70 {top + 2}Q44 {top - 4} 20 {top + 2}Z",
        dark(pen.colour, 0.6),
        shade=None,
    )
    pen.shape("M160 128Q196 136 194 162H150Q146 140 160 128Z", light(pen.colour, 0.3), shade="soft")
    if "side stripe" in parts:
        pen.shape(polygon((48, 160), (64, 160), (104, 112), (92, 106)), pen.accent, shade=None)
        pen.shape(polygon((72, 160), (88, 160), (122, 121), (111, 116)), pen.accent, shade=None)
    if "star" in parts:
        pen.shape(star(48, 134, 19), pen.accent, shade=None)
    if "velcro" in parts:
        for x, y in ((88, 96), (112, 110)):
            pen.shape(
                polygon((x, y), (x + 16, y + 8), (x - 2, y + 40), (x - 20, y + 34)),
                pen.accent,
                shade="soft",
                edge=1.4,
            )
    else:
        for i in range(4 if high else 3):
            x, y = 112 - i * 15, 112 - i * (13 if high else 9)
            pen.stroke(
                f"M{x - 12} {y + 12}L{x + 13} {y - 4}",
                4,
                _SOLE if visual.colour != "white" else (60, 60, 66),
            )
    pen.shape("M8 160H194Q200 176 186 180H18Q4 180 8 160Z", sole, shade="top")
    pen.seam("M14 156H188")


def draw_boot(pen: Pen, visual: Visual) -> None:
    """A boot, toe to the right."""
    parts = visual.parts
    top = 12 if "knee high" in parts else 58
    pen.shape(
        smooth(
            [
                (50, top),
                (50, top),
                (114, top),
                (114, top),
                (112, 110),
                (128, 128),
                (172, 140),
                (182, 156),
                (182, 170),
                (48, 170),
                (48, 170),
                (54, 120),
            ]
        ),
        shade="side",
    )
    if "fur trim" in parts:
        pen.shape(
            box(44, top - 6, 76, 24, 11), light(pen.accent, 0.5), shade="soft", material="plush"
        )
    else:
        pen.shape(
            box(48, top, 68, 10, 3), light(pen.colour, 0.1), shade="tube", material=pen.material
        )
    if "laces" in parts:
        for i in range(4):
            y = 122 - i * (16 if top > 40 else 22)
            pen.stroke(
                f"M94 {y + 5}L122 {y - 3}M96 {y - 4}L120 {y + 6}",
                3,
                _SOLE if visual.colour not in {"white", "beige"} else (70, 44, 30),
            )
    if "buckle" in parts:
        pen.shape(
            polygon((52, 112), (114, 104), (118, 119), (54, 128)), dark(pen.colour, 0.4), shade=None
        )
        pen.raw(
            f'<path d="{box(80, 104, 20, 22, 3)}" fill="none" stroke="rgb{_GOLD}" stroke-width="5"/>'
        )
    if "zip" in parts:
        pen.stroke(f"M70 {top + 14}V150", 4, (196, 200, 206))
    pen.seam("M54 158H176")
    pen.shape(
        "M46 164H184Q190 172 184 178H110L104 174H92V180H46Z",
        (44, 36, 34) if visual.colour not in {"black", "brown", "navy"} else rgb_of("c79a64"),
        shade="top",
    )


def draw_heel(pen: Pen, visual: Visual) -> None:
    """A high-heeled shoe, toe to the right."""
    parts = visual.parts
    if "block heel" in parts:
        pen.shape(
            polygon((18, 96), (52, 104), (46, 180), (20, 180)),
            dark(pen.colour, 0.15),
            shade="tube",
            material=pen.material,
        )
    else:
        pen.shape(
            polygon((18, 94), (46, 104), (28, 180), (20, 180)), dark(pen.colour, 0.15), shade="tube"
        )
    if "ankle strap" in parts:
        pen.shape("M14 76L16 34Q44 20 84 34L86 46Q48 36 28 46L34 84Z", shade="side", edge=1.2)
        pen.shape(ellipse(80, 40, 6), _GOLD, shade="ball")
    pen.shape(
        "M12 62Q30 60 48 86Q74 124 112 128Q126 104 150 122Q184 138 195 164Q198 178 184 178H142"
        "Q112 176 84 142Q62 114 46 114Q16 112 12 62Z",
        shade="soft",
    )
    pen.shape(
        "M16 68Q32 68 48 92Q74 128 112 133Q124 112 146 124Q120 150 84 132Q58 104 44 98Q24 92 16 68Z",
        dark(pen.colour, 0.55),
        shade=None,
    )
    pen.crease("M60 118Q104 176 140 178H190", 0.5, 2)
    if "bow" in parts:
        for side in (-1, 1):
            pen.shape(
                smooth(
                    [
                        (148, 138),
                        (148 + side * 20, 122),
                        (148 + side * 25, 138),
                        (148 + side * 20, 152),
                    ]
                ),
                pen.accent,
                shade="soft",
            )
        pen.shape(ellipse(148, 138, 5), pen.accent, shade="ball")
    if "open toe" in parts:
        pen.shape(ellipse(185, 164, 12, 7), rgb_of("e8c8a8"), shade="top", edge=1.4)


def draw_sandal(pen: Pen, visual: Visual) -> None:
    """A pair of sandals seen from above."""
    parts = visual.parts
    for shift in (-46, 46):
        x = 100 + shift
        pen.shape(
            smooth(
                [
                    (x - 30, 22),
                    (x, 6),
                    (x + 30, 22),
                    (x + 28, 90),
                    (x + 25, 170),
                    (x, 196),
                    (x - 25, 170),
                    (x - 28, 90),
                ]
            ),
            rgb_of("cfa878") if visual.colour not in {"beige", "brown"} else rgb_of("3c2c24"),
            shade="side",
            edge=1.6,
        )
        if "thong" in parts:
            pen.stroke(f"M{x} 34L{x - 26} 92M{x} 34L{x + 26} 92", 11)
        elif "crossed straps" in parts:
            pen.stroke(f"M{x - 28} 42L{x + 28} 88M{x + 28} 42L{x - 28} 88", 15)
        else:
            for y in (40, 72):
                pen.shape(
                    smooth(
                        [
                            (x - 33, y),
                            (x, y - 12),
                            (x + 33, y),
                            (x + 33, y + 22),
                            (x, y + 12),
                            (x - 33, y + 22),
                        ]
                    ),
                    shade="tube",
                    edge=1.4,
                )
        if "buckle" in parts:
            pen.stroke(f"M{x - 28} 130Q{x} 114 {x + 28} 130", 9)
            pen.shape(box(x + 12, 114, 14, 15, 3), _GOLD, shade="top")
        if "flower" in parts:
            for dx, dy in ((0, -9), (9, -3), (5, 7), (-5, 7), (-9, -3)):
                pen.shape(ellipse(x + dx, 58 + dy, 7), pen.accent, shade="soft", edge=0.6)
            pen.dot(x, 58, 4.6, _GOLD)


_UPPER = ("Leather", "PU", "Textile", "Suede", "Mesh")
SHOES = (
    Spec(
        "sneaker",
        "shoes",
        draw_sneaker,
        ("canvas", "leather", "denim"),
        (30, 120),
        _UPPER,
        ("Sneaker", "Trainer", "Runner"),
        patterns=("plain", "plain", "plain", "plain", "checked", "star", "floral"),
        parts=(
            ("high top", "low top"),
            ("laces", "laces", "velcro"),
            ("coloured sole", ""),
            ("side stripe", "star", ""),
        ),
        accented=True,
        foot=98,
    ),
    Spec(
        "boot",
        "shoes",
        draw_boot,
        ("leather", "leather", "plastic", "denim"),
        (45, 180),
        _UPPER,
        ("Boot", "Footwear", "Winter boot"),
        patterns=("plain", "plain", "plain", "floral", "polka dot"),
        parts=(("knee high", "ankle high"), ("laces", "buckle", "zip", ""), ("fur trim", "", "")),
        accented=True,
        foot=76,
    ),
    Spec(
        "high heel",
        "shoes",
        draw_heel,
        ("leather", "velvet"),
        (30, 140),
        _UPPER,
        ("Pump", "Heel", "Court shoe"),
        patterns=("plain", "plain", "plain", "polka dot", "floral"),
        parts=(("block heel", "thin heel"), ("ankle strap", ""), ("bow", "open toe", "")),
        accented=True,
        foot=92,
    ),
    Spec(
        "sandals",
        "shoes",
        draw_sandal,
        ("leather", "plastic"),
        (12, 70),
        _UPPER,
        ("Sandal", "Slides", "Summer shoe"),
        parts=(("thong", "crossed straps", "two straps"), ("buckle", ""), ("flower", "", "")),
        accented=True,
        stance="flat",
    ),
)

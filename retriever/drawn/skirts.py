"""Dresses, skirts, trousers and socks, laid flat."""

from retriever.drawn.canvas import Pen
from retriever.drawn.palette import RGB, dark, light, rgb_of
from retriever.drawn.paths import box, ellipse, line, polygon, smooth
from retriever.drawn.spec import Spec, Visual

_PRINTS = ("plain", "plain", "striped", "polka dot", "checked", "floral", "star", "zigzag")
_PEARL: RGB = (244, 240, 230)


def draw_dress(pen: Pen, visual: Visual) -> None:
    """A dress with a waist."""
    parts = visual.parts
    hem = 190 if "long skirt" in parts else 150
    if "short sleeves" in parts:
        for side in (-1, 1):
            pen.shape(
                smooth(
                    [
                        (100 + side * 28, 16),
                        (100 + side * 46, 22),
                        (100 + side * 58, 52),
                        (100 + side * 34, 58),
                        (100 + side * 28, 40),
                    ]
                ),
                shade="soft",
            )
    elif "long sleeves" in parts:
        for side in (-1, 1):
            pen.shape(
                polygon(
                    (100 + side * 26, 14),
                    (100 + side * 40, 20),
                    (100 + side * 64, 106),
                    (100 + side * 49, 111),
                    (100 + side * 28, 50),
                ),
                shade="side",
            )
    else:
        pen.stroke("M80 26L84 6M120 26L116 6", 6)
    pen.shape(
        "M70 16Q84 34 100 34Q116 34 130 16L134 50Q124 66 126 82H74Q76 66 66 50Z"
        if "sleeves" in " ".join(parts)
        else "M72 26Q100 40 128 26L134 50Q124 66 126 82H74Q76 66 66 50Z",
        shade="soft",
    )
    sway = 66 if "long skirt" in parts else 62
    waves = 6
    step = 2 * sway / waves
    edge = "".join(f"q{step / 2:.1f} 7 {step:.1f} 0" for _ in range(waves))
    pen.shape(f"M74 80L{100 - sway} {hem}{edge}L126 80Z", shade="soft")
    for x in (-0.55, -0.2, 0.2, 0.55):
        pen.crease(f"M{100 + x * 30:.0f} 96L{100 + x * sway * 1.2:.0f} {hem}", 0.28, 1.8)
    if "belt" in parts:
        pen.shape(box(73, 75, 54, 11, 3), pen.accent, shade="tube")
        pen.shape(box(94, 73, 13, 15, 2), rgb_of("e8c35a"), shade="top")
    if "bow" in parts:
        for side in (-1, 1):
            pen.shape(
                smooth(
                    [(100, 80), (100 + side * 24, 64), (100 + side * 29, 80), (100 + side * 24, 97)]
                ),
                pen.accent,
                shade="soft",
            )
        pen.shape(ellipse(100, 81, 6), pen.accent, shade="ball")


def draw_trousers(pen: Pen, visual: Visual) -> None:
    """Trousers or shorts."""
    parts = visual.parts
    hem = 108 if "short legs" in parts else 192
    wide = 16 if "wide legs" in parts else 0
    pen.shape(
        f"M60 14H140L{150 + wide} {hem}H{108 - wide * 0.2:.0f}L101 72H99L{92 + wide * 0.2:.0f} {hem}H{50 - wide}Z",
        shade="side",
    )
    pen.crease(
        f"M78 50Q74 100 {72 - wide / 2:.0f} {hem - 6}M122 50Q126 100 {128 + wide / 2:.0f} {hem - 6}",
        0.2,
        2,
    )
    pen.crease("M100 28V72M64 34Q78 44 82 28M136 34Q122 44 118 28", 0.6)
    pen.seam("M104 28V58Q104 68 100 72M66 38Q82 48 86 28M134 38Q118 48 114 28")
    if "belt" in parts:
        pen.shape(box(59, 14, 82, 13, 2), pen.accent, shade="top")
        pen.shape(box(91, 12, 18, 17, 3), rgb_of("e3c15c"), shade="top")
    else:
        pen.shape(box(60, 14, 80, 13, 2), shade="top")
        pen.dot(100, 20, 3.4, rgb_of("d9b45c"))
    if "knee patches" in parts:
        y = 120 if hem > 120 else 84
        for side in (-1, 1):
            pen.shape(
                box(100 + side * (28 + wide / 2) - 12, y - 8, 24, 26, 5), pen.accent, shade=None
            )
    if "cargo pockets" in parts:
        y = 92 if hem > 120 else 72
        for side in (-1, 1):
            pen.shape(
                box(100 + side * (37 + wide / 3) - 11, y, 22, 26, 3),
                light(pen.colour, 0.15),
                shade="top",
                edge=1.6,
            )
            pen.crease(f"M{100 + side * (37 + wide / 3) - 11:.0f} {y + 8}h22", 0.6)


def draw_skirt(pen: Pen, visual: Visual) -> None:
    """A skirt."""
    parts = visual.parts
    hem = 186 if "long" in parts else 134
    sway = 74 if "pleats" in parts or "ruffle" in parts else 56
    pen.shape(f"M66 30H134L{100 + sway} {hem}Q100 {hem + 14} {100 - sway} {hem}Z", shade="side")
    if "pleats" in parts:
        for x in (-0.75, -0.45, -0.15, 0.15, 0.45, 0.75):
            pen.crease(f"M{100 + x * 34:.0f} 44L{100 + x * sway:.0f} {hem + 5}", 0.55, 2.4)
    if "ruffle" in parts:
        edge = "".join(f"q{sway / 6:.1f} 12 {sway / 3:.1f} 0" for _ in range(6))
        pen.shape(
            f"M{104 - sway} {hem - 16}L{100 - sway} {hem + 2}{edge}L{96 + sway} {hem - 16}Q100 {hem - 3} {104 - sway} {hem - 16}Z",
            pen.accent,
            shade="top",
        )
    if "buttons" in parts:
        for y in range(52, hem - 4, 20):
            pen.dot(100, y, 4.6, dark(pen.colour, 0.5))
            pen.dot(100, y, 3.6, _PEARL)
    pen.shape(box(65, 22, 70, 15, 3), shade="top")
    pen.seam(line((68, 34), (132, 34)))


def draw_socks(pen: Pen, visual: Visual) -> None:
    """A pair of socks."""
    parts = visual.parts
    top = 70 if "short" in parts else 18
    for shift in (-26, 34):
        pen.opened(f"translate({shift} {0 if shift < 0 else 6})")
        pen.shape(
            f"M72 {top}H114V122Q116 138 140 150Q154 160 146 172Q138 182 112 174Q80 166 74 146Q70 132 72 110Z",
            shade="side",
        )
        if "accent heel" in parts:
            pen.shape("M73 122Q72 150 90 160Q96 144 92 124Z", pen.accent, shade="soft")
            pen.shape(
                "M140 150Q154 160 146 172Q138 180 122 176Q124 158 140 150Z",
                pen.accent,
                shade="soft",
            )
        if "striped cuffs" in parts:
            for i in range(2):
                pen.shape(box(72, top + 8 + i * 13, 42, 6), pen.accent, shade=None, edge=0)
        else:
            pen.shape(box(70, top, 46, 16, 4), light(pen.colour, 0.12), shade="tube")
            pen.crease("".join(f"M{x} {top + 2}v12" for x in range(76, 114, 6)), 0.4)
        pen.closed()


_CLOTH = ("Cotton", "Cotton blend", "Polyester", "Viscose", "Jersey")
SKIRTS = (
    Spec(
        "dress",
        "clothes",
        draw_dress,
        ("cotton", "cotton", "velvet", "denim"),
        (22, 110),
        _CLOTH,
        ("Dress", "Summer dress", "Moda"),
        patterns=_PRINTS,
        parts=(
            ("short sleeves", "long sleeves", "straps"),
            ("long skirt", "short skirt"),
            ("belt", "bow", "", ""),
        ),
        accented=True,
        stance="flat",
    ),
    Spec(
        "trousers",
        "clothes",
        draw_trousers,
        ("cotton", "denim", "denim", "leather"),
        (20, 80),
        ("Cotton", "Denim", "Twill"),
        ("Pants", "Trousers", "Bottoms"),
        patterns=("plain", "plain", "plain", "checked", "pinstriped"),
        parts=(
            ("long legs", "long legs", "short legs"),
            ("wide legs", ""),
            ("belt", ""),
            ("knee patches", "cargo pockets", "", ""),
        ),
        accented=True,
        stance="flat",
    ),
    Spec(
        "skirt",
        "clothes",
        draw_skirt,
        ("cotton", "denim", "leather", "velvet"),
        (16, 60),
        _CLOTH,
        ("Skirt", "Bottoms"),
        patterns=_PRINTS,
        parts=(("long", "short"), ("pleats", "ruffle", ""), ("buttons", "", "")),
        accented=True,
        stance="flat",
    ),
    Spec(
        "socks",
        "clothes",
        draw_socks,
        ("cotton", "knitted"),
        (4, 15),
        ("Cotton", "Wool blend", "Bamboo"),
        ("Socks", "Sock pair", "Hosiery"),
        patterns=_PRINTS,
        parts=(("long", "short"), ("accent heel", ""), ("striped cuffs", "")),
        accented=True,
        stance="flat",
    ),
)

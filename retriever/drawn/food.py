"""Fruit and vegetables."""

from retriever.drawn.canvas import Pen
from retriever.drawn.palette import RGB, dark, light, rgb_of
from retriever.drawn.paths import ellipse, smooth
from retriever.drawn.spec import Spec, Visual

_STEM: RGB = rgb_of("6a4a2a")
_LEAF: RGB = rgb_of("4ea03c")
_FLESH: RGB = rgb_of("fbf0cf")


def _leaf(pen: Pen, x: float, y: float, size: float = 1.0) -> None:
    pen.shape(
        smooth(
            [
                (x, y),
                (x + 14 * size, y - 20 * size),
                (x + 44 * size, y - 16 * size),
                (x + 24 * size, y + 6 * size),
            ]
        ),
        _LEAF,
        shade="side",
    )


def _served(pen: Pen, visual: Visual, one: str, height: float) -> bool:
    """Draw two more behind the first when the picture shows three; tells whether it did."""
    if "three" not in visual.parts:
        return False
    for shift, scale in ((-42, 0.66), (46, 0.62)):
        pen.opened(f"translate({100 + shift} 176) scale({scale}) translate(-100 -180)")
        pen.shape(one, shade="ball", material="plastic")
        pen.stroke(f"M100 {height + 6:.0f}Q102 {height - 8:.0f} 110 {height - 16:.0f}", 5, _STEM)
        pen.closed()
    return True


def draw_apple(pen: Pen, visual: Visual) -> None:
    """An apple, whole, bitten or cut."""
    body = "M100 66C70 42 26 62 28 112C30 156 66 186 100 176C134 186 170 156 172 112C174 62 130 42 100 66Z"
    fewer = _served(pen, visual, body, 64)
    pen.opened("translate(100 180) scale(.74) translate(-100 -180)" if fewer else "translate(0 0)")
    pen.shape(body, shade="ball", material="plastic")
    if "cut" in visual.parts:
        pen.shape(
            "M100 74C76 54 40 70 42 112C44 148 72 172 100 164C128 172 156 148 158 112C160 70 124 54 100 74Z",
            _FLESH,
            shade="soft",
        )
        for x in (90, 110):
            pen.shape(
                smooth(
                    [(x, 100), (x + (x - 100) * 0.7, 118), (x, 132), (x - (x - 100) * 0.3, 116)]
                ),
                rgb_of("5a3218"),
                shade=None,
            )
    if "bite" in visual.parts:
        pen.shape(
            smooth([(178, 84), (150, 82), (138, 104), (142, 124), (158, 138), (182, 136)]),
            _FLESH,
            shade="soft",
            edge=2,
        )
    pen.stroke("M100 70Q98 46 108 32", 6, _STEM)
    if "leaf" in visual.parts:
        _leaf(pen, 104, 50)
    pen.closed()


def draw_banana(pen: Pen, visual: Visual) -> None:
    """One banana or a bunch."""
    count = 3 if "bunch" in visual.parts else 1
    for i in range(count):
        pen.opened(f"rotate({(i - count + 1) * 17} 160 40)" if count > 1 else "translate(0 0)")
        pen.shape(
            "M158 30C170 110 116 176 30 172Q18 168 24 156C88 150 130 104 140 32Z",
            shade="side",
            edge=1.6,
        )
        pen.crease("M150 44C152 112 104 160 36 163", 0.4, 2)
        pen.shape("M138 18L160 16L160 42L138 42Z", dark(pen.colour, 0.45), shade=None)
        pen.dot(27, 164, 7, rgb_of("4a3418"))
        if "brown spots" in visual.parts:
            for x, y in ((142, 92), (122, 124), (96, 146), (66, 158), (134, 110)):
                pen.shape(ellipse(x, y, 5, 3.4), rgb_of("6b4420"), shade=None, edge=0)
        pen.closed()
    if "peeled" in visual.parts:
        pen.shape(
            "M140 30C136 74 118 104 96 122L112 138C142 112 160 80 158 30Q150 12 140 30Z",
            _FLESH,
            shade="side",
        )
        pen.shape("M98 116Q128 128 150 168Q116 160 92 134Z", shade="side")
        pen.shape("M94 126Q66 112 44 80Q82 84 106 116Z", shade="side")


def draw_pear(pen: Pen, visual: Visual) -> None:
    """A pear."""
    body = smooth(
        [
            (100, 34),
            (126, 40),
            (130, 84),
            (164, 120),
            (156, 180),
            (100, 184),
            (44, 180),
            (36, 120),
            (70, 84),
            (74, 40),
        ]
    )
    fewer = _served(pen, visual, body, 40)
    pen.opened("translate(100 180) scale(.78) translate(-100 -180)" if fewer else "translate(0 0)")
    pen.shape(body, shade="ball", material="plastic")
    if "cut" in visual.parts:
        pen.shape(
            smooth(
                [
                    (100, 54),
                    (116, 56),
                    (120, 92),
                    (150, 124),
                    (142, 168),
                    (100, 172),
                    (58, 168),
                    (50, 124),
                    (80, 92),
                    (84, 56),
                ]
            ),
            _FLESH,
            shade="soft",
        )
        for x in (92, 108):
            pen.shape(ellipse(x, 138, 4, 8), rgb_of("5a3218"), shade=None)
    pen.stroke("M100 40Q100 22 110 12", 6, _STEM)
    if "leaf" in visual.parts:
        _leaf(pen, 104, 28)
    pen.closed()


def draw_pepper(pen: Pen, visual: Visual) -> None:
    """A bell pepper."""
    for x, half in ((62, 34), (138, 34), (100, 36)):
        pen.shape(
            smooth(
                [
                    (x - half, 70),
                    (x, 54),
                    (x + half, 70),
                    (x + half * 0.9, 130),
                    (x + half * 0.6, 182),
                    (x, 186),
                    (x - half * 0.6, 182),
                    (x - half * 0.9, 130),
                ]
            ),
            shade="ball",
            material="plastic",
            edge=1.2,
        )
    if "cut" in visual.parts:
        pen.shape(
            smooth([(72, 92), (100, 80), (128, 92), (126, 160), (100, 172), (74, 160)]),
            light(pen.colour, 0.5),
            shade="under",
            edge=2,
        )
        for x, y in ((90, 108), (102, 100), (110, 112), (96, 120), (106, 124)):
            pen.shape(ellipse(x, y, 4, 5), _FLESH, shade=None)
    pen.shape(
        smooth([(74, 66), (100, 54), (126, 66), (112, 76), (100, 70), (88, 76)]),
        rgb_of("3d8a34"),
        shade="soft",
    )
    pen.stroke("M100 62Q98 36 112 28", 11, rgb_of("3d8a34"))
    if "leaf" in visual.parts:
        _leaf(pen, 106, 52)


def draw_pumpkin(pen: Pen, visual: Visual) -> None:
    """A pumpkin."""
    for x, half in ((46, 36), (154, 36), (68, 36), (132, 36), (100, 34)):
        pen.shape(ellipse(x, 122, half, 58), shade="soft", edge=1.4)
    pen.stroke("M100 66Q98 44 116 34", 13, rgb_of("6f8a3a"))
    if "leaf" in visual.parts:
        _leaf(pen, 104, 60, 1.2)
    if "face" in visual.parts:
        for d in (
            "M58 100L84 100L71 78Z",
            "M142 100L116 100L129 78Z",
            "M48 122Q100 176 152 122L138 130L130 122L120 138L110 128L100 142L90 128L80 138L70 122L62 130Z",
        ):
            pen.shape(d, rgb_of("2c1408"), shade=None)
            pen.shape(d, rgb_of("ffcc40"), shade=None, opacity=0.25, edge=0)


_FARM = ("Organic", "Farm fresh", "Class I")
FOOD = (
    Spec(
        "apple",
        "food",
        draw_apple,
        ("fruit",),
        (0.5, 2),
        _FARM,
        ("Apple", "Fruit", "Orchard pick"),
        colours=("red", "green", "yellow", "pink", "orange"),
        patterns=("plain", "plain"),
        parts=(("leaf", ""), ("cut", "bite", "", ""), ("three", "", "")),
        foot=56,
    ),
    Spec(
        "banana",
        "food",
        draw_banana,
        ("fruit",),
        (0.5, 3),
        _FARM,
        ("Banana", "Fruit", "Tropical fruit"),
        colours=("yellow", "yellow", "yellow", "green", "green", "red"),
        parts=(("bunch", "peeled", ""), ("brown spots", "")),
        stance="flat",
    ),
    Spec(
        "pear",
        "food",
        draw_pear,
        ("fruit",),
        (0.6, 2.5),
        _FARM,
        ("Pear", "Fruit", "Orchard pick"),
        colours=("green", "yellow", "red", "brown", "orange"),
        parts=(("leaf", ""), ("cut", "", ""), ("three", "", "")),
        foot=58,
    ),
    Spec(
        "bell pepper",
        "food",
        draw_pepper,
        ("vegetable",),
        (0.8, 3),
        _FARM,
        ("Pepper", "Vegetable", "Capsicum"),
        colours=("red", "orange", "yellow", "green", "purple", "white"),
        parts=(("cut", "", ""), ("leaf", "", "")),
        foot=66,
    ),
    Spec(
        "pumpkin",
        "food",
        draw_pumpkin,
        ("vegetable",),
        (3, 12),
        _FARM,
        ("Pumpkin", "Squash", "Vegetable"),
        colours=("orange", "orange", "white", "green", "yellow", "teal", "grey", "beige"),
        parts=(("leaf", ""), ("face", "", "")),
        foot=92,
    ),
)

"""T-shirts, shirts and sweaters, laid flat."""

from retriever.drawn.canvas import Pen
from retriever.drawn.palette import RGB, dark, light
from retriever.drawn.paths import box, heart, polygon, smooth, star
from retriever.drawn.spec import Spec, Visual

_PRINTS = ("plain", "plain", "striped", "polka dot", "checked", "floral", "star", "zigzag")
_PEARL: RGB = (244, 240, 230)


def _sleeves(pen: Pen, parts: tuple[str, ...], drop: float = 0) -> None:
    """Both sleeves; ``drop`` widens them downwards."""
    for side in (-1, 1):

        def at(x: float, y: float, side: int = side) -> tuple[float, float]:
            return 100 + side * x, y

        if "long sleeves" in parts:
            d = polygon(at(42, 30), at(58, 40), at(84, 150 + drop), at(64, 158 + drop), at(42, 84))
        elif "short sleeves" in parts:
            d = polygon(at(42, 30), at(58, 40), at(84, 84), at(62, 98), at(42, 80))
        else:
            continue
        pen.shape(d, shade="side")
        if "striped sleeves" in parts:
            rows = (
                ((64, 12), (86, 12), (108, 12), (130, 12))
                if "long sleeves" in parts
                else ((56, 9), (72, 9))
            )
            for y, tall in rows:
                low, high = 42 + (y - 30) * 0.18, 58 + (y - 40) * 0.236
                if "short sleeves" in parts:
                    low, high = 44 + (y - 46) * 0.3, 58 + (y - 40) * 0.58
                pen.shape(
                    polygon(
                        at(low, y + 4),
                        at(high, y - 4),
                        at(high + 2, y - 4 + tall),
                        at(low + 2, y + 4 + tall),
                    ),
                    pen.accent,
                    shade=None,
                    edge=0,
                )
        if "cuffs" in parts and "long sleeves" in parts:
            pen.shape(
                polygon(at(82, 142), at(84, 152), at(64, 160), at(62, 150)), pen.accent, shade=None
            )


def _torso(pen: Pen, hem: float, flare: float = 0) -> None:
    pen.shape(
        f"M76 22Q100 36 124 22L146 32Q142 84 {144 + flare:.0f} {hem:.0f}Q100 {hem + 7:.0f} {56 - flare:.0f} {hem:.0f}Q58 84 54 32Z",
        shade="soft",
    )
    pen.crease(f"M68 96Q74 130 66 {hem - 6:.0f}M132 96Q127 130 134 {hem - 6:.0f}", 0.18, 2.2)


def draw_tshirt(pen: Pen, visual: Visual) -> None:
    """A T-shirt."""
    parts = visual.parts
    _sleeves(pen, parts)
    _torso(pen, 176)
    if "v-neck" in parts:
        pen.shape("M76 22L100 62L124 22Q100 32 76 22Z", dark(pen.colour, 0.6), shade=None)
    else:
        pen.shape("M76 22Q100 58 124 22Q100 34 76 22Z", dark(pen.colour, 0.55), shade=None)
        pen.raw(
            f'<path d="M76 22Q100 58 124 22" fill="none" stroke="rgb{light(pen.colour, 0.2)}" stroke-width="4"/>'
        )
    if "pocket" in parts:
        pen.shape(
            polygon((110, 76), (136, 76), (136, 100), (123, 107), (110, 100)),
            pen.accent,
            shade=None,
        )
    if "heart print" in parts:
        pen.shape(heart(100, 108, 22), pen.accent, shade=None)
    if "star print" in parts:
        pen.shape(star(100, 108, 30), pen.accent, shade=None)


def draw_shirt(pen: Pen, visual: Visual) -> None:
    """A shirt with a collar and buttons."""
    parts = visual.parts
    _sleeves(pen, parts)
    _torso(pen, 178)
    pen.shape("M78 22L100 40L122 22Q100 28 78 22Z", dark(pen.colour, 0.6), shade=None)
    collar = pen.accent if "contrast collar" in parts else light(pen.colour, 0.16)
    for side in (-1, 1):
        pen.shape(
            polygon((100 + side * 25, 16), (100, 40), (100 + side * 17, 60), (100 + side * 35, 28)),
            collar,
            shade="soft",
        )
    last = 172 if "long sleeves" in parts else 90
    pen.crease(f"M94 44V{last}M106 44V{last}", 0.4)
    for y in range(54, last - 4, 23):
        pen.dot(100, y, 3.4, dark(pen.colour, 0.5))
        pen.dot(100, y, 2.6, _PEARL)
    for x in (68, 132) if "pocket" in parts else ():
        pen.shape(
            polygon((x - 12, 80), (x + 12, 80), (x + 12, 102), (x, 108), (x - 12, 102)), shade="top"
        )
        pen.crease(f"M{x - 12} 87H{x + 12}", 0.6)


def draw_hoodie(pen: Pen, visual: Visual) -> None:
    """A hoodie or a sweater."""
    parts = visual.parts
    _sleeves(pen, parts)
    if "hood" in parts:
        pen.shape(
            smooth([(60, 44), (60, 2), (100, -8), (140, 2), (140, 44), (100, 60)]), shade="soft"
        )
        pen.shape(
            smooth([(74, 36), (74, 10), (100, 4), (126, 10), (126, 36), (100, 54)]),
            dark(pen.colour, 0.6),
            shade=None,
        )
    _torso(pen, 170)
    if "hood" in parts:
        pen.shape(
            "M72 22Q100 66 128 22Q122 44 100 48Q78 44 72 22Z", light(pen.colour, 0.1), shade="soft"
        )
        pen.stroke("M90 46V84M110 46V80", 2.6, _PEARL)
    elif "high collar" in parts:
        pen.shape(box(76, 6, 48, 28, 9), shade="tube")
    else:
        pen.shape("M76 22Q100 52 124 22Q100 34 76 22Z", dark(pen.colour, 0.55), shade=None)
    if "zip" in parts:
        pen.stroke("M100 48V172", 4.4, (190, 194, 200))
        pen.crease("M100 50V170", 0.7, 1)
    if "pocket" in parts:
        pen.shape(
            polygon((74, 120), (126, 120), (138, 154), (62, 154)),
            light(pen.colour, 0.1),
            shade="top",
            edge=1.6,
        )
    pen.shape(box(57, 164, 87, 15, 5), shade="top")


_CLOTH = ("Cotton", "Cotton blend", "Polyester", "Viscose", "Jersey")
_LENGTH = ("long sleeves", "short sleeves")
TOPS = (
    Spec(
        "t-shirt",
        "clothes",
        draw_tshirt,
        ("cotton",),
        (9, 35),
        _CLOTH,
        ("Tee", "T-Shirt", "Top", "Classic tee"),
        patterns=_PRINTS,
        parts=(
            ("short sleeves", "short sleeves", "long sleeves"),
            ("striped sleeves", "", "", ""),
            ("round neck", "v-neck"),
            ("pocket", "heart print", "star print", "", ""),
        ),
        accented=True,
        stance="flat",
    ),
    Spec(
        "shirt",
        "clothes",
        draw_shirt,
        ("cotton", "cotton", "denim"),
        (18, 65),
        _CLOTH,
        ("Shirt", "Button-down", "Top"),
        patterns=_PRINTS,
        parts=(_LENGTH, ("pocket", ""), ("contrast collar", "", "")),
        accented=True,
        stance="flat",
    ),
    Spec(
        "sweater",
        "clothes",
        draw_hoodie,
        ("knitted", "knitted", "cotton"),
        (25, 90),
        ("Wool blend", "Acrylic", "Cotton fleece"),
        ("Sweater", "Jumper", "Pullover", "Knitwear"),
        patterns=("plain", "plain", "plain", "striped", "zigzag", "star"),
        parts=(
            ("long sleeves",),
            ("striped sleeves", "cuffs", ""),
            ("hood", "high collar", "round neck"),
            ("zip", "", ""),
            ("pocket", ""),
        ),
        accented=True,
        stance="flat",
    ),
)

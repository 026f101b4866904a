"""Plush toys: animals with fur, faces and small clothes."""

from retriever.drawn.canvas import Pen
from retriever.drawn.palette import RGB, dark, light, lightness, rgb_of
from retriever.drawn.paths import ellipse, fuzzy, line, polygon, smooth
from retriever.drawn.spec import Spec, Visual

_INK: RGB = (28, 22, 26)


def eyes(pen: Pen, parts: tuple[str, ...], left: float, right: float, y: float) -> None:
    """A pair of eyes in the style that the parts name."""
    for x in (left, right):
        if "big eyes" in parts:
            pen.shape(ellipse(x, y, 13, 14), (252, 252, 250), shade="soft", edge=1.4)
            pen.dot(x + (1.5 if x == left else -1.5), y + 1.5, 8.6, _INK)
            pen.dot(x + 3, y - 3, 3.2, (255, 255, 255))
            pen.dot(x - 3, y + 4.5, 1.4, (255, 255, 255))
        elif "button eyes" in parts:
            pen.shape(ellipse(x, y, 7.2), rgb_of("5a3116"), shade="ball", edge=1.2)
            for dx, dy in ((-2.2, -2.2), (2.2, -2.2), (-2.2, 2.2), (2.2, 2.2)):
                pen.dot(x + dx, y + dy, 1.2, rgb_of("f0d8b0"))
        else:
            if lightness(pen.colour) < 35:
                pen.dot(x, y, 4.6, light(pen.colour, 0.75))
            pen.dot(x, y, 3.3, _INK)
            pen.dot(x + 1, y - 1.1, 1, (255, 255, 255))


def _bow(pen: Pen, x: float, y: float, size: float) -> None:
    for side in (-1, 1):
        wing = smooth(
            [
                (x, y),
                (x + side * size, y - size * 0.8),
                (x + side * size * 1.25, y),
                (x + side * size, y + size * 0.8),
                (x, y),
            ]
        )
        pen.shape(wing, pen.accent, shade="soft", edge=1.2)
    pen.shape(ellipse(x, y, size * 0.26, size * 0.32), dark(pen.accent, 0.12), shade="ball")


def _ears(pen: Pen, kind: str, floppy: bool) -> None:
    inner = light(pen.colour, 0.45) if lightness(pen.colour) < 80 else (246, 190, 196)
    for side in (-1, 1):
        x = 100 + side * 31
        if kind == "bear":
            pen.shape(fuzzy(x, 45, 15, 15, pen.rng), shade="soft")
            pen.shape(ellipse(x, 46, 8), inner, shade="soft", edge=0)
        elif kind == "elephant":
            pen.shape(fuzzy(100 + side * 46, 76, 26, 31, pen.rng), shade="soft")
            pen.shape(ellipse(100 + side * 47, 78, 16, 21), inner, shade="soft", edge=0)
        elif floppy:
            d = smooth(
                [
                    (x - side * 12, 40),
                    (x + side * 10, 38),
                    (x + side * 24, 80),
                    (x + side * 18, 112),
                    (x + side * 2, 104),
                    (x - side * 2, 66),
                ]
            )
            pen.shape(d, shade="side", edge=1.6)
        elif kind == "bunny":
            tip = 100 + side * 27
            pen.shape(fuzzy(tip, 22, 11, 33, pen.rng), shade="soft")
            pen.shape(ellipse(tip, 24, 5.5, 24), inner, shade=None, edge=0)
        elif kind in {"cat", "dog"}:
            pen.shape(
                smooth([(x - side * 20, 58), (x + side * 6, 8), (x + side * 14, 70)])
                if kind == "dog"
                else polygon((x - side * 20, 52), (x + side * 7, 20), (x + side * 11, 66)),
                shade="side",
            )
            pen.shape(
                polygon((x - side * 11, 48), (x + side * 5, 31), (x + side * 7, 58)),
                inner,
                shade=None,
                edge=0,
            )
        else:
            pen.shape(
                smooth(
                    [
                        (x - side * 14, 52),
                        (x - side * 2, 12),
                        (x + side * 12, 14),
                        (x + side * 4, 56),
                    ]
                ),
                rgb_of("f4e6c0"),
                shade="side",
            )


def _face(pen: Pen, visual: Visual) -> None:
    kind, muzzle = visual.kind, light(pen.colour, 0.62)
    nose = _INK if lightness(muzzle) > 40 else light(pen.colour, 0.9)
    eyes(pen, visual.parts, 83, 117, 72)
    if kind in {"bear", "dog", "cat", "bunny"}:
        pen.shape(ellipse(100, 93, 16, 11.5), muzzle, shade="soft", edge=0.5)
        pen.shape(
            smooth([(93, 86), (107, 86), (103, 94), (97, 94)]),
            (214, 96, 112) if kind in {"cat", "bunny"} else nose,
            shade="ball",
            edge=0,
        )
        pen.raw(
            '<path d="M100 92v4q-5 5 -9 1M100 96q5 5 9 1" fill="none" stroke="#2a1d22" stroke-width="1.5" stroke-linecap="round"/>'
        )
    if kind == "cat":
        for side in (-1, 1):
            for dy in (-3, 2):
                pen.crease(
                    line((100 + side * 15, 94 + dy), (100 + side * 36, 92 + dy * 2.4)), 0.7, 1.1
                )
    if kind == "bunny":
        pen.shape("M96.5 100h7v7h-7z", (255, 255, 255), shade=None, edge=0.8)
    if kind == "elephant":
        pen.stroke("M100 86Q99 116 112 120Q122 122 123 112", 13)
    if kind in {"monster", "octopus"}:
        pen.raw(
            '<path d="M84 94Q100 112 116 94Z" fill="#5a1626" stroke="#2a1018" stroke-width="1.4"/>'
        )
    if kind == "monster":
        pen.raw('<path d="M88 95.5l5 .5l-2.6 6zM107 96l5 -.5l-2.4 6z" fill="#fff"/>')


def draw_plush(pen: Pen, visual: Visual) -> None:
    """A sitting animal, seen from the front."""
    kind, rng = visual.kind or "bear", pen.rng
    if kind == "octopus":
        for x, reach in ((30, 150), (56, 164), (86, 170), (114, 170), (144, 164), (170, 150)):
            side = -1 if x < 100 else 1
            root = 100 + (x - 100) * 0.45
            pen.stroke(
                f"M{root:.0f} 112C{root:.0f} 150 {x - side * 14} {reach + 6} {x} {reach}"
                f"q{side * 9} -5 {side * 6} -15",
                16,
            )
        pen.shape(fuzzy(100, 84, 53, 52, rng), shade="ball")
        _face(pen, visual)
        if "bow" in visual.parts:
            _bow(pen, 130, 40, 17)
        return
    for side in (-1, 1):
        pen.shape(fuzzy(100 + side * 39, 131, 13, 23, rng), shade="soft")
    pen.shape(fuzzy(100, 138, 38, 40, rng, 2.2), shade="ball")
    if "light belly" in visual.parts:
        pen.shape(
            ellipse(100, 143, 23, 26),
            light(pen.colour, 0.66),
            shade="soft",
            edge=0,
            material="plush",
        )
    for side in (-1, 1):
        pen.shape(fuzzy(100 + side * 31, 167, 21, 14, rng), shade="soft")
        pen.shape(
            ellipse(100 + side * 34, 168, 10, 7.5), light(pen.colour, 0.5), shade=None, edge=0.4
        )
    floppy = "floppy ears" in visual.parts
    if not floppy:
        _ears(pen, kind, floppy)
    pen.shape(fuzzy(100, 77, 44, 38, rng, 2.2), shade="ball")
    if floppy:
        _ears(pen, kind, floppy)
    _face(pen, visual)
    if "bow" in visual.parts:
        _bow(pen, 100, 117, 17)
    if "scarf" in visual.parts:
        pen.stroke("M68 110Q100 126 132 110", 12, pen.accent)
        pen.shape(polygon((112, 116), (126, 113), (134, 150), (118, 152)), pen.accent, shade="side")


PLUSH = (
    Spec(
        "plush toy",
        "toys",
        draw_plush,
        ("plush", "plush", "plush", "knitted"),
        (9, 28),
        ("Polyester", "Polyester fibre", "PP cotton", "Acrylic"),
        ("Toy", "Soft toy", "Plush", "Stuffed animal", "Polyester toy"),
        patterns=("plain", "plain", "plain", "plain", "striped", "polka dot"),
        parts=(
            ("big eyes", "small eyes", "big eyes", "small eyes", "button eyes"),
            ("bow", "scarf", "", "", ""),
        ),
        kinds=("bear", "bunny", "cat", "dog", "monster", "octopus", "elephant"),
        kind_parts={
            "bunny": (("floppy ears", ""),),
            "dog": (("floppy ears", "floppy ears", ""),),
            "bear": (("light belly", ""),),
            "monster": (("light belly", ""),),
        },
        accented=True,
        foot=58,
    ),
)

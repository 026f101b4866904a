"""Hard toys: robots, cars, blocks, balls, ducks, stacking rings and kites."""

from retriever.drawn.canvas import Pen
from retriever.drawn.palette import RGB, dark, light, rgb_of
from retriever.drawn.paths import box, ellipse, polygon, smooth, star
from retriever.drawn.plush import eyes
from retriever.drawn.spec import Spec, Visual

_STEEL: RGB = (176, 182, 190)
_RUBBER: RGB = (38, 38, 42)


def draw_robot(pen: Pen, visual: Visual) -> None:
    """A square robot with arms, facing the viewer."""
    parts = visual.parts
    if "antenna" in parts:
        pen.stroke("M100 40V14", 3.5, _STEEL)
        pen.shape(ellipse(100, 12, 7), pen.accent, shade="ball", material="plastic")
    if "wheels" in parts:
        for x in (72, 128):
            pen.shape(ellipse(x, 166, 15), _RUBBER, shade="ball")
            pen.shape(ellipse(x, 166, 6), _STEEL, shade="ball")
    else:
        for x in (70, 112):
            pen.shape(box(x, 146, 18, 24, 2), _STEEL, shade="tube")
            pen.shape(box(x - 5, 166, 28, 14, 6), shade="top")
    for side in (-1, 1):
        pen.stroke(f"M{100 + side * 42} 102Q{100 + side * 64} 108 {100 + side * 58} 134", 9, _STEEL)
        pen.shape(ellipse(100 + side * 57, 138, 11), pen.accent, shade="ball", material="plastic")
    pen.shape(box(92, 80, 16, 12), _STEEL, shade="tube")
    pen.shape(box(60, 88, 80, 64, 8))
    pen.shape(box(74, 102, 52, 28, 4), dark(pen.colour, 0.65), shade="top")
    for i in range(3):
        pen.shape(
            ellipse(84 + i * 16, 116, 5),
            (pen.accent, rgb_of("ffd34d"), rgb_of("5fe08a"))[i],
            shade="ball",
        )
    pen.shape(box(62, 36, 76, 48, 10))
    for side in (-1, 1):
        pen.shape(box(100 + side * 42 - 5, 50, 10, 18, 3), _STEEL, shade="tube")
    eyes(pen, parts, 84, 116, 56)
    pen.shape(box(82, 72, 36, 6, 2), dark(pen.colour, 0.7), shade=None)


def draw_car(pen: Pen, visual: Visual) -> None:
    """A chubby car seen from the side."""
    truck = visual.kind == "truck"
    if truck:
        roof = smooth(
            [
                (112, 70),
                (112, 70),
                (160, 68),
                (166, 74),
                (180, 118),
                (180, 118),
                (112, 118),
                (112, 118),
            ]
        )
        pen.shape(roof)
        pen.shape(box(18, 92, 96, 62, 4))
        pen.shape(box(24, 82, 84, 10, 2), pen.accent, shade="top")
        pen.shape(
            smooth(
                [(132, 80), (132, 80), (156, 78), (168, 114), (168, 114), (132, 114), (132, 114)]
            ),
            rgb_of("bfe4f5"),
            shade="glass",
        )
    else:
        pen.shape(smooth([(44, 122), (52, 60), (72, 56), (122, 56), (138, 62), (160, 122)]))
        for d in (
            polygon((64, 104), (69, 74), (95, 72), (95, 104)),
            polygon((103, 104), (103, 72), (126, 74), (141, 104)),
        ):
            pen.shape(d, rgb_of("bfe4f5"), shade="glass", edge=1.4)
    pen.shape(
        smooth(
            [
                (16, 106),
                (24, 100),
                (60, 102),
                (176, 102),
                (188, 116),
                (188, 152),
                (180, 158),
                (20, 158),
                (12, 150),
            ]
        )
        if not truck
        else box(14, 116, 174, 42, 10)
    )
    if "stripe" in visual.parts:
        pen.shape(box(16, 126, 170, 9, 4), pen.accent, shade=None)
    if "star" in visual.parts:
        pen.shape(star(98, 132, 19), pen.accent, shade="soft")
    pen.shape(ellipse(182, 126, 6, 8), rgb_of("fff3c0"), shade="ball")
    pen.crease("M99 106V154", 0.4)
    radius = 25 if "big wheels" in visual.parts else 17
    for x in (54, 148):
        pen.shape(ellipse(x, 180 - radius, radius), _RUBBER, shade="soft")
        pen.shape(
            ellipse(x, 180 - radius, radius * 0.5),
            pen.accent if "big wheels" in visual.parts else _STEEL,
            shade="ball",
        )


def _block(pen: Pen, x: float, y: float, side: float, colour: RGB | None) -> None:
    base = pen.colour if colour is None else colour
    depth = side * 0.3
    pen.shape(box(x, y, side, side, 3), colour, shade="soft", material=pen.material)
    pen.shape(
        polygon(
            (x, y), (x + depth, y - depth * 0.8), (x + side + depth, y - depth * 0.8), (x + side, y)
        ),
        light(base, 0.3),
        shade=None,
        material=pen.material,
    )
    pen.shape(
        polygon(
            (x + side, y),
            (x + side + depth, y - depth * 0.8),
            (x + side + depth, y + side - depth * 0.8),
            (x + side, y + side),
        ),
        dark(base, 0.3),
        shade=None,
        material=pen.material,
    )


def draw_blocks(pen: Pen, visual: Visual) -> None:
    """Cubes in a pile; most of them in the product's own colour."""
    tower = "tower" in visual.parts
    spots = ((66, 126), (72, 74), (69, 22)) if tower else ((22, 126), (96, 126), (58, 72))
    marked = pen.accent
    for i, (x, y) in enumerate(spots):
        _block(pen, x, y, 52, None)
        mark = light(pen.colour, 0.8) if i != 1 else marked
        if "stars" in visual.parts:
            pen.shape(star(x + 26, y + 27, 16), mark, shade=None)
        elif "dots" in visual.parts:
            pen.shape(ellipse(x + 26, y + 26, 12), mark, shade=None)
    if not tower:
        _block(pen, 150, 150, 28, pen.accent)


def draw_ball(pen: Pen, visual: Visual) -> None:
    """A ball: a beach ball with panels, a football or a plain one."""
    pen.shape(ellipse(100, 106, 74), shade=None)
    if visual.kind == "beach ball":
        for d in (
            "M100 32Q40 106 100 180Q76 106 100 32",
            "M100 32Q170 60 172 120Q150 60 100 32",
            "M100 180Q30 160 27 96Q50 150 100 180",
        ):
            pen.shape(d + "Z", pen.accent, shade=None, edge=0)
        pen.shape(ellipse(100, 34, 9, 4), pen.accent, shade=None)
    elif visual.kind == "football":
        pen.shape(
            polygon((100, 80), (124, 98), (115, 126), (85, 126), (76, 98)), pen.accent, shade=None
        )
        for d in ("M100 80V34M124 98L170 84M115 126L144 164M85 126L56 164M76 98L30 84",):
            pen.crease(d, 0.7, 2)
        for d in (
            polygon((78, 34), (122, 34), (112, 50), (88, 50)),
            polygon((172, 88), (174, 120), (160, 106)),
            polygon((28, 88), (26, 120), (40, 106)),
            polygon((128, 174), (152, 158), (146, 176)),
            polygon((72, 174), (48, 158), (54, 176)),
        ):
            pen.shape(d, pen.accent, shade=None)
    elif visual.kind == "basketball":
        pen.crease("M100 32V180M26 106H174M48 54Q92 106 48 158M152 54Q108 106 152 158", 0.9, 3)
    if "face" in visual.parts:
        eyes(pen, ("big eyes",), 78, 122, 92)
        pen.raw('<path d="M76 126Q100 152 124 126Z" fill="#5a1626"/>')
    if "star" in visual.parts:
        pen.shape(star(100, 108, 36), pen.accent, shade=None)
    pen.shape(
        ellipse(100, 106, 74),
        (128, 128, 128),
        shade="ball",
        opacity=0.02,
        edge=0,
        material="plastic",
    )


def draw_duck(pen: Pen, visual: Visual) -> None:
    """A bath duck seen from the side."""
    pen.shape(
        smooth(
            [
                (14, 104),
                (44, 122),
                (96, 108),
                (150, 110),
                (178, 132),
                (160, 180),
                (52, 182),
                (22, 158),
            ]
        ),
        shade="soft",
    )
    pen.shape(
        smooth([(54, 132), (96, 118), (116, 142), (92, 162), (62, 158)]),
        dark(pen.colour, 0.1),
        shade="soft",
        printed=True,
    )
    pen.shape(ellipse(132, 72, 42, 40), shade="ball")
    beak = rgb_of("f2801c") if visual.colour not in {"orange", "red"} else rgb_of("f6cb2c")
    pen.shape(smooth([(164, 70), (194, 76), (196, 86), (166, 94)]), beak, shade="top")
    parts = visual.parts
    if "big eyes" in parts:
        pen.shape(ellipse(146, 62, 13, 15), (252, 252, 250), shade="soft", edge=1.4)
        pen.dot(150, 64, 8, _RUBBER)
        pen.dot(153, 60, 2.8, (255, 255, 255))
    else:
        pen.dot(148, 62, 5, light(pen.colour, 0.8))
        pen.dot(148, 62, 3.8, _RUBBER)
    if "hat" in parts:
        pen.shape(box(112, 2, 40, 34, 3), pen.accent, shade="tube")
        pen.shape(box(98, 32, 66, 7, 3), pen.accent, shade="top")
    if "bow" in parts:
        for side in (-1, 1):
            pen.shape(
                smooth(
                    [
                        (132, 112),
                        (132 + side * 24, 98),
                        (132 + side * 28, 112),
                        (132 + side * 24, 126),
                    ]
                ),
                pen.accent,
                shade="soft",
            )


def draw_rings(pen: Pen, visual: Visual) -> None:
    """Rings of falling width on a rod; the accent colour marks one of them."""
    pen.stroke("M100 170V28", 9, rgb_of("d9b886"))
    pen.shape(box(30, 168, 140, 12, 5), rgb_of("d9b886"), shade="top", material="wood")
    for i, half in enumerate((66, 57, 48, 39)):
        own = i != 2 or "one colour" in visual.parts
        pen.shape(
            box(100 - half, 140 - i * 27, 2 * half, 28, 14),
            None if own else pen.accent,
            shade="soft",
            material=pen.material,
        )
    if "ball on top" in visual.parts:
        pen.shape(ellipse(100, 34, 19), pen.accent, shade="ball", material=pen.material)


TOYS = (
    Spec(
        "toy robot",
        "toys",
        draw_robot,
        ("plastic", "metal"),
        (14, 45),
        ("ABS", "Plastic", "Tin"),
        ("Toy", "Robot", "Action figure", "Mech pal"),
        parts=(("big eyes", "small eyes"), ("antenna", ""), ("wheels", "")),
        accented=True,
        foot=56,
    ),
    Spec(
        "toy car",
        "toys",
        draw_car,
        ("plastic", "wood", "metal"),
        (8, 30),
        ("ABS", "Die cast", "Beech", "Plastic"),
        ("Toy", "Vehicle", "Racer", "Push-along"),
        parts=(("big wheels", "small wheels"), ("stripe", "star", "")),
        kinds=("car", "truck"),
        accented=True,
        foot=92,
    ),
    Spec(
        "building blocks",
        "toys",
        draw_blocks,
        ("wood", "wood", "plastic"),
        (10, 35),
        ("Beech", "Plastic", "Basswood"),
        ("Blocks", "Toy set", "Stack & play"),
        parts=(("stars", "dots", ""), ("tower", "")),
        accented=True,
        foot=86,
    ),
    Spec(
        "ball",
        "toys",
        draw_ball,
        ("plastic", "leather", "plastic"),
        (5, 25),
        ("PVC", "Rubber", "PU"),
        ("Ball", "Kick ball", "Sports ball"),
        patterns=("plain", "plain", "striped", "polka dot", "star"),
        parts=(("", "", "", "face"),),
        kinds=("beach ball", "football", "basketball", "play ball"),
        accented=True,
        foot=52,
    ),
    Spec(
        "rubber duck",
        "toys",
        draw_duck,
        ("plastic",),
        (4, 14),
        ("Vinyl", "PVC", "Natural rubber"),
        ("Bath toy", "Toy", "Tub friend"),
        patterns=("plain", "plain", "polka dot", "star"),
        parts=(("big eyes", "small eyes"), ("hat", "bow", "")),
        accented=True,
        foot=74,
    ),
    Spec(
        "stacking rings",
        "toys",
        draw_rings,
        ("wood", "plastic"),
        (9, 24),
        ("Beech", "Plastic"),
        ("Stacker", "Baby toy", "Toy"),
        patterns=("plain", "plain", "striped", "polka dot"),
        parts=(("ball on top", ""), ("one colour", "")),
        accented=True,
        foot=72,
    ),
)

"""Things to cook with and to eat from."""

from retriever.drawn.canvas import Pen
from retriever.drawn.palette import RGB, dark, light, rgb_of
from retriever.drawn.paths import box, ellipse, heart, polygon, smooth
from retriever.drawn.spec import Spec, Visual

_WOOD: RGB = rgb_of("b98450")
_STEEL: RGB = (180, 185, 192)
_PRINTS = ("plain", "plain", "plain", "striped", "polka dot", "checked", "floral", "star")


def _vessel(
    pen: Pen, top: float, width: float, bottom: float, floor: float = 180, y: float = 60
) -> None:
    """A round body between two widths, with its opening drawn as an ellipse."""
    curve = (floor - y) * 0.45
    pen.shape(
        f"M{100 - width:.0f} {y}C{100 - width:.0f} {y + curve:.0f} {100 - top:.0f} {floor - 14:.0f} {100 - bottom:.0f} {floor - 3:.0f}"
        f"Q100 {floor + 5:.0f} {100 + bottom:.0f} {floor - 3:.0f}C{100 + top:.0f} {floor - 14:.0f} {100 + width:.0f} {y + curve:.0f} {100 + width:.0f} {y}Z",
        shade="tube",
    )


def draw_mug(pen: Pen, visual: Visual) -> None:
    """A cup with handles."""
    parts = visual.parts
    pen.stroke("M146 86C190 78 188 146 142 144", 12)
    if "two handles" in parts:
        pen.stroke("M54 86C10 78 12 146 58 144", 12)
    _vessel(pen, 50, 52, 42, y=56)
    if pen.material == "glass":
        pen.shape(
            "M52 84H148Q146 150 138 168Q100 180 62 168Q54 150 52 84Z",
            rgb_of("7a4522"),
            shade="tube",
            opacity=0.75,
            edge=0,
        )
    pen.shape(
        ellipse(100, 56, 52, 11),
        light(pen.colour, 0.25),
        shade="under",
        opacity=0.5 if pen.material == "glass" else 1,
    )
    if "lid" in parts:
        pen.shape(
            smooth([(46, 56), (56, 36), (144, 36), (154, 56), (100, 68)]),
            pen.accent,
            shade="soft",
            material="ceramic",
        )
        pen.shape(ellipse(100, 34, 10, 8), pen.accent, shade="ball")
    if "heart" in parts:
        pen.shape(heart(98, 118, 19), pen.accent, shade="soft")


def draw_teapot(pen: Pen, visual: Visual) -> None:
    """A round pot with a spout to the left."""
    pen.shape(
        smooth([(60, 98), (42, 104), (26, 70), (6, 66), (18, 60), (40, 66), (58, 128), (76, 150)]),
        shade="side",
    )
    pen.stroke(
        "M150 94C194 78 196 150 148 150"
        if "side handle" in visual.parts
        else "M52 88C50 14 150 14 148 88",
        10,
        None if "side handle" in visual.parts else _WOOD,
    )
    pen.shape(
        smooth(
            [
                (46, 92),
                (62, 74),
                (138, 74),
                (154, 92),
                (164, 130),
                (144, 178),
                (130, 182),
                (70, 182),
                (56, 178),
                (36, 130),
            ]
        ),
        shade="ball",
    )
    pen.shape(ellipse(100, 80, 38, 10), shade="top")
    if "knob lid" in visual.parts:
        pen.shape(ellipse(100, 64, 11, 10), pen.accent, shade="ball", material="ceramic")
    else:
        pen.shape(smooth([(80, 74), (86, 58), (114, 58), (120, 74)]), shade="soft")


def draw_kettle(pen: Pen, visual: Visual) -> None:
    """A conical kettle with a base and a long spout."""
    pen.shape("M68 96Q42 84 30 46L10 46L14 54L20 54Q28 108 62 128Z", shade="side")
    pen.stroke("M132 48C186 40 186 150 146 156", 11, (44, 44, 48))
    pen.shape(
        smooth(
            [(66, 44), (66, 44), (134, 44), (134, 44), (152, 170), (152, 170), (48, 170), (48, 170)]
        ),
        shade="tube",
    )
    if "window" in visual.parts:
        pen.shape(box(86, 84, 20, 66, 8), rgb_of("d8eef7"), shade="glass")
        pen.shape(box(86, 112, 20, 38, 8), rgb_of("6db7e0"), shade=None, opacity=0.8)
    pen.shape(box(44, 168, 112, 12, 5), (44, 44, 48), shade="top")
    pen.shape(
        smooth([(64, 46), (74, 32), (126, 32), (136, 46)]),
        (44, 44, 48) if visual.colour != "black" else _STEEL,
        shade="soft",
    )
    pen.shape(
        ellipse(100, 30, 9, 7),
        pen.accent if "coloured knob" in visual.parts else (60, 60, 64),
        shade="ball",
    )


def draw_pan(pen: Pen, visual: Visual) -> None:
    """A frying pan seen from above, with its handle to the lower right."""
    two = "two handles" in visual.parts
    handle = _WOOD if "wooden handle" in visual.parts else (48, 48, 52)
    if two:
        pen.stroke("M38 66C0 66 0 114 38 114M162 66C200 66 200 114 162 114", 9, handle)
    else:
        pen.stroke("M126 128L186 176", 15, handle)
        pen.dot(181, 171, 3, (235, 235, 235))
    pen.shape(ellipse(90 if not two else 100, 90, 74, 70), shade="side")
    x = 100 if two else 90
    pen.shape(
        ellipse(x, 90, 62, 58),
        dark(pen.colour, 0.25),
        shade="under",
        edge=1.6,
        material="metal" if pen.material == "metal" else None,
    )
    pen.shape(ellipse(x, 92, 56, 52), dark(pen.colour, 0.1), shade="soft", edge=0)
    if "lid" in visual.parts:
        pen.shape(
            ellipse(x, 90, 64, 60), rgb_of("dfeff5"), shade="glass", material="glass", edge=2.4
        )
        pen.shape(ellipse(x, 90, 11), (48, 48, 52), shade="ball")


def draw_pot(pen: Pen, visual: Visual) -> None:
    """A cooking pot."""
    lid = "lid" in visual.parts
    if "long handle" in visual.parts:
        pen.stroke("M150 98L194 90", 11, (48, 48, 52))
    else:
        pen.stroke(
            "M36 96C8 92 8 122 36 120M164 96C192 92 192 122 164 120",
            9,
            (48, 48, 52) if visual.colour != "black" else _STEEL,
        )
    pen.shape("M34 78H166V160Q166 178 146 179Q100 184 54 179Q34 178 34 160Z", shade="tube")
    pen.shape(ellipse(100, 78, 66, 14), dark(pen.colour, 0.45), shade="under")
    if lid:
        pen.shape("M30 78Q34 46 100 44Q166 46 170 78Q136 92 100 92Q64 92 30 78Z", shade="soft")
        pen.shape(box(94, 34, 12, 12, 2), _STEEL, shade="tube")
        pen.shape(
            ellipse(100, 32, 14, 8),
            pen.accent if "coloured knob" in visual.parts else (48, 48, 52),
            shade="ball",
        )


def draw_bowl(pen: Pen, visual: Visual) -> None:
    """A bowl, sometimes with a foot."""
    footed = "foot" in visual.parts
    low = 164 if footed else 178
    if footed:
        pen.shape(polygon((78, 158), (122, 158), (132, 180), (68, 180)), shade="tube")
    pen.shape(f"M18 84C20 138 58 {low} 100 {low}C142 {low} 180 138 182 84Z", shade="side")
    pen.shape(
        ellipse(100, 84, 82, 21), light(pen.colour, 0.2), shade="under", material=pen.material
    )
    if "accent rim" in visual.parts:
        pen.raw(
            f'<path d="{ellipse(100, 84, 82, 21)}" fill="none" stroke="rgb{pen.accent}" stroke-width="6"/>'
        )


def draw_cutting_board(pen: Pen, visual: Visual) -> None:
    """A board leaning against the wall."""
    board = ellipse(100, 112, 66) if "round" in visual.parts else box(44, 50, 112, 130, 12)
    pen.opened("translate(4 1)")
    pen.shape(board, dark(pen.colour, 0.45), shade=None)
    pen.closed()
    hole = 66 if "round" in visual.parts else 64
    if "handle" in visual.parts:
        hole = 22
        pen.shape(box(86, 8, 28, 54, 12), shade="top")
    pen.shape(board, shade="top")
    pen.dot(100, hole, 6, dark(pen.colour, 0.75))
    if "groove" in visual.parts:
        inner = ellipse(100, 118, 44) if "round" in visual.parts else box(56, 80, 88, 90, 8)
        pen.crease(inner, 0.7, 3)
    if "stripe" in visual.parts:
        pen.shape(box(46, 136, 108, 20), pen.accent, shade="side", material="wood")


_TABLE = ("Stoneware", "Porcelain", "Ceramic", "Earthenware")
KITCHEN = (
    Spec(
        "mug",
        "kitchen",
        draw_mug,
        ("ceramic", "ceramic", "metal", "glass"),
        (7, 24),
        _TABLE,
        ("Mug", "Cup", "Mug 12oz", "Coffee mug"),
        patterns=_PRINTS,
        parts=(("one handle", "one handle", "two handles"), ("lid", "heart", "", "")),
        accented=True,
        foot=58,
    ),
    Spec(
        "teapot",
        "kitchen",
        draw_teapot,
        ("ceramic", "ceramic", "metal"),
        (18, 60),
        _TABLE,
        ("Teapot", "Tea pot 1L", "Brew pot"),
        patterns=_PRINTS,
        parts=(("side handle", "top handle"), ("knob lid", "dome lid")),
        accented=True,
        foot=60,
    ),
    Spec(
        "kettle",
        "kitchen",
        draw_kettle,
        ("metal", "plastic"),
        (25, 90),
        ("Stainless steel", "Plastic"),
        ("Kettle", "Kettle 1.7L", "Electric kettle"),
        parts=(("window", ""), ("coloured knob", "")),
        accented=True,
        foot=64,
    ),
    Spec(
        "frying pan",
        "kitchen",
        draw_pan,
        ("metal",),
        (15, 70),
        ("Aluminium", "Cast iron", "Carbon steel"),
        ("Pan", "Skillet", "Fry pan 26cm"),
        parts=(("wooden handle", "black handle", "two handles"), ("lid", "", "")),
        stance="flat",
    ),
    Spec(
        "cooking pot",
        "kitchen",
        draw_pot,
        ("metal", "metal", "ceramic"),
        (25, 120),
        ("Enamel", "Stainless steel", "Cast iron"),
        ("Pot", "Casserole", "Stockpot 4L"),
        patterns=("plain", "plain", "plain", "floral", "polka dot"),
        parts=(("lid", "lid", ""), ("long handle", "side handles"), ("coloured knob", "")),
        accented=True,
        foot=74,
    ),
    Spec(
        "bowl",
        "kitchen",
        draw_bowl,
        ("ceramic", "ceramic", "wood", "glass", "metal"),
        (6, 35),
        _TABLE,
        ("Bowl", "Serving bowl", "Cereal bowl"),
        patterns=_PRINTS,
        parts=(("foot", ""), ("accent rim", "", "")),
        accented=True,
        foot=54,
    ),
    Spec(
        "cutting board",
        "kitchen",
        draw_cutting_board,
        ("wood", "wood", "plastic"),
        (9, 45),
        ("Acacia", "Bamboo", "PE"),
        ("Board", "Chopping board", "Serving board"),
        colours=(
            "brown",
            "beige",
            "red",
            "green",
            "blue",
            "grey",
            "black",
            "white",
            "orange",
            "yellow",
        ),
        parts=(("round", "square"), ("handle", ""), ("groove", "stripe", "")),
        accented=True,
        foot=62,
    ),
)

"""Lamps, things for the home, accessories and food."""

from retriever.drawn.canvas import Pen
from retriever.drawn.palette import RGB, dark, light, rgb_of
from retriever.drawn.paths import box, ellipse, line, polygon, smooth
from retriever.drawn.spec import Spec, Visual

_BRASS: RGB = rgb_of("d2a545")
_LEAF: RGB = rgb_of("3f9a46")
_GLOW: RGB = rgb_of("fff2c4")


def _bulb(pen: Pen, x: float, y: float, parts: tuple[str, ...]) -> None:
    """The light of a lamp that is switched on."""
    if "lit" in parts:
        pen.raw(
            f'<path d="{ellipse(x, y, 40, 30)}" fill="#fff3c0" fill-opacity=".28"/><path d="{ellipse(x, y, 24, 19)}" fill="#fff3c0" fill-opacity=".4"/>'
        )
    pen.shape(ellipse(x, y, 10), _GLOW if "lit" in parts else (228, 228, 224), shade="soft")


def _lamp_shade(pen: Pen, parts: tuple[str, ...], y: float, tall: float, half: float) -> None:
    _bulb(pen, 100, y + tall, parts)
    if "dome shade" in parts:
        d = f"M{100 - half} {y + tall}C{100 - half} {y - tall * 0.2:.0f} {100 + half} {y - tall * 0.2:.0f} {100 + half} {y + tall}Z"
    elif "drum shade" in parts:
        d = box(100 - half * 0.88, y, half * 1.76, tall, 3)
    else:
        d = polygon(
            (100 - half * 0.45, y),
            (100 + half * 0.45, y),
            (100 + half, y + tall),
            (100 - half, y + tall),
        )
    pen.shape(d, shade="tube")
    if "tassels" in parts:
        for i in range(9):
            across = 100 - half * 0.86 + i * half * 0.215
            pen.stroke(f"M{across:.1f} {y + tall}v11", 2.6, pen.accent, lit=False)


def draw_table_lamp(pen: Pen, visual: Visual) -> None:
    """A lamp for a table: the shade has the product's colour."""
    base = pen.accent if "coloured base" in visual.parts else _BRASS
    pen.stroke("M100 150V90", 6, base)
    if "round base" in visual.parts:
        pen.shape(ellipse(100, 144, 29, 30), base, shade="ball", material="ceramic")
    pen.shape(box(66, 171, 68, 9, 4), base, shade="tube")
    _lamp_shade(pen, visual.parts, 24, 70, 64)


def draw_floor_lamp(pen: Pen, visual: Visual) -> None:
    """A tall lamp."""
    if "tripod" in visual.parts:
        for x in (64, 100, 136):
            pen.stroke(f"M100 76L{x} 178", 5, rgb_of("b07a45"))
    else:
        pen.stroke("M100 66V174", 5, _BRASS)
        pen.shape(ellipse(100, 175, 32, 5), _BRASS, shade="side")
    _lamp_shade(pen, visual.parts, 4, 48, 44)


def draw_pendant(pen: Pen, visual: Visual) -> None:
    """A lamp that hangs from the ceiling."""
    pen.raw('<path d="M100 -80V62" stroke="#3a3a3e" stroke-width="2.6"/>')
    if visual.kind == "globe":
        pen.shape(box(88, 48, 24, 18, 4), _BRASS, shade="tube")
        pen.shape(ellipse(100, 120, 60), shade="ball")
        if "lit" in visual.parts:
            for radius in (50, 42, 34, 26, 18):
                halo = ellipse(100, 124, radius)
                pen.raw(f'<path d="{halo}" fill="#fff6d0" fill-opacity=".17"/>')
    else:
        _lamp_shade(pen, visual.parts, 60, 78, 80)
        pen.shape(box(90, 50, 20, 15, 4), _BRASS, shade="tube")


def draw_umbrella(pen: Pen, visual: Visual) -> None:
    """An open umbrella."""
    handle = rgb_of("8a5a34") if "curved handle" in visual.parts else (52, 52, 58)
    d = (
        "M100 60V166Q100 184 114 182Q126 180 124 166"
        if "curved handle" in visual.parts
        else "M100 60V178"
    )
    pen.stroke(d, 6, handle)
    pen.stroke("M100 28V10", 4, handle)
    edge = "".join("q14 -20 29 0" for _ in range(6))
    pen.shape(
        f"M13 106C20 -4 180 -4 187 106{''.join('q-14.5 -18 -29 0' for _ in range(6))}Z",
        shade="soft",
    )
    pen.crease(
        "M100 24Q72 60 71 106M100 24Q128 60 129 106M100 24Q44 50 42 106M100 24Q156 50 158 106", 0.45
    )
    if "frill" in visual.parts:
        pen.raw(
            f'<path d="M13 106{edge}" fill="none" stroke="rgb{pen.accent}" stroke-width="7" stroke-linecap="round"/>'
        )


def draw_clock(pen: Pen, visual: Visual) -> None:
    """A wall clock; its frame and face carry the colour."""
    parts = visual.parts
    if "bells" in parts:
        for side in (-1, 1):
            pen.shape(ellipse(100 + side * 40, 26, 22, 15), _BRASS, shade="ball", material="metal")
            pen.stroke(f"M{100 + side * 44} 160L{100 + side * 56} 182", 8, _BRASS)
    square = "square frame" in parts
    pen.shape(box(24, 28, 152, 152, 16) if square else ellipse(100, 104, 78), shade="side")
    white = "white face" in parts
    face = (250, 248, 242) if white else light(pen.colour, 0.18)
    if white and visual.colour == "white":
        face = (226, 232, 236)
    pen.shape(ellipse(100, 104, 54 if white else 66), face, shade="soft", edge=1.6)
    ink = (38, 38, 44) if white or sum(pen.colour) > 380 else (250, 250, 246)
    for i in range(12):
        mark = box(98.2, 56 if white else 44, 3.6, 11 if i % 3 == 0 else 6)
        pen.raw(f'<path d="{mark}" fill="rgb{ink}" transform="rotate({i * 30} 100 104)"/>')
    hour, minute = pen.rng.randrange(0, 360, 15), pen.rng.randrange(0, 360, 30)
    for turn, reach, width in ((hour, 27, 6), (minute, 42, 4)):
        pen.raw(
            f'<path d="M100 110V{104 - reach}" stroke="rgb{ink}" stroke-width="{width}" stroke-linecap="round" transform="rotate({turn} 100 104)"/>'
        )
    pen.dot(100, 104, 5, pen.accent)


def draw_vase(pen: Pen, visual: Visual) -> None:
    """A vase, sometimes with flowers."""
    parts = visual.parts
    if "flowers" in parts:
        for x, y in ((72, 26), (100, 12), (128, 28)):
            pen.stroke(f"M100 84Q{x} 60 {x} {y + 8}", 3, _LEAF, lit=False)
            for dx, dy in ((0, -9), (9, -3), (5, 7), (-5, 7), (-9, -3)):
                pen.shape(ellipse(x + dx, y + dy, 7.5), pen.accent, shade="soft", edge=0.5)
            pen.dot(x, y, 4.5, rgb_of("f6d24a"))
        pen.shape(smooth([(92, 74), (60, 58), (52, 44), (84, 56)]), _LEAF, shade="soft")
    if visual.kind == "slim":
        points = [(118, 68), (112, 84), (112, 104), (128, 140), (124, 182)]
    elif visual.kind == "round":
        points = [(120, 68), (116, 88), (158, 110), (156, 160), (120, 184)]
    else:
        points = [(128, 68), (128, 68), (120, 96), (152, 112), (140, 160), (122, 182), (122, 182)]
    if "two handles" in parts:
        pen.stroke("M84 84C44 80 44 122 64 124M116 84C156 80 156 122 136 124", 7)
    pen.shape(smooth([*points, *((200 - x, y) for x, y in reversed(points))]), shade="tube")
    pen.shape(
        ellipse(100, 71, 18 if visual.kind == "slim" else 21, 5), dark(pen.colour, 0.5), shade=None
    )


def draw_plant_pot(pen: Pen, visual: Visual) -> None:
    """A pot with a plant in it."""
    rng = pen.rng
    if visual.kind == "cactus":
        pen.shape(box(78, 28, 44, 84, 22), _LEAF, shade="tube")
        pen.stroke("M78 86H60Q52 86 52 66M122 74H138Q148 74 148 54", 15, _LEAF)
        pen.raw(
            '<path d="M88 40V100M100 36V100M112 40V100" stroke="#e8f6d8" stroke-width="1.6" stroke-dasharray="2 6"/>'
        )
    else:
        for turn in (-62, -38, -16, 8, 30, 56):
            tone = light(_LEAF, rng.uniform(0, 0.25)) if turn % 4 else dark(_LEAF, 0.15)
            pen.opened(f"rotate({turn + rng.uniform(-5, 5):.1f} 100 108)")
            pen.shape(smooth([(100, 112), (84, 62), (100, 14), (116, 62)]), tone, shade="side")
            pen.crease(line((100, 104), (100, 36)), 0.3)
            pen.closed()
    low = 168 if "saucer" in visual.parts or "feet" in visual.parts else 180
    if "feet" in visual.parts:
        for x in (70, 130):
            pen.stroke(f"M{x} 160L{x + (x - 100) * 0.2:.0f} 178", 8, rgb_of("b07a45"))
    pen.shape(polygon((50, 104), (150, 104), (136, low), (64, low)), shade="tube")
    if "rim" in visual.parts:
        pen.shape(box(44, 96, 112, 20, 4), shade="tube")
    if "saucer" in visual.parts:
        pen.shape(box(46, 166, 108, 14, 6), pen.accent, shade="tube")
    if "face" in visual.parts:
        for x in (84, 116):
            pen.dot(x, 136, 4.6, light(pen.colour, 0.85))
            pen.dot(x, 136, 3.4, (34, 28, 30))
        pen.raw(
            '<path d="M92 144Q100 153 108 144" fill="none" stroke="#22181a" stroke-width="2.6" stroke-linecap="round"/>'
        )


def draw_cupcake(pen: Pen, visual: Visual) -> None:
    """A cupcake: the frosting has the product's colour."""
    parts = visual.parts
    wrapper = pen.accent if "coloured wrapper" in parts else rgb_of("d9a866")
    pen.shape(polygon((46, 106), (154, 106), (136, 180), (64, 180)), wrapper, shade="tube")
    for i in range(-4, 5):
        pen.raw(
            f'<path d="M{100 + i * 12} 108L{100 + i * 8.4:.1f} 179" stroke="rgb{dark(wrapper, 0.4)}" stroke-opacity=".5" stroke-width="2"/>'
        )
    for y, half in ((100, 64), (76, 50), (54, 34)):
        pen.shape(box(100 - half, y - 18, 2 * half, 34, 17), shade="ball", material="plastic")
    pen.shape(smooth([(78, 50), (100, 16), (122, 50), (100, 58)]), shade="ball")
    if "sprinkles" in parts:
        for _ in range(26):
            left, down = pen.rng.uniform(50, 150), pen.rng.uniform(48, 110)
            if abs(left - 100) < 16 + (down - 40) * 0.6:
                tone = pen.rng.choice(
                    (pen.accent, (255, 255, 255), rgb_of("f6cb2c"), rgb_of("3fb6e0"))
                )
                slant = pen.rng.uniform(-5, 5)
                pen.stroke(f"M{left:.1f} {down:.1f}l{slant:.1f} 4", 3, tone, lit=False)
    if "cherry" in parts:
        pen.stroke("M102 22Q108 4 122 2", 2.4, rgb_of("5a7a2a"), lit=False)
        pen.shape(ellipse(100, 26, 14), rgb_of("cc1f2f"), shade="ball", material="plastic")
    if "candle" in parts:
        pen.shape(box(95, -12, 10, 40, 2), light(pen.accent, 0.2), shade="tube")
        pen.raw(
            '<path d="M100 -38C108 -26 106 -15 100 -14C94 -15 92 -26 100 -38Z" fill="#ffb52e"/>'
        )


_LAMP = ("Metal", "Fabric", "Linen", "Iron")
_SHADES = (("dome shade", "drum shade", "cone shade"), ("lit", "lit", ""), ("tassels", "", ""))
_PRINTS = ("plain", "plain", "plain", "striped", "polka dot", "checked", "floral")
LIGHTING = (
    Spec(
        "table lamp",
        "lighting",
        draw_table_lamp,
        ("cotton", "metal", "rattan", "glass"),
        (20, 110),
        _LAMP,
        ("Lamp", "Desk light", "Table lamp"),
        patterns=_PRINTS,
        parts=(*_SHADES, ("round base", "thin base"), ("coloured base", "")),
        accented=True,
        foot=46,
    ),
    Spec(
        "floor lamp",
        "lighting",
        draw_floor_lamp,
        ("cotton", "metal", "rattan"),
        (50, 220),
        _LAMP,
        ("Lamp", "Standing lamp", "Light"),
        patterns=_PRINTS,
        parts=(*_SHADES, ("tripod", "one leg")),
        accented=True,
        foot=46,
    ),
    Spec(
        "pendant lamp",
        "lighting",
        draw_pendant,
        ("metal", "rattan", "glass", "plastic"),
        (30, 160),
        _LAMP,
        ("Lamp", "Ceiling light", "Pendant"),
        parts=(("dome shade", "cone shade"), ("lit", "")),
        kinds=("shade", "shade", "globe"),
        stance="hang",
    ),
)
HOME = (
    Spec(
        "umbrella",
        "accessories",
        draw_umbrella,
        ("nylon",),
        (12, 45),
        ("Pongee", "Polyester", "Nylon"),
        ("Umbrella", "Rain cover", "Brolly"),
        patterns=("plain", "plain", "striped", "polka dot", "checked", "floral", "star"),
        parts=(("curved handle", "straight handle"), ("frill", "", "")),
        accented=True,
        stance="air",
    ),
    Spec(
        "clock",
        "home",
        draw_clock,
        ("plastic", "wood", "metal"),
        (15, 80),
        ("ABS", "MDF", "Metal"),
        ("Clock", "Wall clock", "Timepiece"),
        parts=(
            ("white face", "white face", "matching face"),
            ("square frame", "round frame"),
            ("bells", "", ""),
        ),
        accented=True,
        stance="flat",
    ),
    Spec(
        "vase",
        "home",
        draw_vase,
        ("ceramic", "ceramic", "glass", "metal", "rattan"),
        (12, 75),
        ("Ceramic", "Glass", "Stoneware"),
        ("Vase", "Decor vase", "Vessel"),
        patterns=("plain", "plain", "striped", "polka dot", "floral", "zigzag"),
        parts=(("flowers", ""), ("two handles", "", "")),
        kinds=("slim", "round", "classic"),
        accented=True,
        foot=42,
    ),
    Spec(
        "plant pot",
        "home",
        draw_plant_pot,
        ("ceramic", "ceramic", "plastic", "rattan", "metal"),
        (8, 50),
        ("Terracotta", "Ceramic", "Plastic"),
        ("Planter", "Pot", "Plant holder"),
        patterns=("plain", "plain", "striped", "polka dot", "floral", "zigzag"),
        parts=(("rim", ""), ("saucer", "feet", ""), ("face", "", "")),
        kinds=("leafy", "cactus"),
        accented=True,
        foot=52,
    ),
    Spec(
        "cupcake",
        "food",
        draw_cupcake,
        ("frosting",),
        (2, 6),
        ("Buttercream", "Sponge"),
        ("Cupcake", "Bakery treat", "Muffin deluxe"),
        parts=(("sprinkles", ""), ("cherry", "candle", ""), ("coloured wrapper", "")),
        accented=True,
        foot=50,
    ),
)

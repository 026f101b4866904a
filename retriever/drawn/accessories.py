"""Hats, scarves, watches and sunglasses."""

from retriever.drawn.canvas import Pen
from retriever.drawn.palette import RGB, dark, light, rgb_of
from retriever.drawn.paths import box, ellipse, polygon, smooth, star
from retriever.drawn.spec import Spec, Visual

_GOLD: RGB = rgb_of("e0b84c")
_STEEL: RGB = (190, 195, 202)


def draw_hat(pen: Pen, visual: Visual) -> None:
    """A cap, a beanie or a hat with a brim."""
    parts = visual.parts
    if visual.kind == "cap":
        pen.shape("M34 140C30 60 70 40 106 42C150 46 166 90 164 140Z", shade="ball")
        pen.shape(
            "M92 138C130 122 172 128 196 152Q160 166 92 150Z",
            pen.accent if "coloured brim" in parts else dark(pen.colour, 0.18),
            shade="top",
        )
        pen.crease("M104 44Q92 90 92 138M104 44Q60 70 52 138", 0.4)
        pen.shape(ellipse(105, 42, 7, 4), dark(pen.colour, 0.2), shade="ball")
    elif visual.kind == "beanie":
        pen.shape("M36 140C30 66 66 36 100 36C134 36 170 66 164 140Z", shade="ball")
        pen.shape(
            box(30, 132, 140, 36, 10),
            pen.accent if "coloured cuff" in parts else light(pen.colour, 0.12),
            shade="tube",
            material=pen.material,
        )
        pen.crease("".join(f"M{x} 136v28" for x in range(40, 166, 9)), 0.4)
    else:
        pen.shape(ellipse(100, 150, 92, 24), shade="top")
        pen.shape(
            "M48 148C50 70 64 52 86 54Q100 60 114 54C136 52 150 70 152 148Q100 166 48 148Z",
            shade="soft",
        )
        pen.shape(
            "M48 128Q100 148 152 128L153 148Q100 168 47 148Z",
            pen.accent if "coloured band" in parts else dark(pen.colour, 0.5),
            shade="side",
        )
    if "pompom" in parts:
        for dx, dy, r in ((-9, 4, 14), (9, 4, 14), (0, -8, 15), (0, 6, 13)):
            pen.shape(
                ellipse(101 + dx, 30 + dy, r), pen.accent, shade="soft", edge=0.4, material="plush"
            )
    if "star" in parts:
        pen.shape(star(76, 104, 19), pen.accent, shade=None)


def draw_scarf(pen: Pen, visual: Visual) -> None:
    """A scarf looped once, with two ends."""
    parts = visual.parts
    for x, low, lean in ((72, 178, 0.09), (124, 166, -0.12)):

        def end(top: float, tall: float, x: float = x, lean: float = lean) -> str:
            """A stretch of the hanging end: slanted by hand, because turned tiles are slow."""
            upper, lower = x - lean * (70 - top), x - lean * (70 - top - tall)
            return polygon(
                (upper - 23, top),
                (upper + 23, top),
                (lower + 23, top + tall),
                (lower - 23, top + tall),
            )

        if "tassels" in parts:
            fringe = pen.accent if "striped ends" in parts else dark(pen.colour, 0.1)
            for i in range(6):
                start = x + lean * (low - 70) - 19 + i * 7.6
                pen.stroke(f"M{start:.1f} {low - 4}v18", 4, fringe, lit=False)
        pen.shape(end(64, low - 64), shade="tube")
        if "striped ends" in parts:
            for i in range(2):
                pen.shape(end(low - 22 - i * 22, 11), pen.accent, shade=None, edge=0)
    pen.shape(
        smooth([(30, 52), (60, 18), (140, 18), (170, 52), (158, 92), (100, 108), (42, 92)]),
        shade="soft",
    )
    pen.shape(
        smooth([(58, 44), (78, 30), (122, 30), (142, 44), (124, 58), (76, 58)]),
        dark(pen.colour, 0.55),
        shade="under",
    )
    pen.crease("M44 74Q100 100 156 74M50 60Q100 86 150 60", 0.35, 2)


def draw_watch(pen: Pen, visual: Visual) -> None:
    """A wristwatch from above; strap and case carry the colour."""
    parts = visual.parts
    pen.shape(polygon((78, 70), (84, -4), (116, -4), (122, 70)), shade="tube")
    pen.shape(polygon((78, 130), (84, 204), (116, 204), (122, 130)), shade="tube")
    pen.seam("M84 60L88 4M116 60L112 4M84 140L88 196M116 140L112 196")
    if pen.material == "metal":
        pen.crease("".join(f"M82 {y}h36" for y in (10, 24, 38, 52, 148, 162, 176, 190)), 0.7, 2)
    else:
        for y in (158, 170, 182):
            pen.dot(100, y, 2.4, dark(pen.colour, 0.75))
    case = _GOLD if "gold case" in parts else _STEEL
    square = "square face" in parts
    pen.shape(box(148, 94, 9, 12, 3), case, shade="top")
    pen.shape(
        box(50, 52, 100, 96, 18) if square else ellipse(100, 100, 52),
        case,
        shade="side",
        material="metal",
    )
    face = (30, 30, 36) if "dark face" in parts else (250, 249, 244)
    ink = (240, 240, 236) if "dark face" in parts else (36, 36, 42)
    pen.shape(box(60, 62, 80, 76, 10) if square else ellipse(100, 100, 42), face, shade="soft")
    for i in range(12):
        pen.raw(
            f'<path d="{box(98.6, 66, 2.8, 9 if i % 3 == 0 else 5)}" fill="rgb{ink}" transform="rotate({i * 30} 100 100)"/>'
        )
    for turn, reach, width in (
        (pen.rng.randrange(0, 360, 15), 20, 4.6),
        (pen.rng.randrange(0, 360, 30), 30, 3),
    ):
        pen.raw(
            f'<path d="M100 104V{100 - reach}" stroke="rgb{ink}" stroke-width="{width}" stroke-linecap="round" transform="rotate({turn} 100 100)"/>'
        )
    pen.dot(100, 100, 3.4, pen.colour)


def draw_sunglasses(pen: Pen, visual: Visual) -> None:
    """Sunglasses from the front."""
    parts = visual.parts
    lens = pen.accent if "coloured lenses" in parts else (44, 44, 50)
    for side in (-1, 1):
        x = 100 + side * 46
        pen.stroke(f"M{100 + side * 84} 92L{100 + side * 90} 74", 7)
        if "heart frame" in parts:
            outer = f"M{x} 150C{x - 66} 108 {x - 36} 56 {x} 88C{x + 36} 56 {x + 66} 108 {x} 150Z"
            inner = f"M{x} 138C{x - 48} 106 {x - 30} 74 {x} 99C{x + 30} 74 {x + 48} 106 {x} 138Z"
        elif "round frame" in parts:
            outer, inner = ellipse(x, 108, 42), ellipse(x, 108, 32)
        elif "cat-eye frame" in parts:
            outer = smooth(
                [
                    (x - side * 42, 82),
                    (x + side * 54, 58),
                    (x + side * 46, 120),
                    (x, 152),
                    (x - side * 42, 126),
                ]
            )
            inner = smooth(
                [
                    (x - side * 30, 90),
                    (x + side * 36, 78),
                    (x + side * 32, 116),
                    (x, 138),
                    (x - side * 30, 120),
                ]
            )
        else:
            outer, inner = box(x - 42, 76, 84, 64, 16), box(x - 33, 85, 66, 46, 11)
        pen.shape(outer, shade="soft", edge=1.4)
        pen.shape(inner, lens, shade="top", opacity=0.94)
        pen.raw(
            f'<path d="M{x - 20} 120L{x - 2} 92M{x - 10} 122L{x + 4} 100" stroke="#fff" stroke-opacity=".55" stroke-width="4" stroke-linecap="round"/>'
        )
    pen.stroke("M88 98Q100 88 112 98", 8)


ACCESSORIES = (
    Spec(
        "hat",
        "accessories",
        draw_hat,
        ("cotton", "knitted", "denim", "leather"),
        (10, 45),
        ("Cotton", "Acrylic", "Wool felt"),
        ("Hat", "Topper", "Headwear"),
        patterns=("plain", "plain", "plain", "striped", "checked", "polka dot"),
        kinds=("cap", "beanie", "brimmed hat"),
        kind_parts={
            "beanie": (("pompom", "pompom", ""), ("coloured cuff", "")),
            "brimmed hat": (("coloured band", ""),),
            "cap": (("star", "", ""), ("coloured brim", "")),
        },
        accented=True,
        stance="flat",
    ),
    Spec(
        "scarf",
        "accessories",
        draw_scarf,
        ("knitted", "knitted", "cotton"),
        (10, 40),
        ("Acrylic", "Wool blend", "Viscose"),
        ("Scarf", "Shawl", "Neck warmer"),
        patterns=("plain", "plain", "striped", "checked", "polka dot", "zigzag", "floral"),
        parts=(("tassels", "tassels", ""), ("striped ends", "", "")),
        accented=True,
        stance="flat",
    ),
    Spec(
        "watch",
        "accessories",
        draw_watch,
        ("leather", "metal", "plastic"),
        (25, 240),
        ("Leather", "Steel", "Silicone"),
        ("Watch", "Quartz", "Timepiece"),
        parts=(
            ("square face", "round face"),
            ("dark face", "light face"),
            ("gold case", "silver case"),
        ),
        stance="flat",
    ),
    Spec(
        "sunglasses",
        "accessories",
        draw_sunglasses,
        ("plastic", "plastic", "metal"),
        (9, 90),
        ("Acetate", "Polycarbonate", "Metal"),
        ("Sunglasses", "Shades", "Eyewear"),
        patterns=("plain", "plain", "plain", "polka dot"),
        parts=(
            ("heart frame", "round frame", "cat-eye frame", "square frame"),
            ("coloured lenses", "dark lenses"),
        ),
        accented=True,
        stance="flat",
    ),
)

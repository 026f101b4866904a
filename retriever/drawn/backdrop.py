"""What is behind and under a product: walls, floors and a few props."""

from random import Random
from typing import Final

from retriever.drawn.palette import RGB, dark, distance, hex_of, light, lightness, rgb_of
from retriever.drawn.paths import box, ellipse

_WALLS: Final = tuple(
    rgb_of(text)
    for text in [
        "f3efe6",
        "e9ecef",
        "dfe9f3",
        "dcefe6",
        "f7e3e0",
        "efe3cf",
        "e6e0f2",
        "d4e6ea",
        "c7d7c0",
        "e8c9b4",
        "b9cbe0",
        "a9bfb0",
        "d8b4a0",
        "8fa6bd",
        "6f8f8a",
        "c9a9c0",
        "f5dfa8",
        "b8d8d8",
        "54657a",
        "3c4654",
        "7c6a72",
        "5c7263",
        "a7776a",
        "e2d7d0",
        "f0f0ee",
    ]
)


def shadow(cx: float, cy: float, rx: float, ry: float, opacity: float) -> str:
    """A contact shadow that fades towards its edge; needs the defs of a `Backdrop`."""
    return f'<path d="{ellipse(cx, cy, rx, ry)}" fill="url(#shadow)" fill-opacity="{opacity:g}"/>'


def _shaded(wall: RGB) -> RGB:
    """The wall away from the light; a pale wall stays pale, or it would turn grey."""
    return dark(wall, 0.12 if lightness(wall) > 75 else 0.25)


class Backdrop:
    """One background, chosen so that it keeps away from the given colours."""

    def __init__(self, product: RGB, accent: RGB | None, rng: Random) -> None:
        def clear(wall: RGB) -> float:
            tones = (light(wall, 0.28), wall, _shaded(wall))
            near = min(distance(product, tone) for tone in tones)
            return near if accent is None else min(near, 1.6 * distance(accent, wall))

        ranked = sorted(_WALLS, key=clear, reverse=True)
        enough = [wall for wall in ranked if clear(wall) >= 26] or ranked[:3]
        self._wall = rng.choice(enough)
        floors = [
            tone
            for tone in (
                light(self._wall, 0.3),
                dark(self._wall, 0.16),
                rgb_of("c9a67c"),
                rgb_of("d9d4cc"),
            )
            if distance(tone, product) >= 30
        ]
        self._floor = rng.choice(floors) if floors else self._wall
        self._rng = rng

    def behind(self, stance: str, middle: float) -> str:
        """The SVG of the whole frame (200 x 200) for a product whose middle is at x = ``middle``."""
        rng = self._rng
        wall, floor = hex_of(self._wall), hex_of(self._floor)
        glow, deep = hex_of(light(self._wall, 0.28)), hex_of(_shaded(self._wall))
        # Slanted light is rarer: rows of one colour are much quicker to write as PNG.
        lean = rng.uniform(-0.6, 0.6) if rng.random() < 0.3 else 0.0
        middle_stop = rng.uniform(0.35, 0.65)
        defs = (
            f'<linearGradient id="wall" x1="{0.5 - lean:.2f}" y1="0" x2="{0.5 + lean:.2f}" y2="1">'
            f'<stop offset="0" stop-color="{deep}"/><stop offset="{middle_stop / 2:.2f}" '
            f'stop-color="{wall}"/><stop offset="{middle_stop:.2f}" stop-color="{glow}"/>'
            f'<stop offset="1" stop-color="{deep}"/></linearGradient>'
            f'<linearGradient id="floor" x1="0" y1="0" x2="0" y2="1"><stop offset="0" '
            f'stop-color="{hex_of(dark(self._floor, 0.2))}"/><stop offset=".5" '
            f'stop-color="{floor}"/><stop offset="1" '
            f'stop-color="{hex_of(light(self._floor, 0.25))}"/></linearGradient>'
            '<radialGradient id="shadow"><stop offset="0" stop-opacity=".9"/><stop offset=".55" '
            'stop-opacity=".55"/><stop offset="1" stop-opacity="0"/></radialGradient>'
        )
        out = [
            f"<defs>{defs}</defs>",
            '<rect width="200" height="200" fill="url(#wall)"/>',
        ]
        if stance != "floor":
            out.append(self._surface())
            return "".join(out)
        style = rng.choice(("sweep", "two tone", "two tone", "planks", "podium", "arch", "window"))
        edge = rng.uniform(122, 142)
        if style == "sweep":
            out.append(
                f'<path d="M0 {edge}Q100 {edge + 12} 200 {edge}V200H0Z" fill="url(#floor)" fill-opacity=".55"/>'
            )
        else:
            out.append(f'<path d="M0 {edge:.0f}H200V200H0Z" fill="url(#floor)"/>')
        if style == "planks":
            tone = hex_of(dark(self._floor, 0.4))
            lines = "".join(f"M{100 + i * 22} {edge:.0f}L{100 + i * 58} 200" for i in range(-5, 6))
            out.append(
                f'<path d="{lines}" stroke="{tone}" stroke-opacity=".35" stroke-width="1.2"/>'
            )
        if style == "arch":
            out.append(
                f'<path d="M{middle - 66:.0f} {edge:.0f}V70a66 62 0 0 1 132 0V{edge:.0f}Z" fill="{deep}" fill-opacity=".5"/>'
            )
        if style == "window":
            out.append(
                f'<path d="M20 0L90 0L150 {edge:.0f}L60 {edge:.0f}ZM104 0L140 0L210 {edge:.0f}L168 {edge:.0f}Z" fill="#fff" fill-opacity=".2"/>'
            )
        if style == "podium":
            out.append(self._podium(middle))
        elif rng.random() < 0.3:
            out.append(self._plant(rng.choice((14, 186)), edge))
        return "".join(out)

    def _podium(self, middle: float) -> str:
        top, side = hex_of(light(self._floor, 0.45)), hex_of(dark(self._floor, 0.12))
        return (
            f'<path d="M{middle - 92:.0f} 176v30h184v-30z" fill="{side}"/>'
            f'<path d="{ellipse(middle, 176, 92, 17)}" fill="{top}"/>'
        )

    def _plant(self, x: float, edge: float) -> str:
        leaf = hex_of(
            dark(self._wall, 0.42) if lightness(self._wall) > 55 else light(self._wall, 0.25)
        )
        leaves = "".join(
            f'<path d="M0 0Q-9 -34 0 -62Q9 -34 0 0Z" transform="translate({x} {edge - 6:.0f}) rotate({turn})"/>'
            for turn in (-44, -20, 4, 26, 48)
        )
        return f'<g fill="{leaf}" fill-opacity=".55">{leaves}<path d="{box(x - 14, edge - 12, 28, 32, 4)}"/></g>'

    def _surface(self) -> str:
        """Something quiet on the wall or the table top behind a flat product."""
        rng = self._rng
        style = rng.choice(("bare", "bare", "light", "split", "circle"))
        if style == "light":
            return '<path d="M-20 0L60 0L190 200L80 200ZM84 0L120 0L240 180L206 200Z" fill="#fff" fill-opacity=".16"/>'
        if style == "split":
            turn = rng.uniform(-30, 30)
            tone = hex_of(light(self._wall, 0.35))
            return f'<path d="M-60 {rng.uniform(110, 150):.0f}h340v200h-340z" fill="{tone}" fill-opacity=".6" transform="rotate({turn:.0f} 100 100)"/>'
        if style == "circle":
            return f'<path d="{ellipse(100, 100, 88)}" fill="{hex_of(light(self._wall, 0.4))}" fill-opacity=".55"/>'
        return ""

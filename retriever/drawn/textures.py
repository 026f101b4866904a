"""Printed patterns and material textures, as SVG pattern tiles in user units.

No tile is turned: the renderer copies upright tiles, but resamples turned or mirrored ones for every
pixel, which takes ten times as long. See `upright`.
"""

from random import Random

from retriever.drawn.palette import RGB, dark, hex_of, light, lightness
from retriever.drawn.paths import ellipse, star


def _tile(name: str, width: float, height: float, body: str) -> str:
    return (
        f'<pattern id="{name}" patternUnits="userSpaceOnUse" width="{width:g}" height="{height:g}">'
        f"{body}</pattern>"
    )


def upright(tile: str) -> str:
    """Mirror a tile, so that it is upright again within a mirrored picture."""
    return tile.replace("<pattern ", '<pattern patternTransform="scale(-1 1)" ', 1)


def _flower(cx: float, cy: float, radius: float, petal: str, heart: str) -> str:
    shifts = ((0, -1), (0.95, -0.31), (0.59, 0.81), (-0.59, 0.81), (-0.95, -0.31))
    petals = "".join(
        f'<path d="{ellipse(cx + dx * radius, cy + dy * radius, radius * 0.72)}" fill="{petal}"/>'
        for dx, dy in shifts
    )
    return f'{petals}<path d="{ellipse(cx, cy, radius * 0.6)}" fill="{heart}"/>'


def print_tile(name: str, pattern: str, colour: RGB, accent: RGB, rng: Random) -> str:
    """The tile of a printed pattern in the accent colour; raises KeyError for an unknown one."""
    ink, scale = hex_of(accent), rng.uniform(0.92, 1.15)
    heart = hex_of(light(colour, 0.75) if lightness(accent) < 60 else dark(colour, 0.4))
    step = 17 * scale
    stripes = f'<rect width="{step}" height="{step * 0.38:.2f}" fill="{ink}"/>'
    tall = f'<rect width="{step * 0.38}" height="{step}" fill="{ink}"/>'
    half = step / 2
    dots = (
        f'<path d="{ellipse(half / 2, half / 2, step * 0.2)}" fill="{ink}"/>'
        f'<path d="{ellipse(half * 1.5, half * 1.5, step * 0.2)}" fill="{ink}"/>'
    )
    checks = (
        f'<rect width="{step * 0.42:.2f}" height="{step}" fill="{ink}" fill-opacity=".5"/>'
        f'<rect width="{step}" height="{step * 0.42:.2f}" fill="{ink}" fill-opacity=".5"/>'
    )
    wide = 27 * scale
    flowers = _flower(wide * 0.27, wide * 0.27, wide * 0.135, ink, heart) + _flower(
        wide * 0.75, wide * 0.75, wide * 0.135, ink, heart
    )
    stars = (
        f'<path d="{star(wide * 0.27, wide * 0.27, wide * 0.24)}" fill="{ink}"/>'
        f'<path d="{star(wide * 0.75, wide * 0.75, wide * 0.24)}" fill="{ink}"/>'
    )
    zigzag = (
        f'<path d="M0 {half}L{half} {step * 0.15}L{step} {half}" fill="none" stroke="{ink}" '
        f'stroke-width="{step * 0.24}"/>'
    )
    tiles = {
        "striped": _tile(name, step, step, stripes),
        "pinstriped": _tile(name, step, step, tall),
        "polka dot": _tile(name, step, step, dots),
        "checked": _tile(name, step, step, checks),
        "floral": _tile(name, wide, wide, flowers),
        "star": _tile(name, wide, wide, stars),
        "zigzag": _tile(name, step, step, zigzag),
    }
    return tiles[pattern]


def _grain(ink: str, rng: Random) -> str:
    lines = []
    for i in range(6):
        y, bend = 4 + i * 8 + rng.uniform(-2, 2), rng.uniform(-4, 4)
        lines.append(
            f'<path d="M0 {y:.1f}C25 {y + bend:.1f} 55 {y - bend:.1f} 80 {y:.1f}" fill="none" '
            f'stroke="{ink}" stroke-opacity="{rng.uniform(0.3, 0.6):.2f}" '
            f'stroke-width="{rng.uniform(0.8, 2.2):.1f}"/>'
        )
    knot = f'<path d="{ellipse(rng.uniform(20, 60), 24, 6, 2.6)}" fill="{ink}" fill-opacity=".45"/>'
    return "".join(lines) + knot


def _strokes(ink: str, glow: str, rng: Random) -> str:
    hairs = []
    for _ in range(26):
        x, y = rng.uniform(1, 25), rng.uniform(1, 25)
        tone = ink if rng.random() < 0.55 else glow
        hairs.append(
            f'<path d="M{x:.1f} {y:.1f}q{rng.uniform(-1.5, 1.5):.1f} 2 {rng.uniform(-2, 2):.1f} 3.6" '
            f'stroke="{tone}" stroke-opacity=".5" stroke-width=".8" fill="none"/>'
        )
    return "".join(hairs)


def material_tile(name: str, material: str, colour: RGB, rng: Random) -> str | None:
    """The tile of a material's surface, or None for a smooth one."""
    ink, glow = hex_of(dark(colour, 0.55)), hex_of(light(colour, 0.6))
    if lightness(colour) < 25:
        ink = hex_of(light(colour, 0.28))
    if material == "wood":
        return _tile(name, 80, 48, _grain(ink, rng))
    if material == "plush":
        return _tile(name, 26, 26, _strokes(ink, glow, rng))
    if material == "knitted":
        stitch = (
            f'<path d="M.6 1L4 5L7.4 1M.6 5L4 9" stroke="{ink}" stroke-opacity=".6" '
            f'stroke-width="1.3" fill="none"/><path d="M0 0V6M8 0V6" stroke="{glow}" '
            'stroke-opacity=".55" stroke-width="1.2"/>'
        )
        return _tile(name, 8, 6, stitch)
    if material == "denim":
        twill = (
            f'<path d="M-1 1L1 -1M0 5L5 0M4 6L6 4" stroke="{glow}" stroke-opacity=".45" '
            f'stroke-width="1.5"/><path d="M-1 3.5L3.5 -1M1.5 6L6 1.5" stroke="{ink}" '
            'stroke-opacity=".35"/>'
        )
        return _tile(name, 5, 5, twill)
    if material == "leather":
        pebbles = "".join(
            f'<path d="{ellipse(rng.uniform(1, 13), rng.uniform(1, 13), rng.uniform(0.8, 1.8))}" '
            f'fill="none" stroke="{ink}" stroke-opacity=".35" stroke-width=".6"/>'
            for _ in range(16)
        )
        return _tile(name, 14, 14, pebbles)
    if material == "rattan":
        weave = (
            f'<path d="M0 .4H6M6 6.2H12M0 11.6H6M6 0V12M.3 0V12" stroke="{ink}" '
            'stroke-opacity=".75" stroke-width="1.3"/>'
            f'<rect x="1.6" y="1.4" width="2.6" height="9.4" rx="1.3" fill="{glow}" '
            'fill-opacity=".5"/>'
            f'<rect x="7" y="1.6" width="4.4" height="2.2" rx="1.1" fill="{glow}" '
            'fill-opacity=".5"/>'
            f'<rect x="7" y="7.6" width="4.4" height="2.2" rx="1.1" fill="{glow}" '
            'fill-opacity=".35"/>'
        )
        return _tile(name, 12, 12, weave)
    if material == "canvas":
        threads = (
            f'<path d="M0 1H4M1 0V4" stroke="{ink}" stroke-opacity=".3" stroke-width=".8"/>'
            f'<path d="M0 3H4M3 0V4" stroke="{glow}" stroke-opacity=".35" stroke-width=".7"/>'
        )
        return _tile(name, 4, 4, threads)
    if material == "velvet":
        pile = (
            f'<path d="M2 0V5M7 4V10M5 9V14" stroke="{glow}" stroke-opacity=".35" '
            f'stroke-width="1.4"/><path d="M4.5 2V7M9 0V4M1 8V13" stroke="{ink}" '
            'stroke-opacity=".25" stroke-width="1.2"/>'
        )
        return _tile(name, 10, 14, pile)
    return None

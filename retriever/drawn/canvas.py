"""The pen: draws shapes that have a colour, a pattern, a material and light on them.

Light is painted as gradients over the plain shape instead of with filters or clips: those make the
renderer work on whole layers and cost ten times as much. Radial gradients are dear too, so that only
balls get them.
"""

from random import Random
from typing import Final

from retriever.drawn.palette import RGB, WHITE, dark, hex_of, light, lightness, mix
from retriever.drawn.paths import ellipse
from retriever.drawn.textures import material_tile, print_tile, upright

# Stops of a shade: (offset, L light / D dark / W white, opacity).
_Stops = tuple[tuple[float, str, float], ...]
_SHADES: Final[dict[str, tuple[str, _Stops]]] = {
    "side": (
        'linear x1="0" y1="0" x2="1" y2=".4"',
        ((0, "L", 0.5), (0.4, "L", 0), (0.55, "D", 0), (1, "D", 0.5)),
    ),
    "ball": (
        'radial cx=".37" cy=".3" r=".78"',
        ((0, "L", 0.75), (0.42, "L", 0), (0.5, "D", 0), (1, "D", 0.7)),
    ),
    "shiny side": (
        'linear x1="0" y1="0" x2="1" y2=".4"',
        (
            (0, "L", 0.4),
            (0.14, "W", 0.6),
            (0.2, "W", 0.2),
            (0.4, "L", 0),
            (0.55, "D", 0),
            (1, "D", 0.5),
        ),
    ),
    "shiny ball": (
        'radial cx=".35" cy=".27" r=".8"',
        (
            (0, "W", 0.95),
            (0.1, "W", 0.7),
            (0.19, "L", 0.45),
            (0.45, "L", 0),
            (0.52, "D", 0),
            (1, "D", 0.7),
        ),
    ),
    "soft": (
        'linear x1=".15" y1="0" x2=".85" y2="1"',
        ((0, "L", 0.45), (0.4, "L", 0), (0.55, "D", 0), (1, "D", 0.45)),
    ),
    "shiny soft": (
        'linear x1=".15" y1="0" x2=".85" y2="1"',
        (
            (0, "L", 0.5),
            (0.16, "W", 0.5),
            (0.24, "W", 0.15),
            (0.42, "L", 0),
            (0.55, "D", 0),
            (1, "D", 0.5),
        ),
    ),
    "top": (
        'linear x1="0" y1="0" x2="0" y2="1"',
        ((0, "L", 0.5), (0.4, "L", 0), (0.5, "D", 0), (1, "D", 0.5)),
    ),
    "under": (
        'linear x1="0" y1="0" x2="0" y2="1"',
        ((0, "D", 0.6), (0.5, "D", 0.25), (1, "D", 0.05)),
    ),
    "tube": (
        'linear x1="0" y1="0" x2="1" y2="0"',
        ((0, "D", 0.45), (0.2, "L", 0.15), (0.32, "L", 0.6), (0.5, "L", 0), (1, "D", 0.6)),
    ),
    "metal": (
        'linear x1="0" y1="0" x2="1" y2=".1"',
        (
            (0, "D", 0.55),
            (0.14, "W", 0.75),
            (0.28, "D", 0.2),
            (0.48, "W", 0.4),
            (0.62, "D", 0.45),
            (0.84, "D", 0.15),
            (0.92, "W", 0.5),
            (1, "D", 0.6),
        ),
    ),
    "glass": (
        'linear x1="0" y1="0" x2="1" y2=".15"',
        (
            (0, "D", 0.4),
            (0.12, "W", 0.85),
            (0.24, "W", 0.1),
            (0.8, "W", 0),
            (0.9, "W", 0.6),
            (1, "D", 0.5),
        ),
    ),
}
_GLOSSY: Final = frozenset({"ceramic", "plastic", "metal"})
_SEWN: Final = frozenset({"leather", "denim", "canvas", "cotton", "nylon"})


class Pen:
    """Collects the SVG of one product, in a 200 x 200 box whose floor is at y = 180."""

    def __init__(
        self,
        colour: RGB,
        accent: RGB,
        pattern: str,
        material: str,
        rng: Random,
        mirrored: bool = False,
    ) -> None:
        """Ready to draw; ``mirrored`` says that the picture will be flipped left to right."""
        self.colour = colour
        self.accent = accent
        self.material = material
        self.rng = rng
        self._patterned = pattern != "plain"
        self._defs: list[str] = []
        self._body: list[str] = []
        self._mirrored = mirrored
        self._tiles = 0
        self._silhouette: dict[str, list[str]] = {}
        self._moves: list[str] = []
        self._known: dict[tuple[str, RGB], str] = {}
        if self._patterned:
            self._add_tile(print_tile("print", pattern, colour, accent, rng))

    def shape(
        self,
        d: str,
        colour: RGB | None = None,
        *,
        shade: str | None = "side",
        printed: bool | None = None,
        material: str | None = None,
        edge: float = 0.9,
        opacity: float = 1.0,
    ) -> None:
        """Fill an outline.

        Without ``colour`` it is the product's own: printed with its pattern and made of its
        material. With one it is a plain part of ``material`` (smooth by default).
        """
        own = colour is None
        fill = self.colour if colour is None else colour
        self._silhouette.setdefault(" ".join(self._moves), []).append(d)
        made_of = self.material if own and material is None else (material or "")
        if made_of == "glass":
            opacity = min(opacity, 0.5)
        self._fill(
            d,
            hex_of(fill),
            opacity,
            f'stroke="{hex_of(dark(fill, 0.5))}" stroke-opacity=".6" stroke-width="{edge:g}"',
        )
        if self._patterned and (own if printed is None else printed):
            self._fill(d, "url(#print)")
        texture = self._texture(made_of, fill)
        if texture:
            self._fill(d, f"url(#{texture})")
        if shade:
            self._fill(d, f"url(#{self._shade(self._lit(shade, made_of), fill)})")

    def stroke(
        self,
        d: str,
        width: float,
        colour: RGB | None = None,
        *,
        cap: str = "round",
        lit: bool = True,
    ) -> None:
        """Draw a line as a round bar with an edge and a highlight."""
        fill = self.colour if colour is None else colour
        look = f'fill="none" stroke-linecap="{cap}" stroke-linejoin="round"'
        if lit:
            self.raw(
                f'<path d="{d}" {look} stroke="{hex_of(dark(fill, 0.45))}" stroke-width="{width + 1.4:g}"/>'
            )
        self.raw(f'<path d="{d}" {look} stroke="{hex_of(fill)}" stroke-width="{width:g}"/>')
        if lit:
            shine = 0.9 if self.material == "metal" and colour is None else 0.45
            self.raw(
                f'<path d="{d}" {look} stroke="{hex_of(light(fill, 0.7))}" stroke-opacity="{shine}" '
                f'stroke-width="{width * 0.32:.2f}" transform="translate({-width * 0.14:.2f} {-width * 0.14:.2f})"/>'
            )

    def crease(self, d: str, opacity: float = 0.35, width: float = 1.3) -> None:
        """A fold or a groove in the product's own colour."""
        tone = light(self.colour, 0.5) if lightness(self.colour) < 22 else dark(self.colour, 0.7)
        self.raw(
            f'<path d="{d}" fill="none" stroke="{hex_of(tone)}" stroke-opacity="{opacity:g}" '
            f'stroke-width="{width:g}" stroke-linecap="round"/>'
        )

    def seam(self, d: str) -> None:
        """A row of stitches, on materials that are sewn."""
        if self.material in _SEWN:
            pale = lightness(self.colour) > 65
            thread = dark(self.colour, 0.5) if pale else light(self.colour, 0.6)
            if self.material == "denim":
                thread = (236, 176, 92)
            self.raw(
                f'<path d="{d}" fill="none" stroke="{hex_of(thread)}" stroke-width="1.2" '
                'stroke-dasharray="3.2 2.2"/>'
            )

    def dot(self, cx: float, cy: float, radius: float, colour: RGB) -> None:
        """A small flat disc."""
        self._fill(ellipse(cx, cy, radius), hex_of(colour))

    def raw(self, element: str) -> None:
        """Add an SVG element as it is."""
        self._body.append(element)

    def opened(self, transform: str) -> None:
        """Start a group that is moved as a whole; end it with `closed`."""
        self._moves.append(transform)
        self._body.append(f'<g transform="{transform}">')

    def closed(self) -> None:
        """End the group that `opened` started."""
        self._moves.pop()
        self._body.append("</g>")

    @property
    def defs(self) -> str:
        """The gradients and tiles that the body refers to."""
        return "".join(self._defs)

    @property
    def silhouette(self) -> str:
        """The outlines of all shapes, without any paint: what a cast shadow is made of."""
        return "".join(
            f'<path d="{"".join(outlines)}"' + (f' transform="{moved}"/>' if moved else "/>")
            for moved, outlines in self._silhouette.items()
        )

    @property
    def tiled(self) -> bool:
        """Whether anything has a pattern or a texture, so that turning it would be slow."""
        return self._tiles > 0

    @property
    def body(self) -> str:
        """What was drawn so far, back to front."""
        return "".join(self._body)

    def _fill(self, d: str, paint: str, opacity: float = 1.0, extra: str = "") -> None:
        shown = "" if opacity >= 1 else f' fill-opacity="{opacity:g}"'
        self._body.append(f'<path d="{d}" fill="{paint}"{shown} {extra}/>')

    def _lit(self, shade: str, material: str) -> str:
        """How ``shade`` looks on a material: bands on metal, sharp highlights on glossy things."""
        if material == "glass":
            return "glass"
        if material == "metal" and shade in {"side", "tube"}:
            return "metal"
        if material in _GLOSSY and f"shiny {shade}" in _SHADES:
            return f"shiny {shade}"
        return shade

    def _add_tile(self, tile: str) -> None:
        self._tiles += 1
        self._defs.append(upright(tile) if self._mirrored else tile)

    def _named(self, kind: str, colour: RGB) -> str:
        return self._known.get((kind, colour), f"p{len(self._known)}")

    def _texture(self, material: str, fill: RGB) -> str | None:
        if (material, fill) not in self._known:
            name = self._named(material, fill)
            tile = material_tile(name, material, fill, self.rng)
            if tile is None:
                return None
            self._known[material, fill] = name
            self._add_tile(tile)
        return self._known[material, fill]

    def _shade(self, kind: str, fill: RGB) -> str:
        key = (f"shade {kind}", fill)
        if key not in self._known:
            name = self._known[key] = self._named(*key)
            shape, stops = _SHADES[kind]
            form, _, where = shape.partition(" ")
            tones = {"L": light(fill, 0.65), "D": dark(fill, 0.72), "W": mix(fill, WHITE, 0.9)}
            # White things keep their shadows faint, or else they would read as grey ones.
            ease = 0.6 if lightness(fill) > 88 else 1.0
            drawn = "".join(
                f'<stop offset="{at:g}" stop-color="{hex_of(tones[tone])}" '
                f'stop-opacity="{alpha * (ease if tone == "D" else 1):.2f}"/>'
                for at, tone, alpha in stops
            )
            self._defs.append(f'<{form}Gradient id="{name}" {where}>{drawn}</{form}Gradient>')
        return self._known[key]

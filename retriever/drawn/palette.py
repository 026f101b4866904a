"""The shop's colours: their names, their shades, and how far apart two of them look."""

import math
from functools import cache
from random import Random
from typing import Final

RGB = tuple[int, int, int]

_SHADES: Final[dict[str, str]] = {
    "red": "c9242b",
    "orange": "f2801c",
    "yellow": "f6cb2c",
    "green": "2f9148",
    "teal": "0f9c96",
    "blue": "2f74dc",
    "navy": "1c2c5e",
    "purple": "7b3fae",
    "pink": "f28ab5",
    "brown": "7c4a28",
    "beige": "dac6a2",
    "white": "f6f4ef",
    "grey": "8d9197",
    "black": "242428",
}
COLOURS: tuple[str, ...] = tuple(_SHADES)


def rgb_of(text: str) -> RGB:
    """Read ``"#rrggbb"`` (the hash is optional)."""
    text = text.removeprefix("#")
    return int(text[0:2], 16), int(text[2:4], 16), int(text[4:6], 16)


def hex_of(colour: RGB) -> str:
    """Write a colour as ``"#rrggbb"``."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def mix(first: RGB, second: RGB, share: float) -> RGB:
    """Blend two colours; ``share`` in 0..1 is how much of the second one there is."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


WHITE: Final[RGB] = (255, 255, 255)
BLACK: Final[RGB] = (0, 0, 0)


def light(colour: RGB, share: float = 0.5) -> RGB:
    """The same colour nearer to white."""
    return mix(colour, WHITE, share)


def dark(colour: RGB, share: float = 0.5) -> RGB:
    """The same colour nearer to a warm black, so that shadows do not look like soot."""
    return mix(colour, (18, 10, 22), share)


def named(colour: str) -> RGB:
    """The middle shade of a colour of `COLOURS`."""
    return rgb_of(_SHADES[colour])


def varied(colour: str, rng: Random) -> RGB:
    """A shade near the middle one: no two dyes of a real shop are quite the same."""
    lift = rng.uniform(-0.07, 0.07)
    base = mix(named(colour), WHITE if lift > 0 else BLACK, abs(lift))
    red, green, blue = (min(255, max(0, channel + rng.randint(-5, 5))) for channel in base)
    return red, green, blue


@cache
def _lab(colour: RGB) -> tuple[float, float, float]:
    linear = [(c / 255 / 12.92) if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    red, green, blue = linear
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def distance(first: RGB, second: RGB) -> float:
    """How different two colours look: CIE76, 0 for the same, about 100 for black and white."""
    pairs = zip(_lab(first), _lab(second), strict=True)
    return math.sqrt(sum((a - b) ** 2 for a, b in pairs))


def lightness(colour: RGB) -> float:
    """CIE L*: 0 is black, 100 is white."""
    return _lab(colour)[0]


def accents_for(colour: str) -> tuple[str, ...]:
    """The colours that stand out clearly beside ``colour``, in palette order."""
    return tuple(other for other in COLOURS if distance(named(colour), named(other)) >= 48)

"""Outlines as SVG path data: every helper returns the text of a ``d`` attribute."""

import math
from collections.abc import Sequence
from random import Random

Point = tuple[float, float]


def ellipse(cx: float, cy: float, rx: float, ry: float | None = None) -> str:
    """An ellipse, or a circle without ``ry``."""
    ry = rx if ry is None else ry
    left, across = f"{cx - rx:.1f} {cy:.1f}", f"{2 * rx:.1f}"
    arc = f"a{rx:.1f} {ry:.1f} 0 1 0"
    return f"M{left}{arc} {across} 0{arc} -{across} 0Z"


def box(x: float, y: float, width: float, height: float, radius: float = 0) -> str:
    """A rectangle with rounded corners."""
    r = min(radius, width / 2, height / 2)
    across, down = width - 2 * r, height - 2 * r
    return (
        f"M{x + r:.1f} {y:.1f}h{across:.1f}q{r:.1f} 0 {r:.1f} {r:.1f}v{down:.1f}"
        f"q0 {r:.1f} -{r:.1f} {r:.1f}h-{across:.1f}q-{r:.1f} 0 -{r:.1f} -{r:.1f}v-{down:.1f}"
        f"q0 -{r:.1f} {r:.1f} -{r:.1f}Z"
    )


def polygon(*points: Point) -> str:
    """Straight lines through the points, closed."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z"


def line(*points: Point) -> str:
    """Straight lines through the points, open."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def smooth(points: Sequence[Point]) -> str:
    """A closed curve through the middles of the polygon's sides: the corners become soft."""
    count = len(points)
    middles = [
        (
            (points[i][0] + points[(i + 1) % count][0]) / 2,
            (points[i][1] + points[(i + 1) % count][1]) / 2,
        )
        for i in range(count)
    ]
    start = middles[-1]
    curves = "".join(
        f"Q{x:.1f} {y:.1f} {mx:.1f} {my:.1f}"
        for (x, y), (mx, my) in zip(points, middles, strict=True)
    )
    return f"M{start[0]:.1f} {start[1]:.1f}{curves}Z"


def fuzzy(cx: float, cy: float, rx: float, ry: float, rng: Random, fuzz: float = 1.8) -> str:
    """An ellipse with a furry edge."""
    count = max(24, int((rx + ry) * 0.9))
    points = []
    for i in range(count * 2):
        angle = math.pi * i / count
        reach = fuzz * (rng.uniform(0.3, 1.0) if i % 2 else -0.3)
        points.append((cx + (rx + reach) * math.cos(angle), cy + (ry + reach) * math.sin(angle)))
    return polygon(*points)


def star(cx: float, cy: float, radius: float, tips: int = 5, depth: float = 0.45) -> str:
    """A star with one tip upwards."""
    points = []
    for i in range(2 * tips):
        angle = math.pi * i / tips - math.pi / 2
        reach = radius if i % 2 == 0 else radius * depth
        points.append((cx + reach * math.cos(angle), cy + reach * math.sin(angle)))
    return polygon(*points)


def heart(cx: float, cy: float, radius: float) -> str:
    """A heart whose middle is at (cx, cy)."""
    r = radius
    return (
        f"M{cx:.1f} {cy + r:.1f}C{cx - 2 * r:.1f} {cy - 0.3 * r:.1f} {cx - r:.1f} {cy - 1.5 * r:.1f} "
        f"{cx:.1f} {cy - 0.5 * r:.1f}C{cx + r:.1f} {cy - 1.5 * r:.1f} {cx + 2 * r:.1f} "
        f"{cy - 0.3 * r:.1f} {cx:.1f} {cy + r:.1f}Z"
    )

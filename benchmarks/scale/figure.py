"""Recall against latency of every variant, and the memory it takes, as one picture."""

from pathlib import Path
from typing import Any

import matplotlib as mpl


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """A PNG; ``rows`` are the figures of `benchmarks.scale`."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
    for kind, marker in (("synthetic", "o"), ("real", "s")):
        for row in (row for row in rows if row["data"] == kind):
            [point] = left.plot(
                row["p50_ms"], row["recall"], marker, label=f"{row['variant']}, {kind}"
            )
            point.set_alpha(0.8)
    left.set(xscale="log", xlabel="ms a query, median", ylabel="recall@10 against exact")
    left.legend(fontsize=6)
    shown = {row["variant"]: row for row in rows}
    right.barh(list(shown), [row["rss_mb"] for row in shown.values()], color="lightsteelblue")
    right.barh(list(shown), [row["anonymous_mb"] for row in shown.values()], color="steelblue")
    right.set(xlabel="MiB resident while searched (dark: anonymous)")
    right.tick_params(labelsize=7)
    figure.suptitle(f"{rows[0]['products']:,} products of {rows[0]['dim']} numbers")
    figure.savefig(path, dpi=130)
    plt.close(figure)

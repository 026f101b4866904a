"""The figures of docs/results.md, as PNG files."""

from pathlib import Path
from typing import Any

from training.experiments.plan import ALPHAS, SHARES, SIZES
from training.experiments.runs import Ledger, Run
from training.experiments.tables import curve_methods, over_seeds


def draw_figures(ledger: Ledger, folder: Path) -> list[Path]:
    """Write the learning curve, the ablation of alpha and the trade of retention; returns the files."""
    import matplotlib as mpl

    mpl.use("Agg")
    folder.mkdir(parents=True, exist_ok=True)
    return [
        _save(_curve(ledger), folder / "learning-curve.png"),
        _save(_alpha(ledger), folder / "alpha.png"),
        _save(_trade(ledger), folder / "retention.png"),
    ]


def _curve(ledger: Ledger) -> Any:
    figure, axes = _panel("training pairs (fashion)", "Recall@10 of held-out products, %")
    total = len(ledger.field.train_split("fashion", augment=False)[0])
    for label, run in curve_methods():
        runs = [(size, Run(run.method, "fashion", size=size, keep=run.keep)) for size in SIZES]
        _bars(axes, ledger, [*runs, (total, run)], label, "fashion", "Recall@10")
    axes.axhline(
        100 * ledger.zero_shot().mean("fashion", "Recall@10"), color="black", ls="--", lw=1
    )
    axes.text(SIZES[0], 100 * ledger.zero_shot().mean("fashion", "Recall@10") + 0.5, "zero-shot")
    axes.set_xscale("log")
    axes.set_xticks([*SIZES, total], [f"{size:,}" for size in (*SIZES, total)])
    axes.minorticks_off()
    axes.legend(frameon=False)
    return figure


def _alpha(ledger: Ledger) -> Any:
    figure, axes = _panel("alpha that the residual adapter is trained with", "%")
    runs = [(alpha, Run("residual", "fashion", alpha=alpha)) for alpha in ALPHAS]
    for pool, metric in (
        ("fashion", "Recall@10"),
        ("magento_luma", "Recall@10"),
        ("drawn", "nDCG@10"),
    ):
        _bars(axes, ledger, runs, f"{pool} {metric}", pool, metric)
    axes.set_xscale("log")
    axes.set_xticks(ALPHAS, [f"{alpha:g}" for alpha in ALPHAS])
    axes.minorticks_off()
    axes.legend(frameon=False)
    return figure


def _trade(ledger: Ledger) -> Any:
    figure, axes = _panel("share of the way from zero-shot to the adapter trained on fashion", "%")
    colours = iter(("tab:blue", "tab:cyan", "tab:green", "tab:red", "tab:orange", "tab:olive"))
    for method in ("residual", "words"):
        runs = [(share, Run(method, "fashion", share=share)) for share in SHARES]
        runs.append((1.0, Run(method, "fashion")))
        for pool, metric in (
            ("fashion", "Recall@10"),
            ("magento_luma", "Recall@10"),
            ("drawn", "nDCG@10"),
        ):
            _bars(
                axes,
                ledger,
                runs,
                f"{method}: {pool} {metric}",
                pool,
                metric,
                color=next(colours),
                start=100 * ledger.zero_shot().mean(pool, metric),
            )
    axes.legend(frameon=False, fontsize=8, loc="lower left")
    return figure


def _bars(
    axes: Any,
    ledger: Ledger,
    runs: list[tuple[float, Run]],
    label: str,
    pool: str,
    metric: str,
    *,
    color: str | None = None,
    start: float | None = None,
) -> None:
    """A line with the 95% intervals over seeds; ``start`` is its value at 0."""
    found = [over_seeds(ledger, run, lambda outcome: outcome.mean(pool, metric)) for _, run in runs]
    at = [place for place, _ in runs]
    means, halves = [100 * mean for mean, _ in found], [100 * half for _, half in found]
    if start is not None:
        at, means, halves = [0.0, *at], [start, *means], [0.0, *halves]
    axes.errorbar(at, means, halves, label=label, marker="o", ms=3, capsize=2, lw=1.4, color=color)


def _panel(across: str, up: str) -> tuple[Any, Any]:
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7.5, 4.6), layout="constrained")
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.grid(alpha=0.25)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure, axes


def _save(figure: Any, path: Path) -> Path:
    from matplotlib import pyplot

    figure.savefig(path, dpi=130)
    pyplot.close(figure)
    return path

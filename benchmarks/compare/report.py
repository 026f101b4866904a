"""What a comparison found: ratios first, then the figures, as tables and as a picture."""

from pathlib import Path
from typing import Any

from rich.table import Column, Table

from benchmarks.compare.run import CONCURRENCY, Report

OURS, INT8, STOCK, FLOOR = "shoplens", "shoplens, int8", "stock", "floor"


def ratios(report: Report) -> dict[str, float]:
    """shoplens against the stock way and the floors; all but the last one better the higher."""
    ours, stock, floor = report[OURS], report[STOCK], report[FLOOR]
    encoder = floor["milliseconds"]["encode"]["p50"]
    return {
        "text query, times faster than the stock way": _p50(stock) / _p50(ours),
        "pictures a second, times the stock way's": ours["pictures_per_second"]
        / stock["pictures_per_second"],
        "pictures a second in int8, times the stock way's": report[INT8]["pictures_per_second"]
        / stock["pictures_per_second"],
        "pictures a second with decoding, share of the encoder's alone": ours["pictures_per_second"]
        / floor["pictures_per_second"],
        "queries a second by 16 at a time, times the stock way's": ours["queries_per_second"]["16"]
        / stock["queries_per_second"]["16"],
        "text query, share of (1.3 times the encoder alone + 3 ms)": _p50(ours)
        / (1.3 * encoder + 3),
    }


def _p50(measured: dict[str, Any]) -> float:
    return float(measured["milliseconds"]["ask"]["p50"])


def tables(report: Report) -> list[Table]:
    """Ratios, then every contender's figures."""
    first = Table("ratio", "", title="shoplens against the rest")
    for name, value in ratios(report).items():
        first.add_row(name, f"{value:.2f}")
    columns = [Column(name, justify="right", overflow="fold") for name in report]
    second = Table("", *columns, title="medians of one run, in turns")
    for stage, what in (("ask", "text query"), ("encode", "encode"), ("find", "search")):
        for percentile in ("p50", "p95", "p99"):
            row = [f"{one['milliseconds'][stage][percentile]:.1f}" for one in report.values()]
            second.add_row(f"{what}, {percentile}, ms", *row)
    for threads in CONCURRENCY:
        row = [f"{one['queries_per_second'][str(threads)]:.1f}" for one in report.values()]
        second.add_row(f"queries/s, {threads} at a time", *row)
    for key, what in (
        ("pictures_per_second", "pictures/s"),
        ("memory_mb", "memory, MB"),
        ("cold_start", "cold start, s"),
        ("build", "index build, s"),
    ):
        second.add_row(what, *(f"{one[key]:.1f}" for one in report.values()))
    return [first, second]


def draw(report: Report, file: Path) -> None:
    """A picture (PNG) of latency by stage and of pictures a second."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    names = list(report)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.2), layout="constrained")
    encode = [report[name]["milliseconds"]["encode"]["p50"] for name in names]
    search = [report[name]["milliseconds"]["find"]["p50"] for name in names]
    left.barh(names, encode, label="encode")
    left.barh(names, search, left=encode, label="search")
    left.set(xlabel="ms, median", title="a text query")
    left.legend()
    right.barh(names, [report[name]["pictures_per_second"] for name in names])
    right.set(xlabel="pictures/s", title="pictures encoded")
    for axes in (left, right):
        axes.invert_yaxis()
    figure.savefig(file, dpi=130)
    plt.close(figure)

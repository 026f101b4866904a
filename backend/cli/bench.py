"""``shoplens bench``: shoplens beside the stock ways of doing the same, on this machine."""

import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from backend.cli.console import note, print_json, progress_bar, results
from backend.settings import JsonOption


def bench(
    products: Annotated[
        int, typer.Option("--products", min=50, help="Products that are searched.")
    ] = 44_000,
    pictures: Annotated[
        int, typer.Option("--pictures", min=1, help="Pictures that are encoded.")
    ] = 256,
    queries: Annotated[
        int, typer.Option("--queries", min=6, help="Queries asked of each, by stage.")
    ] = 120,
    figure: Annotated[
        Path | None, typer.Option("--figure", metavar="FILE", help="Write the chart as a PNG too.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare with LlamaIndex over qdrant-client's local mode and with sentence-transformers over FAISS.

    All run a ViT-B/32 with random weights over the same products, in turns, each in a process of its own.
    However few the products, it takes nine minutes on 2 cores, as every process loads its backbone anew; more
    with many. It needs 5 GB of memory and of the temporary folder, and the extras bench and faiss.
    """
    from benchmarks.compare.report import draw, ratios, tables
    from benchmarks.compare.run import check_installed, compare
    from benchmarks.compare.workload import Sizes

    check_installed()
    sizes = Sizes(products=products, pictures=pictures, queries=queries)
    # So that a run that is told to end leaves no gigabytes in the temporary folder.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with progress_bar("Comparing") as bar:
        report = compare(sizes, bar)
    if figure is not None:
        draw(report, figure)
        note(f"chart: {figure}")
    if as_json:
        print_json({"ratios": ratios(report), "contenders": report})
        return
    for table in tables(report):
        results().print(table)
    note("Figures of a busy machine are noise; the ratios are of turns that all had alike.")

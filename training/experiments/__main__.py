"""``python -m training.experiments``: run what is missing, then write the tables and figures."""

import argparse
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import track

from retriever.encoder import Encoder
from training.domains import Caches
from training.experiments.field import Field
from training.experiments.figures import draw_figures
from training.experiments.plan import alpha_runs, curve_runs, main_runs
from training.experiments.runs import Ledger
from training.experiments.stage_b import stage_b
from training.experiments.tables import fill, sections

PARTS = {"main": main_runs, "alpha": alpha_runs, "curve": curve_runs}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Experiments with adapters.")
    parser.add_argument("--catalogues", type=Path, default=Path("../shared/catalogues"))
    parser.add_argument("--data-dir", type=Path, default=Path(".shoplens"))
    parser.add_argument("--out", type=Path, default=Path("docs"))
    parser.add_argument("--encoder", default="mini")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument(
        "--only", choices=PARTS, help="Run one part and write nothing, beside another process."
    )
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    console = Console(stderr=True)
    encoder = Encoder.load(options.encoder, device="cpu")
    with console.status("Reading the domains, encoding what is new"):
        caches = Caches.of(options.data_dir / "features", encoder)
        field = Field.read(encoder, caches, options.catalogues)
    ledger = Ledger(options.data_dir / "experiments", field)
    ledger.zero_shot()
    parts = PARTS if options.only is None else {options.only: PARTS[options.only]}
    runs = [run for plan in parts.values() for run in plan()]
    for run in track(runs, "Runs", console=console):
        ledger.outcome(run)
    if options.only is None:
        with console.status("Stage B"):
            stage_b(ledger, 0)
        page = options.out / "results.md"
        page.write_text(fill(page.read_text(encoding="utf-8"), sections(ledger)), encoding="utf-8")
        for figure in draw_figures(ledger, options.out / "figures"):
            console.print(f"wrote {figure}")
        console.print(f"The tables are in {page}.")


if __name__ == "__main__":
    main()

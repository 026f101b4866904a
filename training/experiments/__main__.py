"""``python -m training.experiments``: run what is missing, then write the tables and figures."""

import argparse
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import track

from retriever.encoder import Encoder
from training.domains import Caches
from training.experiments.field import Field
from training.experiments.plan import alpha_runs, curve_runs, main_runs
from training.experiments.runs import Ledger


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Experiments with adapters.")
    parser.add_argument("--catalogues", type=Path, default=Path("../shared/catalogues"))
    parser.add_argument("--data-dir", type=Path, default=Path(".shoplens"))
    parser.add_argument("--out", type=Path, default=Path("docs"))
    parser.add_argument("--encoder", default="mini")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    console = Console(stderr=True)
    encoder = Encoder.load(options.encoder)
    with console.status("Reading the domains, encoding what is new"):
        caches = Caches.of(options.data_dir / "features", encoder)
        field = Field.read(encoder, caches, options.catalogues)
    ledger = Ledger(options.data_dir / "experiments", field)
    ledger.zero_shot()
    for run in track([*main_runs(), *alpha_runs(), *curve_runs()], "Runs", console=console):
        ledger.outcome(run)


if __name__ == "__main__":
    main()

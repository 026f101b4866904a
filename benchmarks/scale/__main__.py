"""Compare engines and settings on many products: recall, latency, memory, disk, build time.

    python -m benchmarks.scale --products 100000 --dim 512 \\
        --catalogue CATALOGUE.parquet --picture-aspect 3:4

Each variant is built and searched in processes of its own. What is built stays in ``--folder``: the same
command again, after an interruption or in a quieter hour, only builds what is missing and searches anew.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.scale.figure import draw
from benchmarks.scale.make import Source, make_data
from benchmarks.scale.variants import VARIANTS

COLUMNS = {
    "recall": ("recall@10", 4),
    "recall_least": ("least", 1),
    "p50_ms": ("p50 ms", 2),
    "p95_ms": ("p95 ms", 2),
    "filter_5%_p50_ms": ("p50, 5% fit", 2),
    "filter_0.5%_p50_ms": ("p50, 0.5% fit", 2),
    "qps_1": ("a second, 1", 0),
    "qps_16": ("a second, 16", 0),
    "rss_mb": ("RSS MiB", 0),
    "anonymous_mb": ("anonymous MiB", 0),
    "disk_mb": ("disk MiB", 0),
    "load_s": ("load s", 0),
    "finish_s": ("finish s", 0),
    "open_s": ("open s", 1),
}


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark; a table, a JSON file and a figure in the folder."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--products", type=int, default=100_000)
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--catalogue", type=Path, help="real embeddings beside synthetic ones")
    parser.add_argument("--picture-aspect", metavar="W:H")
    parser.add_argument("--cache", type=Path, default=Path(".shoplens/features"))
    parser.add_argument("--folder", type=Path, default=Path(".shoplens/scale"))
    parser.add_argument("--data", nargs="+", choices=("synthetic", "real"))
    parser.add_argument("--ef", type=int, help="instead of what the variants say")
    parser.add_argument("--oversampling", type=float, help="likewise")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    given = parser.parse_args(arguments)
    source = None
    if given.catalogue is not None:
        source = Source(given.catalogue, given.picture_aspect, given.cache)
    kinds = given.data or (["synthetic", "real"] if source else ["synthetic"])
    rows: list[dict[str, Any]] = []
    for kind in kinds:
        data = make_data(given.folder, kind, given.products, given.dim, given.queries, source)
        for variant in given.variants:
            place = given.folder / f"{data.name}-{variant}"
            if not (place / "built.json").exists():
                _run("build", str(place), variant, str(data))
            extra = [f"--ef={given.ef}"] if given.ef else []
            extra += [f"--oversampling={given.oversampling}"] if given.oversampling else []
            served = json.loads(_run("serve", str(place), variant, str(data), *extra))
            built = json.loads((place / "built.json").read_text(encoding="utf-8"))
            rows.append({"data": kind, **built, **served})
            print(f"{kind} {variant}: done", file=sys.stderr)  # noqa: T201
    name = f"scale-{given.products}x{given.dim}"
    (given.folder / f"{name}.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    draw(rows, given.folder / f"{name}.png")
    _show(rows, markdown=given.markdown)


def _run(module: str, *arguments: str) -> str:
    command = [sys.executable, "-m", f"benchmarks.scale.{module}", *arguments]
    # Our own modules in this interpreter, on folders that the caller named.
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603
    return done.stdout


def _show(rows: list[dict[str, Any]], *, markdown: bool) -> None:
    names = ["data", "variant", *(label for label, _ in COLUMNS.values())]
    cells = [
        [row["data"], row["variant"], *(f"{row[key]:,.{n}f}" for key, (_, n) in COLUMNS.items())]
        for row in rows
    ]
    if markdown:
        lines = [names, ["---"] * len(names), *cells]
        print("\n".join(f"| {' | '.join(line)} |" for line in lines))  # noqa: T201
        return
    table = Table(*names)
    for line in cells:
        table.add_row(*line)
    Console().print(table)


if __name__ == "__main__":
    main()

"""What one command takes in a process of its own, from its start to its end.

    python -m benchmarks.cold
    python -m benchmarks.cold --beside ../shoplens-before      # another checkout, in turns with this one

``shoplens --help``, and searches of the drawn shop with `mini`, whose exports are there. Processor time is what
the process itself worked (user), on all cores; wall time also has what it waited for.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).resolve().parents[1]
_SEARCH = ("search", "a small orange plush toy with big eyes", "--name", "demo")
_START = "from backend.cli import main; main()"


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark and print a table, or JSON with ``--json``."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5, help="of each command")
    parser.add_argument("--beside", type=Path, help="another checkout to compare with")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    checkouts = [HERE] if given.beside is None else [HERE, given.beside.resolve()]
    with tempfile.TemporaryDirectory() as folder:
        taken(HERE, ("demo",), Path(folder))
        picture = next((Path(folder) / "data" / "pictures").rglob("*.jpg"))
        commands = {
            "shoplens --help": ("--help",),
            "search for words": _SEARCH,
            "search for a picture": ("search", "--image", str(picture), "--name", "demo"),
        }
        times: dict[tuple[str, str], list[tuple[float, float]]] = {}
        for _ in range(given.runs):
            for name, command in commands.items():
                for checkout in checkouts:
                    one = taken(checkout, command, Path(folder))
                    times.setdefault((name, str(checkout)), []).append(one)
    rows: list[dict[str, str | float]] = [
        {
            "command": name,
            "checkout": checkout,
            "user": statistics.median(user for user, _ in found),
            "least_user": min(user for user, _ in found),
            "wall": statistics.median(wall for _, wall in found),
            "least_wall": min(wall for _, wall in found),
        }
        for (name, checkout), found in times.items()
    ]
    if given.json:
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
    else:
        Console(width=120).print(table(rows))


def taken(checkout: Path, command: tuple[str, ...], folder: Path) -> tuple[float, float]:
    """Processor time of the process alone and wall time, in seconds. Raises `SystemExit` when it fails."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(checkout),
        "SHOPLENS_DATA_DIR": str(folder / "data"),
    }
    with (folder / "output").open("wb") as output:
        started = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", _START, *command],
            cwd=checkout,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit((folder / "output").read_text(encoding="utf-8", errors="replace"))
    return usage.ru_utime, wall


def table(rows: list[dict[str, str | float]]) -> Table:
    """The rows as a table."""
    made = Table("command", "checkout", "user s (least)", "wall s (least)")
    for row in rows:
        made.add_row(
            str(row["command"]),
            Path(str(row["checkout"])).name,
            f"{row['user']:.2f} ({row['least_user']:.2f})",
            f"{row['wall']:.2f} ({row['least_wall']:.2f})",
        )
    return made


if __name__ == "__main__":
    main()

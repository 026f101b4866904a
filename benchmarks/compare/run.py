"""All contenders measured in one run, in turns, so that a busy machine is busy for each of them."""

import importlib.util
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.backbone import vit_b_32
from benchmarks.compare.child import ANSWER
from benchmarks.compare.contenders import CONTENDERS
from benchmarks.compare.workload import Sizes, write_workload
from retriever.errors import SettingsError

CONCURRENCY = (1, 4, 16)
_ROUNDS = 6
_STAGES = ("ask", "encode", "find")
_NEEDED = {
    "faiss": "faiss",
    "sentence_transformers": "bench",
    "llama_index.vector_stores.qdrant": "bench",
}

Tell = Callable[[int, int, str], None]
"""Called with (steps done, steps in all, what is done next)."""

Report = dict[str, dict[str, Any]]


def compare(sizes: Sizes, tell: Tell, architecture: dict[str, Any] | None = None) -> Report:
    """Measure every contender; by its name what `_summary` has. ``architecture`` is ViT-B/32's by default.

    Raises `SettingsError` where a package that is compared with is not installed.
    """
    check_installed()
    jobs = len(_STAGES) + len(CONCURRENCY) + 1
    steps = iter(range(1 + 2 * len(CONTENDERS) + jobs))

    def begin(what: str) -> None:
        tell(next(steps), 1 + 2 * len(CONTENDERS) + jobs, what)

    with tempfile.TemporaryDirectory(prefix="shoplens-bench-") as folder:
        root = Path(folder) / "workload"
        begin("Writing the backbone, the pictures and the vectors")
        write_workload(root, sizes, architecture or vit_b_32())
        builds = {}
        for name in CONTENDERS:
            begin(f"Building the index of {name}")
            with _child(name, root, "build") as child:
                builds[name] = child.answer()
        report: Report = {}
        with ExitStack() as stack:
            children = {}
            for name in CONTENDERS:
                begin(f"Starting {name}")
                started = time.perf_counter()
                children[name] = stack.enter_context(_child(name, root, "serve"))
                children[name].answer()
                report[name] = {"cold_start": time.perf_counter() - started, "build": builds[name]}
            found = _measured(children, sizes, begin)
        for name, samples in found.items():
            report[name] |= _summary(samples, sizes)
        return report


def check_installed() -> None:
    """Raises `SettingsError` naming the extras of packages that are missing."""
    extras = {extra for package, extra in _NEEDED.items() if not _is_there(package)}
    if extras:
        wanted = ",".join(sorted(extras))
        raise SettingsError(
            f"shoplens bench compares with packages that are not installed; install "
            f"'shoplens[{wanted}]' (in a checkout: `make install`)"
        )


def _is_there(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:  # of a package around it
        return False


@dataclass(frozen=True, slots=True)
class _Child:
    """A contender's process, and the file that it complains to."""

    name: str
    process: "subprocess.Popen[str]"
    log: Path

    def ask(self, job: str, count: int, seed: int) -> Any:
        """Have something done and measured. Raises `RuntimeError` when the process gives up."""
        assert self.process.stdin is not None  # noqa: S101  it is a pipe
        print(
            json.dumps({"do": job, "count": count, "seed": seed}),
            file=self.process.stdin,
            flush=True,
        )
        return self.answer()

    def answer(self) -> Any:
        assert self.process.stdout is not None  # noqa: S101  it is a pipe
        for line in self.process.stdout:
            if line.startswith(ANSWER):
                return json.loads(line.removeprefix(ANSWER))
        said = self.log.read_text("utf-8")[-2000:]
        raise RuntimeError(f"{self.name} gave up:\n{said}")


def _measured(
    children: dict[str, _Child], sizes: Sizes, begin: Callable[[str], None]
) -> dict[str, dict[str, list[float]]]:
    """Samples of every contender by job: seconds of one, but of all of them for pictures and threads."""
    samples: dict[str, dict[str, list[float]]] = {name: {} for name in children}
    seed = 0
    order, chance = list(children.items()), random.Random(0)

    def turn(job: str, count: int) -> None:
        nonlocal seed
        seed += count
        chance.shuffle(order)  # so that nobody always comes after the same one
        for name, child in order:
            at = seed % max(1, sizes.products - count) if job == "find" else seed
            got = child.ask(job, count, at)
            samples[name].setdefault(job, []).extend(got if isinstance(got, list) else [got])

    turn("memory", 0)
    for job in _STAGES:
        begin(f"Measuring: {job}")
        for _ in range(_ROUNDS):
            turn(job, max(1, sizes.queries // _ROUNDS))
    for threads in CONCURRENCY:
        begin(f"Measuring: {threads} at a time")
        for _ in range(3):
            turn(f"at {threads}", max(threads, sizes.queries // 3))
    begin("Measuring: pictures")
    turn("pictures", sizes.pictures)  # to warm up; the floor prepares its pictures
    for name in samples:
        samples[name]["pictures"].clear()
    for _ in range(len(children)):
        turn("pictures", sizes.pictures)
    return samples


def _summary(samples: dict[str, list[float]], sizes: Sizes) -> dict[str, Any]:
    """Milliseconds by stage and percentile, throughputs a second (medians of rounds), memory in MB."""
    return {
        "milliseconds": {
            stage: {
                f"p{percent}": 1000 * float(np.percentile(samples[stage], percent))
                for percent in (50, 95, 99)
            }
            for stage in _STAGES
        },
        "queries_per_second": {
            str(threads): max(threads, sizes.queries // 3)
            / float(np.median(samples[f"at {threads}"]))
            for threads in CONCURRENCY
        },
        "pictures_per_second": sizes.pictures / float(np.median(samples["pictures"])),
        "memory_mb": samples["memory"][0],
    }


@contextmanager
def _child(name: str, root: Path, task: str) -> Iterator[_Child]:
    command = [sys.executable, "-m", "benchmarks.compare.child", name, str(root), task]
    file = root / f"{name}-{task}.log"
    with (
        file.open("w") as log,
        subprocess.Popen(  # noqa: S603  this interpreter, and a module of ours
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        try:
            yield _Child(name, process, file)
        finally:
            process.terminate()

"""One contender in a process of its own, told what to do by lines of JSON.

python -m benchmarks.compare.child CONTENDER FOLDER build
python -m benchmarks.compare.child CONTENDER FOLDER serve
"""

import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from benchmarks.compare.contenders import CONTENDERS, Contender
from benchmarks.compare.workload import Workload, query

ANSWER = "answer: "


def main() -> None:
    """Build an index, or search one; answers are lines of JSON on stdout."""
    name, folder, task = sys.argv[1:]
    contender = CONTENDERS[name](Workload.open(Path(folder)))
    if task == "build":
        answer(seconds_of(contender.build))
        return
    contender.open()
    contender.ask(query(-1))
    answer(True)  # the parent timed the cold start
    for line in sys.stdin:
        job = json.loads(line)
        answer(do(contender, job["do"], job["count"], job["seed"]))


def do(contender: Contender, job: str, count: int, seed: int) -> object:
    """Seconds of ``count`` repetitions of a job, or of all of them together; queries are never repeated."""
    texts = [query(seed + number) for number in range(count)]
    match job:
        case "ask":
            return [seconds_of(partial(contender.ask, text)) for text in texts]
        case "encode":
            return [seconds_of(partial(contender.encode, text)) for text in texts]
        case "find":
            vectors = contender.workload.vectors()[seed : seed + count]
            return [seconds_of(partial(contender.find, vector)) for vector in vectors]
        case "pictures":
            files = contender.workload.pictures()[:count]
            return seconds_of(lambda: contender.encode_pictures(files))
        case "memory":
            return memory()
    threads = int(job.removeprefix("at "))
    with ThreadPoolExecutor(threads) as pool:
        return seconds_of(lambda: list(pool.map(contender.ask, texts)))


def seconds_of(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def memory() -> float:
    """Resident memory of this process in MB."""
    status = Path("/proc/self/status").read_text("utf-8")
    [kilobytes] = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")]
    return int(kilobytes) / 1024


def answer(value: object) -> None:
    """Say it in a line that nothing which a library prints looks like."""
    print(ANSWER + json.dumps(value), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()

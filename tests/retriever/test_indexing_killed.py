"""Indexing killed (SIGKILL) at random moments: the index opens, and the next run completes it."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from retriever.catalogue import Catalogue
from retriever.encoder import Encoder
from retriever.errors import IndexMissingError
from retriever.features import FeatureCache
from retriever.index import EdgeIndex
from retriever.indexing import IndexingReport, index_catalogue

COUNT = 120
BATCH = 10
LAST_STEP = COUNT // BATCH + 2
"""After the batches come the beginning and the end of the finish, which the activation follows."""
ROOT = Path(__file__).resolve().parents[2]

# Imports once, which takes seconds, then forks a child for each line it reads: the child indexes into
# the folder named there and says when each batch is done.
CHILDREN = f"""
import os, sys, time
from itertools import count
from pathlib import Path
from retriever.catalogue import Catalogue
from retriever.encoder import Encoder
from retriever.features import FeatureCache
from retriever.index import EdgeIndex
from retriever.indexing import index_catalogue

def run(backbone, pictures, folder, after):
    steps = count(1)

    def tell(*step):
        print(*step, flush=True)
        if next(steps) > int(after):
            time.sleep(600)  # the kill was meant to come before; it comes now

    encoder = Encoder.load(backbone, device="cpu")
    index_catalogue(
        Catalogue.open(Path(pictures)),
        encoder,
        EdgeIndex(Path(folder) / "index"),
        cache=FeatureCache(Path(folder) / "features", encoder.fingerprint, encoder.dim),
        batch_size={BATCH},
        on_progress=tell,
    )

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        status = 1
        try:
            run(*line.rstrip().split("\\t"))
            status = 0
        finally:
            os._exit(status)
    print("pid", child, flush=True)
    print("ended", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(COUNT):
        noise = np.random.default_rng(number).integers(0, 256, (3, 2, 3), dtype=np.uint8)
        Image.fromarray(noise).resize((40, 60)).save(folder / f"{number:03}.png")
    return folder


@pytest.fixture(scope="module")
def children() -> Iterator["subprocess.Popen[str]"]:
    # One thread, as forking a process with a pool of them is not safe.
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", CHILDREN]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment,
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def run_and_kill(
    children: "subprocess.Popen[str]", job: list[str], after: int, delay: float
) -> int:
    """Kill a child ``delay`` seconds after step number ``after`` of its progress; its exit code."""
    assert children.stdin is not None
    assert children.stdout is not None
    children.stdin.write("\t".join([*job, str(after)]) + "\n")
    children.stdin.flush()
    word, pid = children.stdout.readline().split()
    assert word == "pid"
    for _ in range(after):
        assert children.stdout.readline().endswith(("encode\n", "finish\n"))
    time.sleep(delay)
    with contextlib.suppress(ProcessLookupError):  # it may have made it meanwhile
        os.kill(int(pid), signal.SIGKILL)
    while not (line := children.stdout.readline()).startswith("ended"):
        assert line
    return int(line.split()[1])


@pytest.mark.parametrize("after", [0, 1, 2, 3, 5, 7, 9, 11, 12, 13, LAST_STEP])
def test_a_killed_run_is_completed_by_the_next(
    children: "subprocess.Popen[str]",
    pictures: Path,
    tiny_backbone: Path,
    tiny_encoder: Encoder,
    tmp_path: Path,
    after: int,
) -> None:
    delay = random.uniform(0, 0.05)
    code = run_and_kill(children, [str(tiny_backbone), str(pictures), str(tmp_path)], after, delay)
    # A child that is killed after its last step may just have made it.
    assert code == -signal.SIGKILL or (after == LAST_STEP and code == 0), f"{delay=}"

    index = EdgeIndex(tmp_path / "index")
    loaded = 0
    if index.active() is None:
        with pytest.raises(IndexMissingError):
            index.open()
    for info in index.versions():
        with index.open(info.version) as version:
            loaded += version.count()
    # What was acknowledged is there; one more batch may have been written unsaid.
    acknowledged = min(COUNT, BATCH * after)
    assert loaded >= acknowledged, f"{delay=}"

    report = run(pictures, tiny_encoder, index, tmp_path)
    assert report.total == COUNT, f"{delay=}"
    assert report.unchanged == loaded, f"{delay=}"
    assert report.encoded <= COUNT - acknowledged, f"{delay=}"
    assert index.active() == report.version
    with index.open() as version:
        assert version.count() == COUNT
        assert sorted(version.keys()) == [f"{number:03}" for number in range(COUNT)]
    again = run(pictures, tiny_encoder, index, tmp_path)
    assert (again.encoded, again.unchanged, again.removed) == (0, COUNT, 0), f"{delay=}"
    assert len(index.versions()) == 1


def run(pictures: Path, encoder: Encoder, index: EdgeIndex, folder: Path) -> IndexingReport:
    cache = FeatureCache(folder / "features", encoder.fingerprint, encoder.dim)
    return index_catalogue(Catalogue.open(pictures), encoder, index, cache=cache, batch_size=BATCH)

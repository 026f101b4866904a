"""``shoplens index`` itself killed (SIGKILL) on its way: the index opens, and the next run completes it.

The command runs as a user runs it, in a process of its own, and its files say how far it is: the feature
cache what was encoded, the manifest what was written. A kill waits for a stage to begin, so that it
lands there however fast the machine is.
"""

import contextlib
import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from retriever.drawn import draw_shop
from retriever.encoder import Encoder
from retriever.errors import IndexMissingError
from retriever.features import FeatureCache
from retriever.index import open_index

SHOPLENS = Path(sys.executable).with_name("shoplens")
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class Progress:
    """What the files of a run show: pictures cached, products stored, whether the load was completed;
    and how often, since the run began, pictures were cached and products stored.
    """

    cached: int
    stored: int
    complete: bool
    encodings: int = 0
    writings: int = 0


def progress(data: Path, cache: FeatureCache) -> Progress | None:
    """None before there is a version to load into. Takes no lock, so the run is not disturbed."""
    versions = open_index(path=data / "index").versions()
    if not versions:
        return None
    cache.missing([])  # sees what the run has added
    return Progress(len(cache), versions[-1].count, versions[-1].complete)


def kill_when(
    command: list[str],
    data: Path,
    encoder: Encoder,
    reached: Callable[[Progress], bool],
    delay: float,
) -> tuple[int, Progress | None]:
    """Kill the command ``delay`` seconds after it got there; its exit code, and what was seen last."""
    cache = FeatureCache(data / "features", encoder.fingerprint, encoder.dim)
    before = seen = progress(data, cache)
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT
    ) as process:
        while process.poll() is None:
            seen = progress(data, cache)
            if seen is not None:
                old = before or Progress(0, 0, False)
                seen = replace(
                    seen,
                    encodings=old.encodings + (seen.cached != old.cached),
                    writings=old.writings + (seen.stored != old.stored),
                )
                if reached(seen):
                    break
            before = seen
            time.sleep(0.005)
        time.sleep(delay)
        with contextlib.suppress(ProcessLookupError):  # it may have ended meanwhile
            process.send_signal(signal.SIGKILL)
    return process.returncode, seen


def stored_ids(data: Path) -> set[str]:
    """Ids in the version that a run loads; every version must open, and what is served be complete."""
    index = open_index(path=data / "index")
    ids: set[str] = set()
    for info in index.versions():
        with index.open(info.version) as version:
            ids = set(version.keys())
            assert version.count() == len(ids)
    if index.active() is None:
        with pytest.raises(IndexMissingError, match="shoplens index"):
            index.open()
    else:
        with index.open() as version:
            assert version.info.complete
    return ids


def rerun(command: list[str], data: Path, ids: set[str]) -> dict[str, int]:
    """Let the command complete; every product must be served exactly once."""
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, check=False)
    assert done.returncode == 0, done.stderr
    with open_index(path=data / "index").open() as version:
        assert version.info.complete
        assert version.count() == len(ids)
        assert version.keys().keys() == ids
    report: dict[str, int] = json.loads(done.stdout)
    return report


def test_the_command_killed_in_every_stage_completes_in_the_end(
    tmp_path: Path, tiny_backbone: Path, tiny_encoder: Encoder
) -> None:
    shop = draw_shop(tmp_path / "shop", per_type=11, size=64)
    with shop.open(encoding="utf-8", newline="") as file:
        ids = {row["id"] for row in csv.DictReader(file)}
    assert len(ids) >= 600
    data = tmp_path / "data"
    command = [str(SHOPLENS), "index", str(shop), "--data-dir", str(data), "--json"]
    command += ["--encoder", str(tiny_backbone)]

    stages: list[tuple[str, Callable[[Progress], bool]]] = [
        ("encoding", lambda seen: True),
        ("writing", lambda seen: seen.encodings == 1),
        ("finishing", lambda seen: seen.stored == len(ids)),
    ]
    loaded: set[str] = set()
    for stage, reached in stages:
        delay = random.uniform(0, 0.02)
        code, seen = kill_when(command, data, tiny_encoder, reached, delay)
        assert code == -signal.SIGKILL, f"{stage}, {delay=}"
        assert seen is not None
        assert reached(seen), f"{stage}, {delay=}"
        held = stored_ids(data)
        assert loaded <= held <= ids, f"{stage}, {delay=}"
        assert len(held) >= seen.stored, f"{stage}, {delay=}"
        loaded = held

    report = rerun(command, data, ids)
    assert report["total"] == report["unchanged"] == len(ids)
    assert report["encoded"] == 0
    assert len(open_index(path=data / "index").versions()) == 1

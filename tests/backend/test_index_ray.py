"""``shoplens index --ray``: as a person types it, with a cluster of this machine."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ray")
ROOT = Path(__file__).resolve().parents[2]


def shoplens(folder: Path, backbone: Path, *arguments: str) -> tuple[Any, str]:
    """The JSON that a command printed in a process of its own, and what it said beside that."""
    done = subprocess.run(
        [sys.executable, "-m", "backend.cli", *arguments, "--json"],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SHOPLENS_ENCODER": str(backbone),
            "XDG_CACHE_HOME": str(folder / "cache"),
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


def test_a_cluster_encodes_and_the_index_holds_it(
    shop: Path, tmp_path: Path, tiny_backbone: Path
) -> None:
    path = str(shop.relative_to(tmp_path))
    report, said = shoplens(tmp_path, tiny_backbone, "index", path, "--ray", "local")
    assert (report["total"], report["added"], report["encoded"]) == (5, 5, 5)
    assert [row["id"] for row in report["set_aside"]] == ["p6"]
    assert "5 pictures were encoded by 1 machine with " in said
    assert "Traceback" not in said

    found, _ = shoplens(tmp_path, tiny_backbone, "search", "--image", str(shop.parent / "p3.png"))
    assert found["products"][0]["id"] == "p3"
    assert found["products"][0]["score"] == pytest.approx(1.0, abs=5e-3)

    again, said = shoplens(tmp_path, tiny_backbone, "index", path, "--ray", "local")
    assert (again["unchanged"], again["encoded"]) == (5, 0)
    assert "No picture had to be encoded" in said
    assert "warn" not in said.lower()

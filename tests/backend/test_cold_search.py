"""Search and chat in processes of their own: what they import once the text tower is exported."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from retriever.adapter import Adapter, AdapterConfig, Provenance, save_adapter
from retriever.encoder import Encoder

Run = Callable[..., Result]

ROOT = Path(__file__).resolve().parents[2]
HEAVY = (
    *("torch", "torchvision", "open_clip", "transformers", "llama_index", "pyarrow", "scipy"),
    *("sqlalchemy", "httpx", "matplotlib", "litellm", "fastapi", "qdrant_client"),
)
CODE = f"""
import atexit, sys
found = lambda: [name for name in {HEAVY!r} if name in sys.modules]
atexit.register(lambda: print("imported", *found(), file=sys.stderr))
from backend.cli import main
main()
"""


def cold(folder: Path, *arguments: str) -> tuple[Any, set[str]]:
    """The JSON that a command printed in a new process, and which of the heavy packages it imported."""
    done = subprocess.run(
        [sys.executable, "-c", CODE, *arguments, "--json"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said, *imported = done.stderr.splitlines()[-1].split()
    assert said == "imported"
    return json.loads(done.stdout), set(imported)


@pytest.mark.parametrize("adapted", [False, True])
def test_words_and_pictures_need_no_pytorch(
    run: Run,
    shop: Path,
    tiny_encoder: Encoder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    adapted: bool,
) -> None:
    monkeypatch.setenv("SHOPLENS_RUNTIME", "auto")
    arguments: tuple[str | Path, ...] = ()
    if adapted:
        adapter = Adapter(AdapterConfig(kind="naive", dim=tiny_encoder.dim, bottleneck=4))
        save_adapter(adapter, tmp_path / "mine", Provenance(tiny_encoder.fingerprint), "# card\n")
        arguments = ("--adapter", tmp_path / "mine")
    indexed = run("index", shop, *arguments)
    assert indexed.exit_code == 0, indexed.stderr

    exported, imported = cold(tmp_path, "search", "a red mug")
    assert imported == set()
    whole, imported = cold(tmp_path, "search", "a red mug", "--runtime", "torch")
    assert {"torch", "open_clip"} <= imported
    assert len(exported["products"]) == len(whole["products"]) == 5
    scores = {product["id"]: product["score"] for product in whole["products"]}
    for product in exported["products"]:
        assert product["score"] == pytest.approx(scores[product["id"]], abs=5e-3)

    picture = next(shop.parent.rglob("*.png"))
    found, imported = cold(tmp_path, "search", "--image", str(picture))
    assert imported == set()
    whole, _ = cold(tmp_path, "search", "--image", str(picture), "--runtime", "torch")
    for ours, theirs in zip(found["products"], whole["products"], strict=True):
        assert ours["score"] == pytest.approx(theirs["score"], abs=5e-3)

    events, imported = cold(tmp_path, "chat", "a red mug")
    assert imported == set()
    assert events

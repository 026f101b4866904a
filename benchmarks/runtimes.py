"""What runs a tower fastest on this machine, which the choice of `retriever.encoder.runtime` follows.

    python -m benchmarks.runtimes --encoder mini
    python -m benchmarks.runtimes --encoder ViT-B-32     # random weights, whose speed is that of any

Every candidate runs the same query and the same batch of pictures in turns. Medians, the fastest turn (which a
busy machine disturbs least), and the cosine to PyTorch's fp32.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor
from torch.nn import functional

from benchmarks.backbone import load_backbone
from retriever.encoder.exports import Source, exported_tower
from retriever.encoder.sources import picture_source, text_source
from retriever.encoder.text import TextTower
from retriever.encoder.tower import ExportedTower

Candidates = dict[str, Callable[[], Tensor]]
_QUERY = "a small orange plush toy with big eyes"


def main() -> None:
    """Run the benchmark and print a table, or JSON with ``--json``."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--encoder", default="mini")
    parser.add_argument("--batch", type=int, default=16, help="pictures at once")
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument(
        "--compile", action="store_true", help="torch.compile too, which takes minutes"
    )
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        encoder = load_backbone(given.encoder, Path(folder), "torch")
    tower = TextTower(encoder.model, encoder.tokenizer, torch.device("cpu"))
    tokens = tower.tokens([_QUERY])
    cut = tokens[:, : int(tower.lengths(tokens).max())]
    text, pictures = text_source(tower), picture_source(encoder.model)
    batch = pictures.probe[:1].repeat(given.batch, 1, 1, 1)
    with tempfile.TemporaryDirectory() as folder, torch.inference_mode():
        candidates: Candidates = {
            "torch, whole context": lambda: functional.normalize(
                encoder.model.encode_text(tokens), dim=-1
            )
        }
        candidates |= _candidates(text, cut, Path(folder), given.compile)
        rows = {"text": _raced(candidates, given.turns)}
        candidates = _candidates(pictures, batch, Path(folder), given.compile)
        rows["pictures"] = _raced(candidates, given.turns)
    if given.json:
        print(json.dumps(rows, indent=2))  # noqa: T201
        return
    table = Table("tower", "runtime", "median, ms", "fastest, ms", "cosine to torch")
    for name, found in rows.items():
        for runtime, (median, fastest, cosine) in found.items():
            table.add_row(name, runtime, f"{median:.2f}", f"{fastest:.2f}", f"{cosine:.5f}")
    Console(width=110).print(table)


def _candidates(source: Source, batch: Tensor, folder: Path, compiled: bool) -> Candidates:
    if exported_tower(source, folder) is None:
        raise SystemExit(f"the {source.name} tower cannot be exported; see the warning above")
    [place] = folder.glob(f"{source.name}-*")
    f32, bf16, int8 = (ExportedTower(place, precision) for precision in ("f32", "bf16", "int8"))
    candidates: Candidates = {
        "torch fp32": lambda: source.module(batch),
        "torch bf16 autocast": lambda: _in_bf16(source.module, batch),
        "openvino fp32": lambda: f32(batch),
        "openvino bf16": lambda: bf16(batch),
        "openvino int8": lambda: int8(batch),
    }
    if compiled:
        module = torch.compile(source.module, dynamic=False)
        candidates["torch bf16 compiled"] = lambda: _in_bf16(module, batch)
    return candidates


def _in_bf16(module: Callable[[Tensor], Tensor], batch: Tensor) -> Tensor:
    with torch.autocast("cpu", torch.bfloat16):
        features: Tensor = module(batch)
    return features.float()


def _raced(candidates: Candidates, turns: int) -> dict[str, tuple[float, float, float]]:
    """Median and fastest milliseconds of each, and its lowest cosine to the first one."""
    reference = next(iter(candidates.values()))()
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    cosines = {}
    for name, run in candidates.items():
        cosines[name] = float(functional.cosine_similarity(run(), reference).min())
    for _ in range(turns):
        for name, run in candidates.items():
            started = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - started)
    return {
        name: (1000 * float(np.median(times)), 1000 * min(times), cosines[name])
        for name, times in seconds.items()
    }


if __name__ == "__main__":
    main()

"""Adapters on disk: a folder with ``adapter.safetensors``, ``adapter.json`` and a card to read.

``adapter.json`` holds the config, the backbone's and the adapter's own fingerprint, the recipe and the
metrics; what it says of the weights is checked when they are loaded.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from safetensors import SafetensorError

from retriever.adapter.config import AdapterConfig
from retriever.adapter.frozen import FrozenAdapter
from retriever.errors import AdapterError

if TYPE_CHECKING:
    from retriever.adapter.adapter import Adapter, Provenance

WEIGHTS, CARD, CONFIG = "adapter.safetensors", "README.md", "adapter.json"


def save_adapter(adapter: "Adapter", folder: Path, provenance: "Provenance", card: str) -> None:
    """Write an adapter; ``card`` is Markdown. Raises `AdapterError` when it cannot be written."""
    from safetensors.torch import save_file

    record = {
        "config": adapter.config.model_dump(),
        "fingerprint": adapter.fingerprint,
        "backbone": provenance.backbone,
        "encoder": provenance.encoder,
        "recipe": provenance.recipe,
        "metrics": provenance.metrics,
    }
    weights = {name: value.contiguous() for name, value in adapter.state_dict().items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        save_file(weights, folder / WEIGHTS)
        (folder / CARD).write_text(card, encoding="utf-8")
        # Written last: without it the folder is no adapter.
        (folder / CONFIG).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise AdapterError(
            f"the adapter cannot be written to {folder}: {error.strerror or error}; "
            "choose another folder"
        ) from error


def read_record(folder: Path) -> dict[str, Any]:
    """What ``adapter.json`` says, without loading weights. Raises `AdapterError` as `load_adapter` does."""
    try:
        record = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        AdapterConfig.model_validate(record["config"])
        record |= {key: record[key] for key in ("backbone", "encoder", "recipe", "metrics")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(folder, str(error)) from error
    return dict(record)


def load_adapter(folder: Path) -> "tuple[Adapter, Provenance]":
    """Read an adapter; its ``spec`` is the folder's absolute path.

    Raises `AdapterError` when it is not there or not what its record says.
    """
    from safetensors.torch import load_file

    from retriever.adapter.adapter import Adapter, Provenance

    with _reading(folder):
        record: Any = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        adapter = Adapter(AdapterConfig.model_validate(record["config"]))
        adapter.load_state_dict(load_file(folder / WEIGHTS))
        provenance = Provenance(
            backbone=record["backbone"],
            encoder=record["encoder"],
            recipe=record["recipe"],
            metrics=record["metrics"],
        )
        _check(folder, adapter.fingerprint, record["fingerprint"])
    adapter.spec, adapter.backbone = str(folder.resolve()), provenance.backbone
    return adapter.eval(), provenance


def load_frozen_adapter(folder: Path) -> FrozenAdapter:
    """As `load_adapter`, to be applied only and without PyTorch."""
    from safetensors.numpy import load_file

    with _reading(folder):
        record: Any = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        config = AdapterConfig.model_validate(record["config"])
        adapter = FrozenAdapter(config, load_file(folder / WEIGHTS))
        adapter.backbone = record["backbone"]
        # Which names and shapes of weights too, so that they fit the config as they did when saved.
        _check(folder, adapter.fingerprint, record["fingerprint"])
    adapter.spec = str(folder.resolve())
    return adapter


@contextmanager
def _reading(folder: Path) -> Iterator[None]:
    """Raises `AdapterError` for what goes wrong in the block."""
    try:
        yield
    except FileNotFoundError as error:
        raise AdapterError(
            f"{folder} holds no adapter ({Path(error.filename or WEIGHTS).name} is missing); "
            "train one with `shoplens train`"
        ) from error
    except (OSError, ValueError, KeyError, TypeError, ValidationError, SafetensorError) as error:
        raise _damaged(folder, str(error)) from error
    except RuntimeError as error:  # load_state_dict: names or shapes that do not fit
        raise _damaged(folder, "weights and config do not belong together") from error


def _check(folder: Path, fingerprint: str, expected: str) -> None:
    if fingerprint != expected:
        raise _damaged(folder, "its weights are not those that its record names")


def _damaged(folder: Path, reason: str) -> AdapterError:
    return AdapterError(f"the adapter in {folder} is damaged: {reason}; train or copy it again")

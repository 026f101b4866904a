"""Adapters on disk: a folder with ``adapter.safetensors``, ``adapter.json`` and a card to read.

``adapter.json`` holds the config, the backbone's and the adapter's own fingerprint, the recipe and the
metrics; what it says of the weights is checked when they are loaded.
"""

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from retriever.adapter.adapter import Adapter, Provenance
from retriever.adapter.config import AdapterConfig
from retriever.errors import AdapterError

WEIGHTS, CARD, CONFIG = "adapter.safetensors", "README.md", "adapter.json"


def save_adapter(adapter: Adapter, folder: Path, provenance: Provenance, card: str) -> None:
    """Write an adapter; ``card`` is Markdown. Raises `AdapterError` when it cannot be written."""
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


def load_adapter(folder: Path) -> tuple[Adapter, Provenance]:
    """Read an adapter; its ``spec`` is the folder's absolute path.

    Raises `AdapterError` when it is not there or not what its record says.
    """
    try:
        record: Any = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        adapter = Adapter(AdapterConfig.model_validate(record["config"]))
        adapter.load_state_dict(load_file(folder / WEIGHTS))
        provenance = Provenance(
            backbone=record["backbone"],
            encoder=record["encoder"],
            recipe=record["recipe"],
            metrics=record["metrics"],
        )
        expected = record["fingerprint"]
    except FileNotFoundError as error:
        raise AdapterError(
            f"{folder} holds no adapter ({Path(error.filename or WEIGHTS).name} is missing); "
            "train one with `shoplens train`"
        ) from error
    except (OSError, ValueError, KeyError, TypeError, ValidationError, SafetensorError) as error:
        raise _damaged(folder, str(error)) from error
    except RuntimeError as error:  # load_state_dict: names or shapes that do not fit
        raise _damaged(folder, "weights and config do not belong together") from error
    if adapter.fingerprint != expected:
        raise _damaged(folder, "its weights are not those that its record names")
    adapter.spec, adapter.backbone = str(folder.resolve()), provenance.backbone
    return adapter.eval(), provenance


def _damaged(folder: Path, reason: str) -> AdapterError:
    return AdapterError(f"the adapter in {folder} is damaged: {reason}; train or copy it again")

"""Runs: one adapter trained on so many pairs of a domain with one seed, and its figures, kept as a file."""

import hashlib
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retriever.adapter import Adapter, Provenance, load_adapter, save_adapter
from training.adapt import train_adapter
from training.diagnostics import geometry
from training.evaluation.metrics import Values
from training.experiments.field import Field
from training.interpolate import interpolated
from training.recipes import RECIPES, Recipe
from training.retention import kept

ZERO_SHOT = "zero-shot"


@dataclass(frozen=True, slots=True)
class Run:
    """``method`` is a recipe's name, with ``alpha`` in place of its own where given; ``size`` pairs to
    train on (None: all); ``text_only`` leaves the pictures' embeddings as they are; ``keep`` takes the adapter
    back until drawn products keep 95% of their score (`training.retention`); ``share`` takes it back so far.
    """

    method: str
    domain: str
    seed: int = 0
    size: int | None = None
    alpha: float | None = None
    text_only: bool = False
    keep: bool = False
    share: float | None = None

    @property
    def key(self) -> str:
        """Name of its file; ends in a digest of the recipe, so that a recipe that changed is run anew."""
        parts = [self.method, self.domain, str(self.seed)]
        parts += [] if self.size is None else [f"n{self.size}"]
        parts += [] if self.alpha is None else [f"a{self.alpha:g}"]
        parts += ["text"] if self.text_only else []
        parts += ["kept"] if self.keep else []
        parts += [] if self.share is None else [f"s{self.share:g}"]
        record = json.dumps(self.recipe.record(), sort_keys=True)
        return "-".join([*parts, hashlib.sha256(record.encode()).hexdigest()[:8]])

    @property
    def recipe(self) -> Recipe:
        """What is trained."""
        recipe = RECIPES[self.method].seeded(self.seed)
        if self.alpha is not None:
            recipe = replace(recipe, alpha=self.alpha)
        return replace(recipe, towers="text") if self.text_only else recipe


@dataclass(frozen=True, slots=True)
class Outcome:
    """Figures of a run: per-query ``values`` by pool and metric, and the rest as a record."""

    values: dict[str, dict[str, Values]]
    record: dict[str, Any]

    def mean(self, pool: str, metric: str) -> float:
        """Mean over the queries of a pool."""
        return float(self.values[pool][metric].mean())


class Ledger:
    """The runs in a folder; those that are not there yet are run."""

    def __init__(self, folder: Path, field: Field) -> None:
        self.folder = folder / field.encoder.fingerprint[:8]
        self.field = field
        self.folder.mkdir(parents=True, exist_ok=True)

    def zero_shot(self) -> Outcome:
        """What there is before any training."""
        path = self.folder / f"{ZERO_SHOT}.npz"
        if not path.exists():
            adapter = Adapter.identity(self.field.encoder.dim)
            save_outcome(path, self.field.measure(adapter), {"geometry": self._geometry(adapter)})
        return load_outcome(path)

    def outcome(self, run: Run) -> Outcome:
        """The figures of a run: read, or made by training now."""
        path = self.folder / f"{run.key}.npz"
        if not path.exists():
            self._run(run, path)
        return load_outcome(path)

    def adapter(self, run: Run) -> Adapter:
        """The adapter that a run trained."""
        self.outcome(run)
        return load_adapter(self.folder / "adapters" / run.key)[0]

    def _run(self, run: Run, path: Path) -> None:
        if run.keep or run.share is not None:
            self._take_back(run, path)
            return
        field, domain = self.field, self.field.domains[run.domain]
        pairs, features = field.train_split(run.domain, augment=run.recipe.augment)
        val_pairs, val_features = domain.split("val")
        if run.size is not None:
            rows = _some(len(pairs), run.size, run.seed)
            pairs, features = pairs.subset(rows), features.subset(rows)
            # A shop with 50 pairs to train on does not have 800 to choose epochs by.
            kept = _some(len(val_pairs), min(run.size, len(val_pairs)), run.seed)
            val_pairs, val_features = val_pairs.subset(kept), val_features.subset(kept)
        started = time.perf_counter()
        adapter, fitted = train_adapter(run.recipe, (pairs, features), (val_pairs, val_features))
        record = {
            "seconds": time.perf_counter() - started,
            "pairs": len(pairs),
            "best_epoch": fitted.best_epoch,
            "epochs": len(fitted.history),
            "geometry": self._geometry(adapter, run.domain),
        }
        save_adapter(
            adapter,
            self.folder / "adapters" / run.key,
            Provenance(field.encoder.fingerprint, field.encoder.spec, run.recipe.record()),
            f"# {run.key}\n",
        )
        only = run.domain if run.size is not None else None
        save_outcome(path, field.measure(adapter, only), record)

    def _take_back(self, run: Run, path: Path) -> None:
        whole = replace(run, keep=False, share=None)
        adapter, share = self.adapter(whole), run.share
        if share is None:
            adapter, share = kept(adapter, self.field.probe)
        else:
            adapter = interpolated(adapter, share)
        geometry = self._geometry(adapter, run.domain)
        record = {**self.outcome(whole).record, "share": share, "geometry": geometry}
        only = run.domain if run.size is not None else None
        save_outcome(path, self.field.measure(adapter, only), record)

    def _geometry(self, adapter: Adapter, pool: str = "fashion") -> dict[str, float]:
        found = geometry(adapter, self.field.pools[pool].features)
        return {name: getattr(found, name) for name in found.__slots__}


def _some(count: int, size: int, seed: int) -> NDArray[np.int64]:
    return np.sort(np.random.default_rng(seed).permutation(count)[:size])


def save_outcome(path: Path, values: dict[str, dict[str, Values]], record: dict[str, Any]) -> None:
    """Write an outcome whole or not at all."""
    flat = {f"{pool}/{name}": v for pool, found in values.items() for name, v in found.items()}
    part = path.with_suffix(".part.npz")
    np.savez(part, record=np.array(json.dumps(record)), **flat)  # type: ignore[arg-type]
    part.replace(path)


def load_outcome(path: Path) -> Outcome:
    """Read what `save_outcome` wrote."""
    values: dict[str, dict[str, Values]] = {}
    with np.load(path) as file:
        for name in file.files:
            if name != "record":
                pool, metric = name.split("/")
                values.setdefault(pool, {})[metric] = file[name]
        record: dict[str, Any] = json.loads(str(file["record"]))
    return Outcome(values, record)

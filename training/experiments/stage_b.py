"""Stage B: what unfreezing the last block of each tower adds to a trained adapter, and what it forgets."""

import time
from collections.abc import Callable

from retriever.encoding import encode_missing
from training.domains import Caches
from training.evaluation.metrics import Values
from training.experiments.field import measure_pool
from training.experiments.runs import Ledger, Outcome, Run, load_outcome, save_outcome
from training.unfreeze import UnfreezeSettings, unfreeze

START = "words"


def stage_b(
    ledger: Ledger, seed: int, *, on_step: Callable[[int, int], None] | None = None
) -> Outcome:
    """The figures after Stage B from the `START` adapter of that seed on fashion: read, or made now."""
    path = ledger.folder / f"stage-b-fashion-{seed}.npz"
    if not path.exists():
        field = ledger.field
        pairs, _ = field.train_split("fashion", augment=False)
        started = time.perf_counter()
        settings = UnfreezeSettings(epochs=3, seed=seed)
        adapter = ledger.adapter(Run(START, "fashion", seed))
        encoder, adapter = unfreeze(field.encoder, adapter, pairs, settings, on_step=on_step)
        seconds = time.perf_counter() - started
        root = field.caches.pictures.folder.parents[1]
        caches = Caches.of(root, encoder)
        values: dict[str, dict[str, Values]] = {}
        for name, pool in field.pools.items():
            pictures = [p.picture for p in pool.pairs.products if p.picture is not None]
            encode_missing(encoder, caches.pictures, pictures)
            values[name] = measure_pool(pool, encoder, caches, adapter)
        save_outcome(path, values, {"seconds": seconds})
    return load_outcome(path)

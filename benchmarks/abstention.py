"""How well "nothing fits" is told: learnt on some queries, reported on others.

    python -m benchmarks.abstention [--json] [--learn] [--data-dir FOLDER]

The drawn shop is indexed without some of its product types. Queries for the types that are there (exact phrases
for their pictures) can be answered; queries for the missing types, and requests that no such shop answers ("a
car tyre"), cannot. The missing types of the learning half are others than those of the reported half, and so are the
foreign requests. ``--learn`` fits the model on the first half and stores it where `generator.abstention` ships it.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random

from rich.console import Console
from rich.table import Table

import generator.abstention as shipped_models
from generator.abstention import AbstentionModel, learn, query_features, shipped
from generator.searching import POOL
from retriever.catalogue import Catalogue
from retriever.drawn import draw_shop
from retriever.drawn.phrases import describe
from retriever.drawn.plan import TYPES, DrawnProduct, plan_shop
from retriever.encoder import Encoder
from retriever.features import FeatureCache
from retriever.index import EdgeIndex, IndexVersion
from retriever.indexing import index_catalogue
from retriever.search import ProductSearch

_PER_TYPE = 24
_QUERIES = 240
_FOREIGN = (
    "a car tyre", "an electric guitar", "a laptop with 16 GB of memory", "a bicycle pump", "dog food for puppies", "a garden hose",
    "a fishing rod", "a wireless printer", "a baby stroller", "a tent for four people", "motor oil", "a chess clock app",
    "a washing machine", "a ladder", "printer ink", "a snowboard", "a telescope", "concrete mix", "a violin bow", "a cordless drill",
    "a smartphone case", "contact lenses", "cat litter", "a lawn mower", "a surfboard wax", "plane tickets to Rome", "a kayak paddle",
    "a microscope", "a drum kit", "a sewing machine", "car insurance", "a router with wifi 6", "an air conditioner", "a hammer",
    "a hockey stick", "paint for the wall", "a radiator", "a mountain bike", "a graphics card", "vitamin tablets", "toothpaste",
    "a toilet seat", "a smoke detector", "a swimming pool cover", "a saxophone", "an aquarium filter", "a tripod", "a parachute",
    "a wheelbarrow", "shaving foam", "a hearing aid", "a trampoline", "a camping stove", "a safe with a code", "roof tiles",
    "a keyboard for gaming", "a horse saddle", "a skateboard ramp", "a vacuum cleaner", "an espresso subscription",
)  # fmt: skip


@contextmanager
def shop_without(types: Sequence[str], encoder: Encoder, folder: Path) -> Iterator[IndexVersion]:
    """The drawn shop indexed without these types; pictures and features are kept in ``folder``."""
    catalogue = draw_shop(folder / "demo-shop")
    gone = {product.id for product in plan_shop(0, _PER_TYPE) if product.visual.type in set(types)}
    rows = catalogue.read_text(encoding="utf-8").splitlines(keepends=True)
    part = catalogue.with_name("part.csv")
    part.write_text("".join(r for r in rows if r.split(",")[0] not in gone), encoding="utf-8")
    try:
        with tempfile.TemporaryDirectory() as place, EdgeIndex(Path(place)) as index:
            cache = FeatureCache(folder / "features", encoder.fingerprint, encoder.dim)
            index_catalogue(Catalogue.open(part), encoder, index, cache=cache)
            with index.open() as version:
                yield version
    finally:
        part.unlink()


def features_of(
    queries: Sequence[str], version: IndexVersion, encoder: Encoder
) -> list[list[float]]:
    search = ProductSearch(version=version, encoder=encoder)
    found = []
    for query in queries:
        scores = [item.score for item in search.search(query, limit=POOL)]
        found.append(query_features(query, scores[0], scores, version))
    return found


def queries_for(types: Sequence[str], seed: int, count: int) -> list[str]:
    """Phrases for products of these types from another seed of the shop, the types in turn."""
    rng = Random(seed)
    by_type: dict[str, list[DrawnProduct]] = {}
    for product in plan_shop(seed + 1, _PER_TYPE):
        by_type.setdefault(product.visual.type, []).append(product)
    return [
        rng.choice(describe(rng.choice(by_type[types[turn % len(types)]]).visual))
        for turn in range(count)
    ]


def measure(
    model: AbstentionModel, inside: Sequence[Sequence[float]], outside: Sequence[Sequence[float]]
) -> dict[str, float]:
    """Precision and recall of "nothing fits"; of features, so that a model is never asked twice."""
    false = sum(model.probability(f) < model.threshold for f in inside)
    right = sum(model.probability(f) < model.threshold for f in outside)
    return {
        "inside": len(inside),
        "outside": len(outside),
        "precision": round(right / max(1, right + false), 4),
        "recall": round(right / len(outside), 4),
        "wrongly_refused": round(false / len(inside), 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--learn", action="store_true", help="fit the model anew and store it")
    parser.add_argument("--data-dir", type=Path, default=Path(".shoplens"))
    options = parser.parse_args()
    encoder = Encoder.load("mini")
    shuffled = Random(7).sample(TYPES, len(TYPES))
    halves = {"learning": shuffled[:8], "reported": shuffled[8:20]}
    foreign = {"learning": _FOREIGN[::2], "reported": _FOREIGN[1::2]}
    results: dict[str, dict[str, float]] = {}
    model: AbstentionModel | None = None
    for number, (half, gone) in enumerate(halves.items()):
        with shop_without(gone, encoder, options.data_dir) as version:
            here = [kind for kind in TYPES if kind not in set(gone)]
            inside = features_of(queries_for(here, 10 + number, _QUERIES), version, encoder)
            missing = features_of(queries_for(gone, 20 + number, _QUERIES), version, encoder)
            strange = features_of(foreign[half], version, encoder)
            fingerprint = version.info.spec.fingerprint
        if half == "learning":
            if options.learn:
                model = learn(
                    inside, [*missing, *strange], fingerprint, "drawn shop, eight types missing"
                )
                folder = Path(shipped_models.__file__).parent
                (folder / "mini.json").write_text(
                    model.model_dump_json(indent=1) + "\n", encoding="utf-8"
                )
            model = model or shipped(fingerprint)
            if model is None:
                raise SystemExit("no model for this fingerprint; run with --learn")
        assert model is not None  # noqa: S101
        results[f"{half}: types that are missing"] = measure(model, inside, missing)
        results[f"{half}: foreign requests"] = measure(model, inside, strange)
        results[f"{half}: both"] = measure(model, inside, [*missing, *strange])
    if options.json:
        print(json.dumps(results, indent=2))  # noqa: T201
        return
    table = Table("queries", "inside", "outside", "precision", "recall", "wrongly refused")
    for name, row in results.items():
        table.add_row(
            name,
            *(
                f"{row[key]:g}"
                for key in ("inside", "outside", "precision", "recall", "wrongly_refused")
            ),
        )
    Console().print(table)


if __name__ == "__main__":
    main()

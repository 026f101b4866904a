"""How well "nothing fits" is told by an index that was calibrated without labels.

    python -m benchmarks.abstention [--json] [--part val] [--fashion ../shared/catalogues/fashion.parquet]

Each index lacks some of its kinds of products and is calibrated as `shoplens calibrate` does it, from its own
records. Then it is asked, in words that calibration never saw, for kinds that are there, for those that are
missing, and for foreign things ("a ladder") that are on no list of calibration. In the drawn shop the
questions are exact phrases for pictures, whose words its records hardly have; of photographs they are colours,
article types and audiences as shoppers put them. ``val`` hides other kinds than ``test`` and was used to
choose the signals; ``test`` is what is published.
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random

from rich.console import Console
from rich.table import Table

from generator.abstention import AbstentionModel, calibrate
from generator.abstention.features import Records, query_features
from generator.abstention.model import measure
from generator.abstention.queries import concepts
from generator.searching import POOL
from retriever.adapter import Adapter, open_adapter
from retriever.capabilities import Capabilities
from retriever.catalogue import Catalogue
from retriever.drawn import draw_shop
from retriever.drawn.phrases import describe
from retriever.drawn.plan import TYPES, DrawnProduct, plan_shop
from retriever.encoder import Encoder
from retriever.features import FeatureCache
from retriever.index import EdgeIndex
from retriever.indexing import index_catalogue
from retriever.product import Product
from retriever.query import Query
from retriever.search import ProductSearch

_PER_TYPE = 24
_QUERIES = 240
_FEWEST = 20
_FOREIGN = (
    "an electric guitar", "a bicycle pump", "a garden hose", "a wireless printer", "a tent for four people", "a chess clock app",
    "a ladder", "a snowboard", "concrete mix", "a cordless drill", "contact lenses", "a lawn mower", "a kayak paddle",
    "a drum kit", "car insurance", "an air conditioner", "a hockey stick", "a radiator", "a mountain bike", "vitamin tablets",
    "a toilet seat", "a smoke detector", "a saxophone", "a tripod", "a wheelbarrow", "a hearing aid", "a camping stove",
    "roof tiles", "a horse saddle", "a skateboard ramp", "an espresso subscription", "a jigsaw blade", "a crane truck",
    "a hotel room", "a lathe", "fish food", "a bow and arrows", "a stage light rig", "a beard trimmer", "a wedding photographer",
)  # fmt: skip
assert not set(_FOREIGN) & set(concepts())  # noqa: S101

Hidden = Callable[[Product], bool]


@contextmanager
def index_without(
    catalogue: Path, hidden: Hidden, encoder: Encoder, adapter: Adapter, features: Path
) -> Iterator[ProductSearch]:
    """The catalogue indexed, then without the hidden products; features are kept for the next run."""
    cache = FeatureCache(features, encoder.fingerprint, encoder.dim)
    with tempfile.TemporaryDirectory() as place, EdgeIndex(Path(place)) as index:
        index_catalogue(Catalogue.open(catalogue), encoder, index, cache=cache, adapter=adapter)
        with index.open() as version:
            gone = [r.product.id for batch in version.records() for r in batch if hidden(r.product)]
            version.delete(gone)
            yield ProductSearch(version=version, encoder=encoder, adapter=adapter)


def features_of(queries: Sequence[str], search: ProductSearch) -> list[list[float]]:
    embeddings = search.adapter.embed_texts(search.encoder.encode_texts(list(queries)), queries)
    found = []
    for text, embedding in zip(queries, embeddings, strict=True):
        pool = search.run(Query(text, embedding=embedding), limit=POOL)
        found.append(query_features(text, pool[0].score, pool, Records(search.version)))
    return found


def drawn_queries(types: Sequence[str], seed: int) -> list[str]:
    """Phrases for products of these types from another seed of the shop, the types in turn."""
    rng = Random(seed)
    by_type: dict[str, list[DrawnProduct]] = {}
    for product in plan_shop(seed + 1, _PER_TYPE):
        by_type.setdefault(product.visual.type, []).append(product)
    return [
        rng.choice(describe(rng.choice(by_type[types[turn % len(types)]]).visual))
        for turn in range(_QUERIES)
    ]


def fashion_queries(products: Sequence[Product], kinds: Sequence[str], rng: Random) -> list[str]:
    """What shoppers ask for products of these categories, the categories in turn."""
    by_kind = {
        kind: [p for p in products if (p.category or "").casefold() == kind] for kind in kinds
    }
    queries = []
    for turn in range(_QUERIES):
        kind = kinds[turn % len(kinds)]
        product = rng.choice(by_kind[kind])
        colour = str(product.attributes.get("base_colour", "")).casefold()
        gender = str(product.attributes.get("gender", "")).casefold()
        queries.append(
            rng.choice(
                [
                    f"{colour} {kind} for {gender}",
                    f"I need {kind} in {colour}",
                    f"{gender} {kind}, something {colour}",
                    f"nice {kind} for a wedding",
                ]
            )
        )
    return queries


def rows_for(
    label: str, search: ProductSearch, inside: list[str], missing: list[str]
) -> tuple[AbstentionModel, dict[str, dict[str, object]]]:
    """Calibrate, then measure on each kind of unanswerable query."""
    model = calibrate(search, Capabilities.read(search.version))
    here = features_of(inside, search)
    there = {"missing kinds": features_of(missing, search)}
    there["foreign requests"] = features_of(_FOREIGN, search)
    rows = {
        f"{label}: {name}": measure(model, here, outside).model_dump()
        for name, outside in there.items()
    }
    if model.measured:
        rows[f"{label}: what calibration itself reports"] = model.measured.model_dump()
    return model, rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--part", choices=("val", "test"), default="test")
    parser.add_argument("--fashion", type=Path, help="measure on these photographs too")
    parser.add_argument("--data-dir", type=Path, default=Path(".shoplens"))
    options = parser.parse_args()
    encoder = Encoder.load("mini")
    identity = Adapter.identity(encoder.dim)
    features = options.data_dir / "features"
    test = options.part == "test"
    results: dict[str, dict[str, object]] = {}

    shuffled = Random(7).sample(TYPES, len(TYPES))
    gone = shuffled[8:20] if test else shuffled[:8]
    drawn = draw_shop(options.data_dir / "demo-shop")
    ids = {product.id for product in plan_shop(0, _PER_TYPE) if product.visual.type in set(gone)}
    with index_without(drawn, lambda p: p.id in ids, encoder, identity, features) as search:
        here = [kind for kind in TYPES if kind not in set(gone)]
        inside, missing = drawn_queries(here, 10 + test), drawn_queries(gone, 20 + test)
        results |= rows_for("drawn shop, mini", search, inside, missing)[1]

    if options.fashion:
        rows = Catalogue.open(options.fashion).rows_with_products(check_pictures=False)
        products = [row.product for row in rows]
        names = [(product.category or "").casefold() for product in products]
        kinds = sorted({name for name in names if names.count(name) >= _FEWEST})
        Random(5).shuffle(kinds)
        gone = kinds[8:18] if test else kinds[:8]
        here = [kind for kind in kinds if kind not in gone]
        rng = Random(40 + test)
        away = set(gone)

        def is_gone(product: Product) -> bool:
            return (product.category or "").casefold() in away

        inside, missing = (fashion_queries(products, some, rng) for some in (here, gone))
        for label, adapter in (
            ("fashion, mini", identity),
            ("fashion, adapter fashion", open_adapter("fashion", encoder)),
        ):
            with index_without(
                options.fashion,
                is_gone,
                encoder,
                adapter,
                features,
            ) as search:
                results |= rows_for(label, search, inside, missing)[1]
    if options.json:
        print(json.dumps(results, indent=2))  # noqa: T201
        return
    table = Table("queries", "inside", "outside", "kept", "precision", "recall")
    for name, row in results.items():
        table.add_row(
            name, *(f"{row[key]:g}" for key in ("inside", "outside", "kept", "precision", "recall"))
        )
    Console().print(table)


if __name__ == "__main__":
    main()

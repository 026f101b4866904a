"""Calibration without labels: the catalogue's own records ask for what is there, and hidden or foreign
things for what is not.
"""

from collections.abc import Callable, Sequence
from random import Random

from generator.abstention.features import Records, query_features
from generator.abstention.model import AbstentionModel, learn, measure
from generator.abstention.queries import foreign_concepts, query_for
from generator.searching import POOL
from generator.understanding.words import tokens_of
from retriever.capabilities import Capabilities
from retriever.errors import CalibrationError
from retriever.product import Product
from retriever.query import Query
from retriever.search import ProductSearch
from retriever.where import In, Not, Where

PRODUCTS = 600
"""Products asked for, at most; some of them while they are hidden."""

_PARTS = 3  # to fit the weights, to set the threshold, to measure
_FEWEST = 20
_HIDDEN_SHARE = 0.25
_BATCH = 64
_FORGOTTEN_SHARE = 0.03
"""Of the words of answerable queries: taken as unknown, since shoppers have words that no record has."""

Progress = Callable[[int, int], None]


def calibrate(
    search: ProductSearch,
    capabilities: Capabilities,
    *,
    keep: float = 0.95,
    seed: int = 0,
    on_progress: Progress | None = None,
) -> AbstentionModel:
    """Learn when to say "nothing fits" for the served encoder, adapter and catalogue.

    Answerable queries are made of products' records (`query_for`), each asked as if its own product
    were not there. Unanswerable ones are the same for products of categories that are hidden by a filter,
    a quarter of the categories at a time, and bundled concepts whose noun no record has. Products are
    split into three parts by title, so that no title is in two: the weights are fitted on the first, the
    threshold keeps ``keep`` of the answerable queries of the second, the third is measured.

    About 800 dense searches and four times as many of words; texts are encoded in batches. Raises `CalibrationError` where too few products have words to ask by.
    """
    rng = Random(seed)
    parts = _products_by_part(search, rng)
    records = Records(search.version)
    concepts = foreign_concepts(records)
    rng.shuffle(concepts)
    hidden = _hidden(capabilities, rng)
    jobs: list[tuple[int, bool, str, Product | None, Where | None]] = []
    for number, products in enumerate(parts):
        where, gone = hidden[number]
        for product in products:
            text = query_for(product, rng)
            if text is None:
                continue
            missing = (product.category or "").casefold() in gone
            jobs.append((number, not missing, text, product, where))
        jobs += [(number, False, text, None, None) for text in concepts[number::_PARTS]]
    inside: list[list[list[float]]] = [[] for _ in range(_PARTS)]
    outside: list[list[list[float]]] = [[] for _ in range(_PARTS)]
    for start in range(0, len(jobs), _BATCH):
        batch = jobs[start : start + _BATCH]
        texts = [text for _, _, text, _, _ in batch]
        embeddings = search.adapter.embed_texts(search.encoder.encode_texts(texts), texts)
        for (number, answerable, text, own, where), embedding in zip(
            batch, embeddings, strict=True
        ):
            query = Query(text, embedding=embedding)
            forgotten = _forgotten(text, rng) if answerable else frozenset()
            features = _features(search, query, own, where, forgotten)
            if features is not None:
                (inside if answerable else outside)[number].append(features)
        if on_progress is not None:
            on_progress(start + len(batch), len(jobs))
    if min(map(len, (*inside, *outside))) < _FEWEST:
        raise CalibrationError(
            f"too few of the {capabilities.products} products have words in their title or category to "
            'calibrate "nothing fits" with; it stays uncalibrated'
        )
    model = learn(inside[0], outside[0], inside[1], capabilities, keep)
    return model.model_copy(update={"measured": measure(model, inside[2], outside[2])})


def _features(
    search: ProductSearch,
    query: Query,
    product: Product | None,
    where: Where | None,
    forgotten: frozenset[str],
) -> list[float] | None:
    own = frozenset() if product is None else frozenset({product.id})
    pool = search.run(query, where=where, limit=POOL + len(own))
    pool = [found for found in pool if found.product.id not in own][:POOL]
    if not pool:
        return None
    records = Records(search.version, where, own, forgotten)
    return query_features(query.text, pool[0].score, pool, records)


def _forgotten(text: str, rng: Random) -> frozenset[str]:
    return frozenset(t.word for t in tokens_of(text) if rng.random() < _FORGOTTEN_SHARE)


def _products_by_part(search: ProductSearch, rng: Random) -> list[list[Product]]:
    """Products in an order of chance, split by title."""
    ids = sorted(search.version.keys())
    rng.shuffle(ids)
    products = search.version.get(ids[:PRODUCTS])
    parts: list[list[Product]] = [[] for _ in range(_PARTS)]
    part_of: dict[str, int] = {}
    for product in products:
        part = part_of.setdefault(product.title.casefold(), len(part_of) % _PARTS)
        parts[part].append(product)
    return parts


def _hidden(capabilities: Capabilities, rng: Random) -> list[tuple[Where | None, Sequence[str]]]:
    """For each part a filter that hides some categories, and which."""
    field = next((field for field in capabilities.fields if field.name == "category"), None)
    values = [known.value for known in field.values] if field and field.complete else []
    if len(values) < _PARTS + 1:
        return [(None, ())] * _PARTS
    count = max(1, round(_HIDDEN_SHARE * len(values)))
    rng.shuffle(values)
    found: list[tuple[Where | None, Sequence[str]]] = []
    for number in range(_PARTS):
        gone = values[number * count : (number + 1) * count]
        found.append((Not(In("category", tuple(gone))), gone))
    return found

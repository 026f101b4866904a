"""Text augmentation: other words for a product's title, each encoded once and cached like any text."""

import random
from collections.abc import Callable, Sequence

from retriever.encoder import Encoder
from retriever.features import FeatureCache
from retriever.product import Product
from training.evaluation.attributes import Slot, attributes_of
from training.evaluation.brands import brands_of
from training.evaluation.suites import phrase
from training.pairs import Pairs, Wording, text_features

_DROPPED = 0.2
_SAID: tuple[tuple[Slot, ...], ...] = (
    ("colour", "type"),
    ("colour", "type", "gender"),
    ("pattern", "colour", "type"),
    ("colour", "material", "type"),
    ("usage", "colour", "type"),
)


def wordings(
    pairs: Pairs, encoder: Encoder, texts: FeatureCache, *, seed: int = 0
) -> tuple[Wording, ...]:
    """Four further wordings of each pair, seeded: the features of unseen ones are encoded and cached.

    Two drop words, one shuffles them after dropping the brand, and one is a template over the product's
    attributes ("navy blue shirt for men"). Where a product gives none, its title stands.
    """
    rng = random.Random(seed)
    brands = brands_of(pairs.products)
    ways: Sequence[Callable[[int], str]] = (
        lambda row: _drop_words(pairs.texts[row], rng),
        lambda row: _drop_words(pairs.texts[row], rng),
        lambda row: _shuffle(_without(pairs.texts[row], brands[row]), rng),
        lambda row: _template(pairs.products[row], rng) or pairs.texts[row],
    )
    made = [[way(row) for row in range(len(pairs))] for way in ways]
    return tuple(Wording(words, text_features(words, encoder, texts)) for words in made)


def _drop_words(text: str, rng: random.Random) -> str:
    return " ".join(word for word in text.split() if rng.random() >= _DROPPED) or text


def _shuffle(text: str, rng: random.Random) -> str:
    words = text.split()
    rng.shuffle(words)
    return " ".join(words)


def _without(text: str, brand: str) -> str:
    if brand and text.casefold().startswith(brand.casefold()):
        return text[len(brand) :].strip() or text
    return text


def _template(product: Product, rng: random.Random) -> str | None:
    known = attributes_of(product)
    fitting = [slots for slots in _SAID if all(slot in known for slot in slots)]
    if not fitting:
        return None
    return phrase({slot: rng.choice(known[slot]) for slot in rng.choice(fitting)})

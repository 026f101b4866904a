from dataclasses import replace
from pathlib import Path

from retriever.adapter import Adapter
from retriever.encoder import Encoder
from retriever.features import FeatureCache, text_key
from training.adapt import train_adapter
from training.augmentation import wordings
from training.domains import Caches, Domain
from training.evaluation import attribute_suite
from training.fit import FitSettings
from training.recipes import Recipe
from training.retention import Probe, kept


def test_an_adapter_is_taken_back_until_the_probe_holds(
    domain: Domain, tiny_encoder: Encoder, tmp_path: Path
) -> None:
    caches = Caches(
        FeatureCache(tmp_path, "a" * 32, 16), FeatureCache(tmp_path, "a" * 32, 16, kind="text")
    )
    pairs, features = domain.split("test")
    caches.pictures.put(pairs.picture_keys, features.pictures)
    wordings_of_queries = attribute_suite(pairs.products, wordings=[("colour", "type")], least=3)

    rows = [
        next(i for i, t in enumerate(pairs.texts) if q.text.split()[0] in t)
        for q in wordings_of_queries
    ]
    caches.texts.put([text_key(q.text) for q in wordings_of_queries], features.texts[rows])
    probe = Probe(
        replace(domain, pairs=pairs, features=features), wordings_of_queries, tiny_encoder, caches
    )
    fit = FitSettings(loss="multi-positive", rate=2e-2, batch=32, epochs=20, patience=20)
    recipe = Recipe(bottleneck=32, alpha=1.0, fit=fit)
    adapter, _ = train_adapter(recipe, domain.split("train"), domain.split("val"))
    zero = probe.score(Adapter.identity(16))
    whole, share = kept(adapter, probe, keep=0.0)
    assert share == 1.0
    assert whole.fingerprint == adapter.fingerprint
    strict = 1.0
    back, share = kept(adapter, probe, keep=strict)
    assert probe.score(back) >= strict * zero
    if probe.score(adapter) < zero:
        assert share < 1.0


def test_wordings_drop_brands_and_words_and_say_attributes(
    domain: Domain, tiny_encoder: Encoder, tmp_path: Path
) -> None:
    pairs, _ = domain.split("val")
    cache = FeatureCache(tmp_path, tiny_encoder.fingerprint, tiny_encoder.dim, kind="text")
    said = wordings(pairs, tiny_encoder, cache, seed=3)
    assert [len(w.words) for w in said] == [len(pairs)] * 4
    assert said[0].features.shape == (len(pairs), tiny_encoder.dim)
    dropped, _, shuffled, template = (w.words for w in said)
    assert all(set(d.split()) <= set(t.split()) for d, t in zip(dropped, pairs.texts, strict=True))
    assert any(len(d.split()) < len(t.split()) for d, t in zip(dropped, pairs.texts, strict=True))
    assert all(
        sorted(s.split()) == sorted(t.split()) for s, t in zip(shuffled, pairs.texts, strict=True)
    )
    colour = [product.attributes["colour"] for product in pairs.products]
    assert list(template) == [f"{c} thing" for c in colour]
    again = wordings(pairs, tiny_encoder, cache, seed=3)
    assert [list(w.words) for w in again] == [list(w.words) for w in said]

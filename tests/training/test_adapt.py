from dataclasses import replace

import numpy as np
import pytest

from retriever.adapter import Adapter
from retriever.errors import AdapterError, SettingsError
from training.adapt import train_adapter, val_score
from training.diagnostics import geometry
from training.domains import Domain
from training.fit import FitSettings
from training.interpolate import interpolated
from training.pairs import PairFeatures, Wording, positives_of
from training.recipes import RECIPES, Recipe

QUICK = FitSettings(loss="multi-positive", rate=5e-3, batch=32, epochs=15, patience=15)


def trained(domain: Domain, recipe: Recipe) -> Adapter:
    return train_adapter(recipe, domain.split("train"), domain.split("val"))[0]


def on_test(domain: Domain, adapter: Adapter) -> float:
    pairs, features = domain.split("test")
    return val_score(adapter, features, positives_of(pairs))


def test_words_bring_back_what_the_pooled_feature_lost(domain: Domain) -> None:
    zero = on_test(domain, Adapter.identity(16))
    residual = on_test(domain, trained(domain, Recipe(bottleneck=32, fit=QUICK)))
    words = on_test(domain, trained(domain, Recipe(bottleneck=32, words=True, fit=QUICK)))
    assert words > residual > zero
    assert words > zero + 0.15


def test_training_is_seeded(domain: Domain) -> None:
    recipe = replace(RECIPES["words"], fit=replace(QUICK, epochs=2))
    first, second = trained(domain, recipe), trained(domain, recipe)
    assert first.fingerprint == second.fingerprint
    assert trained(domain, recipe.seeded(1)).fingerprint != first.fingerprint


def test_other_wordings_are_learnt_from(domain: Domain) -> None:
    pairs, features = domain.split("train")
    empty = np.roll(features.texts, 1, axis=0)
    wrong = replace(features, wordings=(Wording(["?"] * len(pairs), empty),) * 3)
    recipe = Recipe(bottleneck=32, fit=QUICK)
    worse, _ = train_adapter(recipe, (pairs, wrong), domain.split("val"))
    assert on_test(domain, worse) < on_test(domain, trained(domain, recipe))


def test_without_validation_pairs_no_epoch_can_be_chosen(domain: Domain) -> None:
    pairs, features = domain.split("val")
    none = np.array([], np.int64)
    with pytest.raises(SettingsError, match="no validation pairs"):
        train_adapter(
            RECIPES["residual"], domain.split("train"), (pairs.subset(none), features.subset(none))
        )


def test_centring_needs_no_step(domain: Domain) -> None:
    adapter, fitted = train_adapter(RECIPES["centred"], domain.split("train"), domain.split("val"))
    assert fitted.history == []
    found = geometry(adapter, domain.split("train")[1])
    assert (
        found.modality_gap < geometry(Adapter.identity(16), domain.split("train")[1]).modality_gap
    )


@pytest.mark.parametrize("kind", ["residual", "linear"])
def test_interpolation_leads_from_zero_shot_to_the_adapter(domain: Domain, kind: str) -> None:
    recipe = replace(RECIPES[kind], fit=QUICK)
    adapter, features = trained(domain, recipe), domain.split("test")[1]

    def texts(made: Adapter) -> np.ndarray:
        return made.embed_texts(features.texts, features.words)

    assert np.allclose(texts(interpolated(adapter, 0.0)), features.texts, atol=1e-5)
    assert np.allclose(texts(interpolated(adapter, 1.0)), texts(adapter), atol=1e-6)
    drifts = [geometry(interpolated(adapter, s), features).drift_texts for s in (0.25, 0.5, 1.0)]
    assert drifts == sorted(drifts)
    assert drifts[0] > 1e-5


def test_a_naive_adapter_cannot_be_taken_back(domain: Domain) -> None:
    adapter = trained(domain, replace(RECIPES["naive"], fit=replace(QUICK, epochs=1)))
    with pytest.raises(AdapterError, match="begins at random"):
        interpolated(adapter, 0.5)
    with pytest.raises(AdapterError, match="between 0"):
        interpolated(Adapter.identity(16), 1.5)


def test_geometry_of_known_points() -> None:
    rows = np.eye(4, dtype=np.float32)
    found = geometry(Adapter.identity(4), PairFeatures(rows, rows))
    assert (found.alignment, found.modality_gap, found.drift_texts) == (0.0, 0.0, 0.0)
    assert found.uniformity_pictures == pytest.approx(-4.0)  # all pairs at squared distance 2
    assert found.neighbours_kept == 1.0
    one_point = np.repeat(rows[:1], 4, axis=0)
    assert geometry(Adapter.identity(4), PairFeatures(one_point, rows)).uniformity_texts == 0.0


def test_a_collapsed_adapter_scores_nothing(domain: Domain) -> None:
    pairs, features = domain.split("val")
    numbers = positives_of(pairs)
    one_point = replace(features, pictures=np.repeat(features.pictures[:1], len(pairs), axis=0))
    assert val_score(Adapter.identity(16), one_point, numbers) < 0.05
    broken = replace(features, pictures=features.pictures * np.nan)
    assert val_score(Adapter.identity(16), broken, numbers) == 0.0


def test_geometry_of_one_product() -> None:
    rows = np.eye(4, dtype=np.float32)[:1]
    assert geometry(Adapter.identity(4), PairFeatures(rows, rows)).neighbours_kept == 1.0

"""Calibration without labels: of what is served, stored beside it, and silent about everything else."""

from pathlib import Path

import pytest

from generator.abstention import AbstentionModel, Calibrations, calibrate
from generator.abstention.features import Records, query_features
from generator.abstention.model import FEATURES, catalogue_key, learn, measure
from generator.abstention.queries import concepts, foreign_concepts
from generator.searching import POOL
from generator.understanding.words import head_of
from retriever.capabilities import Capabilities
from retriever.encoder import Encoder
from retriever.errors import CalibrationError
from retriever.index import IndexVersion
from retriever.product import Product
from retriever.search import ProductSearch
from tests.generator.conftest import MakeVersion, Talk, product_of

NOUNS = "mug plate bowl shoe boot sandal bag purse lamp chair table sofa".split()
COLOURS = "Red Blue Green Black White Brown".split()


def shop() -> list[Product]:
    """216 products of 12 categories, each named by its noun."""
    return [
        product_of(
            (
                f"p{n}",
                f"{material} {noun}",
                f"Maker {n % 5}",
                noun,
                5.0 + n,
                colour,
                material,
                "",
                False,
            )
        )
        for n, (noun, colour, material) in enumerate(
            (noun, colour, material)
            for noun in NOUNS
            for colour in COLOURS
            for material in ("Cotton", "Steel", "Oak")
        )
    ]


@pytest.fixture(scope="module")
def shop_search(make_version: MakeVersion, tiny_encoder: Encoder) -> ProductSearch:
    return ProductSearch(version=make_version(shop()), encoder=tiny_encoder)


def test_an_index_calibrates_itself_and_tells_foreign_requests(
    shop_search: ProductSearch, tmp_path: Path
) -> None:
    capabilities = Capabilities.read(shop_search.version)
    told: list[tuple[int, int]] = []
    model = calibrate(shop_search, capabilities, on_progress=lambda *at: told.append(at))
    assert told[-1][0] == told[-1][1]
    assert model.measured is not None
    # The tiny encoder sees nothing in common between words and pictures: words alone must do it.
    assert model.measured.recall >= 0.8
    assert model.measured.kept >= 0.8
    kept = Calibrations(tmp_path / "calibrations")
    assert kept.find(capabilities) is None
    kept.save(model)
    assert kept.find(capabilities) == model
    assert model == calibrate(shop_search, capabilities)
    pool = shop_search.search("a lawn mower", limit=POOL)
    features = query_features("a lawn mower", pool[0].score, pool, Records(shop_search.version))
    assert model.refuses(features)


def test_a_model_of_another_catalogue_or_adapter_does_not_count(
    shop_search: ProductSearch, capabilities: Capabilities, tmp_path: Path
) -> None:
    ours = Capabilities.read(shop_search.version)
    assert ours.fingerprint == capabilities.fingerprint
    assert catalogue_key(ours) != catalogue_key(capabilities)
    model = learn([[1.0] * 6] * 9, [[0.0] * 6] * 9, [[1.0] * 6] * 9, ours)
    assert model.is_of(ours)
    assert not model.is_of(capabilities)
    assert not model.is_of(ours.model_copy(update={"fingerprint": "f" * 32}))
    kept = Calibrations(tmp_path)
    path = kept.save(model)
    assert kept.find(capabilities) is None
    for damaged in (b"{", b"\xff\xfe\x00"):
        path.write_bytes(damaged)
        assert kept.find(ours) is None


def test_the_threshold_keeps_the_stated_share(capabilities: Capabilities) -> None:
    def row(top: float) -> list[float]:
        return [top, 0.0, 0.0, 0.0, 0.0, 0.0]

    inside = [row(0.5 + n / 200) for n in range(100)]
    outside = [row(n / 120) for n in range(100)]
    strict = measure(learn(inside, outside, inside, capabilities, 0.9), inside, outside)
    mild = measure(learn(inside, outside, inside, capabilities, 0.99), inside, outside)
    assert (strict.kept, mild.kept) == (0.9, 0.99)
    assert strict.recall > mild.recall > 0.3


def test_a_catalogue_that_says_too_little_stays_uncalibrated(
    search: ProductSearch, capabilities: Capabilities
) -> None:
    with pytest.raises(CalibrationError, match="stays uncalibrated"):
        calibrate(search, capabilities)


def test_concepts_that_the_catalogue_has_are_left_out(version: IndexVersion) -> None:
    assert len(concepts()) >= 150
    assert all(head_of(text) for text in concepts())
    foreign = foreign_concepts(Records(version))
    assert "a car tyre" in foreign
    assert not any("boot" in text.split() for text in foreign)


async def test_a_reply_says_when_it_is_not_calibrated(talk: Talk) -> None:
    reply = await talk("a car tyre")
    assert reply.products.fits
    assert not reply.products.abstention.calibrated
    assert "not calibrated" in reply.products.abstention.reason


def test_the_features_are_six(capabilities: Capabilities) -> None:
    model = learn([[1.0] * 6] * 9, [[0.0] * 6] * 9, [[1.0] * 6] * 9, capabilities)
    assert isinstance(model, AbstentionModel)
    assert len(model.weights) == len(FEATURES) == 6

"""Indexing real files into the embedded engine with a tiny backbone."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from retriever.catalogue import Catalogue
from retriever.encoder import Encoder
from retriever.encoding import encode_missing
from retriever.errors import CatalogueError, FeatureCacheError, IndexLockedError, PictureError
from retriever.features import FeatureCache
from retriever.index import EdgeIndex, SearchRequest
from retriever.index.base import IndexVersion
from retriever.indexing import IndexingReport, Stage, index_catalogue
from retriever.lexical import query_terms
from retriever.picture import Picture

MakeBackbone = Callable[..., Path]
Row = dict[str, str]


class Shop:
    """A catalogue of ``rows`` in a folder, its index and its feature cache."""

    def __init__(self, folder: Path, encoder: Encoder, count: int = 12) -> None:
        self.folder = folder
        self.encoder = encoder
        self.index = EdgeIndex(folder / "index")
        self.rows: dict[str, Row] = {}
        for number in range(count):
            self.draw(f"{number}.png", number)
            colour = ("red", "green", "blue")[number % 3]
            self.rows[f"p{number}"] = {
                "id": f"p{number}",
                "title": f"{colour} thing number{number}",
                "colour": colour,
                "picture": f"{number}.png",
            }

    def draw(self, name: str, seed: int) -> None:
        noise = np.random.default_rng(seed).integers(0, 256, (6, 4, 3), dtype=np.uint8)
        Image.fromarray(noise).resize((40, 60)).save(self.folder / name)

    def catalogue(self) -> Catalogue:
        path = self.folder / "shop.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            rows = list(self.rows.values())
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        return Catalogue.open(path)

    def cache(self, encoder: Encoder | None = None) -> FeatureCache:
        by = encoder or self.encoder
        return FeatureCache(self.folder / "features", by.fingerprint, by.dim)

    def run(self, encoder: Encoder | None = None, *, rebuild: bool = False) -> IndexingReport:
        by = encoder or self.encoder
        cache = self.cache(by)
        return index_catalogue(
            self.catalogue(), by, self.index, cache=cache, batch_size=5, rebuild=rebuild
        )

    def stored(self) -> set[str]:
        with self.index.open() as version:
            return set(version.keys())

    def versions(self) -> list[str]:
        return [info.version for info in self.index.versions()]


@pytest.fixture
def shop(tmp_path: Path, tiny_encoder: Encoder) -> Shop:
    return Shop(tmp_path, tiny_encoder)


@pytest.fixture(scope="module")
def other_encoder(make_backbone: MakeBackbone) -> Encoder:
    return Encoder.load(str(make_backbone(seed=1)))


def counts(report: IndexingReport) -> tuple[int, ...]:
    """(added, updated, unchanged, removed, encoded)."""
    parts = (report.added, report.updated, report.unchanged, report.removed, report.encoded)
    assert report.total == sum(parts[:3])
    return parts


def test_a_catalogue_becomes_a_version_that_can_be_searched(shop: Shop) -> None:
    report = shop.run()
    assert counts(report) == (12, 0, 0, 0, 12)
    assert (report.version, report.set_aside) == ("v0001", [])
    assert shop.index.active() == "v0001"
    with shop.index.open() as version:
        assert version.info.complete
        assert version.info.spec.encoder == shop.encoder.spec
        assert version.info.spec.fields == {"colour": "keyword"}
        for number in range(12):
            image = Picture(shop.folder / f"{number}.png").open()
            embedding = shop.encoder.encode_pictures([image])[0]
            (hit,) = version.search(SearchRequest(limit=1, embedding=embedding))
            assert (hit.product.id, round(hit.score, 4)) == (f"p{number}", 1)
        (hit,) = version.search(SearchRequest(limit=1, terms=query_terms("number7")))
        assert hit.product.id == "p7"


def test_a_second_run_does_nothing(shop: Shop) -> None:
    shop.run()
    with shop.index.open() as version:
        before = version.vectors([f"p{number}" for number in range(12)])
    report = shop.run()
    assert counts(report) == (0, 0, 12, 0, 0)
    assert (report.version, shop.versions()) == ("v0001", ["v0001"])
    with shop.index.open() as version:
        after = version.vectors(list(before))
    assert all(np.array_equal(before[key], after[key]) for key in before)


def test_only_what_changed_is_written_and_encoded(shop: Shop) -> None:
    shop.run()
    shop.rows["p1"]["title"] = "a striped unicorn"
    shop.draw("2.png", 99)
    del shop.rows["p3"]
    shop.rows["p4"]["colour"] = "red"
    shop.draw("new.png", 100)
    shop.rows["p12"] = shop.rows["p5"] | {"id": "p12", "picture": "new.png"}
    shop.rows["p13"] = shop.rows["p5"] | {"id": "p13"}
    report = shop.run()
    assert counts(report) == (2, 3, 8, 1, 2)
    assert (report.version, shop.versions()) == ("v0001", ["v0001"])
    assert shop.stored() == set(shop.rows)
    with shop.index.open() as version:
        (hit,) = version.search(SearchRequest(limit=1, terms=query_terms("unicorn")))
        assert hit.product.id == "p1"
        changed = shop.encoder.encode_pictures([Picture(shop.folder / "2.png").open()])[0]
        np.testing.assert_allclose(version.vectors(["p2"])["p2"], changed, atol=1e-6)
    assert counts(shop.run()) == (0, 0, 13, 0, 0)


def test_unusable_pictures_are_set_aside_with_row_and_reason(shop: Shop) -> None:
    shop.run()
    (shop.folder / "4.png").write_bytes(b"not a picture")
    (shop.folder / "6.png").unlink()
    shop.rows["p7"]["picture"] = ""
    report = shop.run()
    # Line 1 is the header.
    assert [(item.row, item.id) for item in report.set_aside] == [(6, "p4"), (8, "p6"), (9, "p7")]
    reasons = [item.reason for item in report.set_aside]
    assert "not a picture" in reasons[0]
    assert "cannot be read" in reasons[1]
    assert "no picture" in reasons[2]
    # What cannot be used is not served with last week's price either.
    assert counts(report) == (0, 0, 9, 3, 0)
    assert shop.stored() == set(shop.rows) - {"p4", "p6", "p7"}
    shop.draw("4.png", 4)
    assert counts(shop.run()) == (1, 0, 9, 0, 0)


def test_another_encoder_gets_its_own_version(shop: Shop, other_encoder: Encoder) -> None:
    shop.run()
    report = shop.run(other_encoder)
    assert counts(report) == (12, 0, 0, 0, 12)
    assert (report.version, shop.versions()) == ("v0002", ["v0001", "v0002"])
    assert shop.index.active() == "v0002"
    # Back again: what was kept is brought up to date and served.
    shop.rows["p1"]["title"] = "a striped unicorn"
    report = shop.run()
    assert counts(report) == (0, 1, 11, 0, 0)
    assert (report.version, shop.index.active()) == ("v0001", "v0001")
    assert shop.versions() == ["v0001", "v0002"]


def test_other_fields_make_a_version_without_encoding(shop: Shop) -> None:
    shop.run()
    for number, row in enumerate(shop.rows.values()):
        row["size"] = "SML"[number % 3]
    report = shop.run()
    assert counts(report) == (12, 0, 0, 0, 0)
    assert report.version == "v0002"


def test_a_rebuild_starts_afresh_and_one_version_is_kept_to_roll_back(shop: Shop) -> None:
    shop.run()
    for version in ("v0002", "v0003"):
        report = shop.run(rebuild=True)
        assert counts(report) == (12, 0, 0, 0, 0)
        assert (report.version, shop.index.active()) == (version, version)
    assert shop.versions() == ["v0002", "v0003"]
    shop.index.activate("v0002")
    assert shop.run().version == "v0002"
    assert shop.versions() == ["v0002", "v0003"]


def test_an_interrupted_load_is_taken_up(shop: Shop, other_encoder: Encoder) -> None:
    shop.run()

    def interrupt(done: int, _total: int, _stage: Stage) -> None:
        if done >= 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index_catalogue(
            shop.catalogue(),
            other_encoder,
            shop.index,
            cache=shop.cache(other_encoder),
            batch_size=5,
            on_progress=interrupt,
        )
    assert shop.index.active() == "v0001"
    assert shop.stored() == set(shop.rows)
    report = shop.run(other_encoder)
    # The last two were encoded while the batch before them was written.
    assert counts(report) == (2, 0, 10, 0, 0)
    assert (report.version, shop.index.active()) == ("v0002", "v0002")


def test_a_version_left_over_is_dropped(shop: Shop) -> None:
    shop.run()
    with shop.index.open() as version:
        spec = version.info.spec
    shop.index.create(spec).close()
    assert shop.run().version == "v0001"
    assert shop.versions() == ["v0001"]


def test_a_version_that_another_has_open_is_left(shop: Shop) -> None:
    shop.run()
    with shop.index.open() as served:
        with pytest.raises(IndexLockedError):
            shop.run()
        shop.run(rebuild=True)
        shop.run(rebuild=True)
        assert shop.versions() == ["v0001", "v0002", "v0003"]
        assert served.count() == 12
    shop.run()
    assert shop.versions() == ["v0002", "v0003"]


def test_nothing_is_deleted_when_the_catalogue_fails(shop: Shop) -> None:
    shop.run()
    del shop.rows["p0"]
    catalogue = shop.catalogue()
    with catalogue.path.open("a", encoding="utf-8") as file:
        file.write('p99,"never closed')
    with pytest.raises(CatalogueError, match="check its quotes"):
        index_catalogue(catalogue, shop.encoder, shop.index, cache=shop.cache())
    assert len(shop.stored()) == 12


def test_nothing_is_deleted_when_no_row_can_be_used(shop: Shop) -> None:
    shop.run()
    for row in shop.rows.values():
        row["picture"] = f"elsewhere/{row['picture']}"
    with pytest.raises(CatalogueError, match=r"none of the 12 rows.*first: line 2 \(p0\)"):
        shop.run()
    assert len(shop.stored()) == 12


def test_a_cache_of_another_backbone_is_refused(shop: Shop, other_encoder: Encoder) -> None:
    with pytest.raises(FeatureCacheError, match="open the cache with that fingerprint"):
        index_catalogue(shop.catalogue(), shop.encoder, shop.index, cache=shop.cache(other_encoder))


def test_progress_counts_rows_and_then_the_finish(shop: Shop) -> None:
    (shop.folder / "4.png").write_bytes(b"not a picture")
    seen: list[tuple[int, int, Stage]] = []
    index_catalogue(
        shop.catalogue(),
        shop.encoder,
        shop.index,
        cache=shop.cache(),
        batch_size=5,
        on_progress=lambda *step: seen.append(step),
    )
    rows = [(5, 12, "encode"), (10, 12, "encode"), (12, 12, "encode")]
    assert seen == [*rows, (0, 1, "finish"), (1, 1, "finish")]


def test_a_version_is_told_of_when_complete_and_not_yet_served(shop: Shop) -> None:
    told: list[tuple[str | None, int, bool]] = []

    def complete(version: IndexVersion, changed: bool) -> None:
        told.append((shop.index.active(), len(version.keys()), changed))
        with pytest.raises(IndexLockedError):
            shop.index.open(version.info.version)

    for _ in range(2):
        index_catalogue(
            shop.catalogue(), shop.encoder, shop.index, cache=shop.cache(), on_complete=complete
        )
    assert told == [(None, 12, True), (shop.index.active(), 12, False)]


def test_encoding_fills_the_cache_with_each_picture_once(shop: Shop) -> None:
    cache = shop.cache()
    pictures = [Picture(shop.folder / f"{number}.png") for number in (0, 1, 0, 2)]
    bad = Picture(b"not a picture")
    encoded = encode_missing(shop.encoder, cache, [*pictures, bad])
    assert encoded.count == len(cache) == 3
    assert isinstance(encoded.failed.pop(bad.key), PictureError)
    assert encoded.failed == {}
    expected = shop.encoder.encode_pictures([picture.open() for picture in pictures])
    got = cache.get([picture.key for picture in pictures])
    np.testing.assert_allclose(got, expected, atol=1e-6)
    assert encode_missing(shop.encoder, cache, pictures).count == 0

"""Indexing: a catalogue, through the encoder and the feature cache, into a version of an index."""

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from retriever.adapter import Adapter, check_backbone
from retriever.catalogue import Catalogue, CatalogueReport, CatalogueRow, SetAside
from retriever.encoder import Encoder
from retriever.encoding import encode_missing
from retriever.errors import CatalogueError, PictureError
from retriever.features import FeatureCache
from retriever.fingerprint import fingerprint
from retriever.index import (
    IndexRecord,
    IndexSettings,
    IndexSpec,
    IndexVersion,
    ProductIndex,
    RecordKeys,
    SparseVector,
)
from retriever.lexical import terms_of_product
from retriever.picture import Picture
from retriever.product import Product
from retriever.versions import drop_old_versions, served_settings, version_to_load

Stage = Literal["encode", "finish"]
IndexingProgress = Callable[[int, int, Stage], None]
"""Called with (done, total, stage): rows of the catalogue, then 0 and 1 of 1 around the finish."""


@dataclass(frozen=True, slots=True)
class IndexingReport:
    """What one run did.

    ``total`` products are in ``version`` now: ``added + updated + unchanged``. ``encoded`` pictures went
    through the backbone, the others' features came from the cache. ``set_aside`` rows of the catalogue,
    in order, are not in the index. ``warnings`` say what was left out of products that are (a price that
    cannot be read) and what a person should know of the columns.
    """

    version: str
    total: int
    added: int
    updated: int
    unchanged: int
    removed: int
    encoded: int
    set_aside: list[SetAside]
    warnings: list[str]
    seconds: float


def index_catalogue(
    catalogue: Catalogue,
    encoder: Encoder,
    index: ProductIndex,
    *,
    cache: FeatureCache,
    adapter: Adapter | None = None,
    settings: IndexSettings | None = None,
    batch_size: int = 256,
    on_progress: IndexingProgress | None = None,
    on_product: Callable[[Product], None] | None = None,
    on_complete: Callable[[IndexVersion, bool], None] | None = None,
    rebuild: bool = False,
) -> IndexingReport:
    """Bring the index to exactly the usable products of the catalogue, and serve the result.

    Embeddings are what the adapter (None: the identity) makes of the encoder's features. Where the active
    version was made by the same encoder and adapter for the same fields and with the same ``settings``
    (None: as they are), it is updated in place:
    only new and changed products are written, only unseen pictures encoded, and products that the
    catalogue no longer has (or whose rows are unusable now) are deleted after all of it was read. Else,
    or with ``rebuild``, another version is loaded while the active one keeps being served, and the alias
    then moves; an interrupted load is taken up where it stopped. Of older versions the last one served
    stays, to roll back to.

    ``batch_size`` products are written while as many are encoded; no more are held in memory.
    ``on_product`` is called with every product that is in the index now, its picture included, changed or
    not, by the thread that writes. ``on_complete`` is called with the version once it holds the catalogue,
    before it is served unless it is already, and whether anything in it changed. Killed at any moment, the index
    opens and a further run completes it. Raises `CatalogueError` when the catalogue fails or has no
    usable row, `IndexLockedError` when another process holds the version, `FeatureCacheError` when the
    cache is of another backbone, `AdapterError` when the adapter is.
    """
    started = time.perf_counter()
    adapter = Adapter.identity(encoder.dim) if adapter is None else adapter
    check_backbone(adapter, encoder)
    spec = IndexSpec(
        fingerprint=fingerprint(encoder.fingerprint, adapter.fingerprint),
        encoder=encoder.spec,
        dim=encoder.dim,
        fields=dict(catalogue.fields),
        adapter=adapter.spec,
        settings=served_settings(index) if settings is None else settings,
    )
    served = index.active()
    with version_to_load(spec, index, served, rebuild) as version:
        load = _Load(encoder, adapter, version, cache)
        rows = catalogue.rows_with_products(check_pictures=False)
        report = catalogue.report

        def write(batch: Sequence[CatalogueRow], records: Sequence[IndexRecord]) -> None:
            load.write(records)
            if on_product is not None:
                for row in batch:
                    if load.holds(row.product.id):
                        on_product(row.product)

        # One batch is written while the next is encoded, and said to be done once it is written.
        with ThreadPoolExecutor(1, "index-writer") as writer:
            writing: tuple[Future[None], int] | None = None
            for batch in _batches(rows, batch_size):
                records = load.encode(batch, report)
                read = report.read
                if writing is not None:
                    _finish_writing(*writing, catalogue.rows, on_progress)
                writing = writer.submit(write, batch, records), read
            if writing is not None:
                _finish_writing(*writing, catalogue.rows, on_progress)
        set_aside = sorted(report.set_aside, key=lambda item: item.row)
        if not report.kept:
            raise CatalogueError(
                f"none of the {report.read} rows of {catalogue.path} can be used (first: "
                f"{catalogue.row_word} {set_aside[0]}); no product was deleted from the index"
            )
        load.remove_others()
        info = version.info
        if load.changed or not info.complete or info.graph_pending:
            if on_progress is not None:
                on_progress(0, 1, "finish")
            version.finish()
            if on_progress is not None:
                on_progress(1, 1, "finish")
        if on_complete is not None:
            on_complete(version, load.changed)
    notes = [*catalogue.notes, *report.warnings]
    if info.version != served:
        index.activate(info.version)
    elif index.copies and not index.take_back(info.version):
        # A copy of it with a graph, which lacks what was written here, would have made way again.
        notes.append(
            f"version {index.active()} came into service meanwhile, by another command, and stays; what was "
            f"written is in version {info.version}. Run the same again to bring this to what is served"
        )
    drop_old_versions(index, served)
    return IndexingReport(
        version=info.version,
        total=load.added + load.updated + load.unchanged,
        added=load.added,
        updated=load.updated,
        unchanged=load.unchanged,
        removed=load.removed,
        encoded=load.encoded,
        set_aside=set_aside,
        warnings=notes,
        seconds=time.perf_counter() - started,
    )


def _finish_writing(
    written: "Future[None]", read: int, rows: int, on_progress: IndexingProgress | None
) -> None:
    """Wait until a batch is written and say so. Raises what writing it raised."""
    written.result()
    if on_progress is not None:
        on_progress(read, rows, "encode")


@dataclass(frozen=True, slots=True)
class _Changed:
    """A product to be written, its picture, and the record but for its embedding."""

    row: CatalogueRow
    picture: Picture
    terms: SparseVector
    keys: RecordKeys


@dataclass(slots=True)
class _Load:
    """A version while a catalogue is brought into it."""

    encoder: Encoder
    adapter: Adapter
    version: IndexVersion
    cache: FeatureCache
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    encoded: int = 0
    _stored: dict[str, RecordKeys] = field(init=False)
    _seen: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._stored = self.version.keys()

    @property
    def changed(self) -> bool:
        """Whether anything was written or deleted."""
        return bool(self.added or self.updated or self.removed)

    def holds(self, product_id: str) -> bool:
        """Whether the product was in the catalogue so far, and usable."""
        return product_id in self._seen

    def encode(self, rows: Sequence[CatalogueRow], report: CatalogueReport) -> list[IndexRecord]:
        """Records of what is new or changed; rows with unusable pictures go to the report."""
        changed = [item for row in rows if (item := self._if_changed(row, report)) is not None]
        encoded = encode_missing(self.encoder, self.cache, [item.picture for item in changed])
        self.encoded += encoded.count
        usable: list[_Changed] = []
        for item in changed:
            if (error := encoded.failed.get(item.keys.picture)) is None:
                usable.append(item)
            else:
                report.set_aside_row(item.row.row, item.row.product.id, str(error))
        features = self.cache.get([item.keys.picture for item in usable])
        embeddings = self.adapter.embed_pictures(features)
        return [
            IndexRecord(item.row.product, embedding, item.terms, item.keys)
            for item, embedding in zip(usable, embeddings, strict=True)
        ]

    def write(self, records: Sequence[IndexRecord]) -> None:
        """Write records, which may be done while the next ones are encoded."""
        if records:
            self.version.upsert(records)
        for record in records:
            self._seen.add(record.product.id)
            if record.product.id in self._stored:
                self.updated += 1
            else:
                self.added += 1

    def remove_others(self) -> None:
        """Delete what is stored but was not in the catalogue; only once all of it was read."""
        others = sorted(self._stored.keys() - self._seen)
        if others:
            self.removed = self.version.delete(others)

    def _if_changed(self, row: CatalogueRow, report: CatalogueReport) -> _Changed | None:
        """None for a product that is stored as it is, and for one without a readable picture."""
        product = row.product
        try:
            if product.picture is None:
                raise PictureError("has no picture")
            picture_key = product.picture.key
        except PictureError as error:
            report.set_aside_row(row.row, product.id, str(error))
            return None
        terms = terms_of_product(product)
        keys = RecordKeys(picture=picture_key, record=_record_key(product, terms))
        if self._stored.get(product.id) == keys:
            self._seen.add(product.id)
            self.unchanged += 1
            return None
        return _Changed(row, product.picture, terms, keys)


def _record_key(product: Product, terms: SparseVector) -> str:
    """Hash (32 hex digits) of what is stored beside the embedding.

    The terms are in it although they come from the product, so that another way of making them (in a
    later version of shoplens) writes them anew.
    """
    record = json.dumps(product.model_dump(mode="json"), sort_keys=True).encode()
    digest = hashlib.blake2b(record, digest_size=16)
    digest.update(terms.indices.tobytes())
    digest.update(terms.values.tobytes())
    return digest.hexdigest()


def _batches(rows: Iterable[CatalogueRow], size: int) -> Iterator[list[CatalogueRow]]:
    remaining = iter(rows)
    while batch := list(islice(remaining, size)):
        yield batch

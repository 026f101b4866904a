"""Re-adapting: the products of the served version with another adapter, from cached features alone."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from retriever.adapter import Adapter, check_backbone
from retriever.embedding import SearchEncoder
from retriever.errors import (
    FeatureCacheError,
    IndexLockedError,
    IndexMissingError,
    ProductIndexError,
)
from retriever.features import FeatureCache
from retriever.fingerprint import fingerprint
from retriever.graph_copy import GraphCopy
from retriever.index import IndexRecord, IndexSpec, IndexVersion, ProductIndex, RecordKeys
from retriever.versions import drop_old_versions, fits

Part = Literal["read", "adapt", "write", "optimise"]
"""Where the time goes: reading stored records, the adapter, writing (or copying) points, building the graph."""

ReadaptingProgress = Callable[[int, int, Literal["adapt", "finish"]], None]
"""Called with (done, total, stage): products, then 0 and 1 of 1 around the finish."""

SERVED_WITHOUT_GRAPH = 250_000
"""Up to so many products are served before they have a graph. Comparing 100,000 x 512 takes a search about
10 ms; with many more than this, searches would rather wait for the graph than for each other."""


@dataclass(slots=True)
class ReadaptingReport:
    """What one run did.

    ``version`` is served now and holds ``total`` products, ``written`` of them by this run; ``previous``
    was served before. ``seconds`` is the time in all, ``served_after`` that until the new adapter was in
    service (what is left is a graph, built beside it), ``parts`` that of its parts. ``graph_error`` says why
    there is no graph yet, if building it failed: searches compare all products until the next run builds it.
    """

    version: str
    previous: str
    adapter: str
    total: int
    written: int = 0
    seconds: float = 0.0
    served_after: float = 0.0
    graph_error: str = ""
    parts: dict[Part, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, part: Part) -> Iterator[None]:
        """Adds the time of the block to its part."""
        started = time.perf_counter()
        yield
        self.parts[part] = self.parts.get(part, 0.0) + time.perf_counter() - started


def readapt(
    index: ProductIndex,
    encoder: SearchEncoder,
    adapter: Adapter,
    *,
    cache: FeatureCache,
    source: IndexVersion | None = None,
    batch_size: int = 2000,
    on_progress: ReadaptingProgress | None = None,
    on_complete: Callable[[IndexVersion, bool], None] | None = None,
) -> ReadaptingReport:
    """Serve the same products with another adapter: no catalogue is read and no picture encoded.

    Products, terms and keys come from the served version, features from the cache. The new version is made
    beside the served one, and then the alias moves. Engines that copy versions copy what does not change, all
    but the embeddings, and an interruption leaves nothing; the others get every product written anew,
    ``batch_size`` at a time, and an interrupted run is taken up. Where an engine builds the graph in this process, the
    version is served before it has one: the graph is built in a copy, to which the alias moves in turn, so that
    no search waits; killed before that, the next run builds it, or the next indexing. A version that already has
    this adapter, one kept to roll back to for instance, is brought up to date instead: where it holds the same
    products, only the alias moves.

    ``source`` is the served version where the caller has it open already; an embedded index is open in one
    process at a time. ``on_complete`` is called with the version before it is served, and whether embeddings were
    written. Raises, before anything is changed, `FeatureCacheError` when features are missing,
    `AdapterError` when the adapter is of another backbone, `IndexMissingError`, and `IndexLockedError`
    when another process has the served version open; `ProductIndexError` when the index was changed
    meanwhile (what is served then stays) or embeddings have no direction.
    """
    started = time.perf_counter()
    check_backbone(adapter, encoder)
    served = index.active()
    with ExitStack() as opened:
        with index.open() if source is None else nullcontext(source) as held:
            info = held.info
            if served is None or info.version != served:
                raise IndexMissingError(
                    f"version {info.version} of index {index.name!r} is not the one being served "
                    f"({served}); open that one and run this again"
                )
            # Before anything is read of it, so that whatever is written from now on is noticed.
            revision = index.revision(served) if index.copies else 0
            spec = replace(
                info.spec,
                fingerprint=fingerprint(encoder.fingerprint, adapter.fingerprint),
                encoder=encoder.spec,
                dim=encoder.dim,
                adapter=adapter.spec,
            )
            report = ReadaptingReport(served, served, adapter.spec, info.count)
            if fits(info.spec, spec):
                if on_complete is not None:
                    on_complete(held, False)
                copy = _graph_copy(index, held, report, opened)
            else:
                with report.timed("read"):
                    keys = held.keys()
                    _check_features(cache, encoder, keys)
                kept = _kept(index, spec, served)
                if kept is None and index.copies and spec.dim == info.spec.dim:
                    version = _copied(index, held, spec, adapter, cache, report, on_progress)
                else:
                    version = kept or index.create(spec)
                with version:
                    report.version = version.info.version
                    changed = report.written > 0 or _load(
                        held, keys, version, adapter, cache, batch_size, report, on_progress
                    )
                    if changed or not version.info.complete:
                        with report.timed("optimise"), _told(on_progress):
                            version.finish(graph=len(keys) > SERVED_WITHOUT_GRAPH)
                    if on_complete is not None:
                        on_complete(version, report.written > 0)
                    copy = _graph_copy(index, version, report, opened)
                if not index.copies and (index.active() != served or held.keys() != keys):
                    raise _changed(index, report)
        if index.copies and report.version != served:
            if not index.activate_instead(report.version, served, revision):
                raise _changed(index, report)
        elif report.version != served:
            index.activate(report.version)
        report.served_after = time.perf_counter() - started
        if copy is not None:
            _build_graph(copy, report, on_progress)
    if report.version != served:
        drop_old_versions(index, served)
    report.seconds = time.perf_counter() - started
    return report


def _changed(index: ProductIndex, report: ReadaptingReport) -> ProductIndexError:
    return ProductIndexError(
        f"index {index.name!r} was changed meanwhile, so version {report.version} is not served; run the same "
        "again, which writes only what changed"
    )


def _graph_copy(
    index: ProductIndex, version: IndexVersion, report: ReadaptingReport, opened: ExitStack
) -> GraphCopy | None:
    """A copy of an open version to build its graph in; None where it has one, or there is no space for it."""
    if not GraphCopy.wanted(index, version):
        return None
    try:
        return opened.enter_context(closing(GraphCopy(index, version)))
    except ProductIndexError as error:
        report.graph_error = str(error)
        return None


def _build_graph(
    copy: GraphCopy, report: ReadaptingReport, on_progress: ReadaptingProgress | None
) -> None:
    """The adapter is served by now, so what fails here is said in the report."""
    try:
        with report.timed("optimise"), _told(on_progress):
            if copy.build():
                report.version = copy.version
            else:
                report.graph_error = "the index was changed while it was built"
    except ProductIndexError as error:
        report.graph_error = str(error)


def _copied(
    index: ProductIndex,
    source: IndexVersion,
    spec: IndexSpec,
    adapter: Adapter,
    cache: FeatureCache,
    report: ReadaptingReport,
    on_progress: ReadaptingProgress | None,
) -> IndexVersion:
    """A copy of the source with the adapter's embeddings; not finished yet."""

    def embed(pictures: list[str]) -> NDArray[np.float32]:
        with report.timed("adapt"):
            embeddings = adapter.embed_pictures(cache.get(pictures))
        report.written += len(pictures)
        if on_progress is not None:
            on_progress(report.written, report.total, "adapt")
        return embeddings

    started = time.perf_counter()
    version = index.copy(source, spec, embed)
    report.parts["write"] = time.perf_counter() - started - report.parts.get("adapt", 0.0)
    return version


@contextmanager
def _told(on_progress: ReadaptingProgress | None) -> Iterator[None]:
    if on_progress is not None:
        on_progress(0, 1, "finish")
    yield
    if on_progress is not None:
        on_progress(1, 1, "finish")


def _load(
    source: IndexVersion,
    keys: dict[str, RecordKeys],
    version: IndexVersion,
    adapter: Adapter,
    cache: FeatureCache,
    batch_size: int,
    report: ReadaptingReport,
    on_progress: ReadaptingProgress | None,
) -> bool:
    """Bring a version to the products of the source, writing only what it does not have; whether it lacked any."""
    stored = version.keys()
    changed = {product_id for product_id, key in keys.items() if stored.get(product_id) != key}
    done = 0
    batches = source.records(batch_size) if changed else iter(())
    while True:
        with report.timed("read"):
            batch = next(batches, None)
        if batch is None:
            break
        fresh = [record for record in batch if record.product.id in changed]
        with report.timed("adapt"):
            embeddings = adapter.embed_pictures(cache.get([item.keys.picture for item in fresh]))
        with report.timed("write"):
            version.upsert(
                [
                    IndexRecord(record.product, embedding, record.terms, record.keys)
                    for record, embedding in zip(fresh, embeddings, strict=True)
                ]
            )
        done += len(batch)
        report.written += len(fresh)
        if on_progress is not None:
            on_progress(done, len(keys), "adapt")
    gone = stored.keys() - keys.keys()
    if gone:
        version.delete(sorted(gone))
    return bool(changed or gone)


def _check_features(
    cache: FeatureCache, encoder: SearchEncoder, keys: dict[str, RecordKeys]
) -> None:
    if cache.fingerprint != encoder.fingerprint:
        raise FeatureCacheError(
            f"the feature cache {cache.folder} is of the backbone {cache.fingerprint}, but encoder "
            f"{encoder.spec} is {encoder.fingerprint}; open the cache with that fingerprint"
        )
    pictures = [key.picture for key in keys.values()]
    missing = cache.missing(pictures)
    if missing:
        raise FeatureCacheError(
            f"the feature cache {cache.folder} lacks the features of {len(missing):,} of "
            f"{len(set(pictures)):,} pictures; run `shoplens index CATALOGUE` again, which encodes them. "
            "Nothing was changed"
        )


def _kept(index: ProductIndex, spec: IndexSpec, served: str) -> IndexVersion | None:
    """The newest version of that spec that can be opened."""
    for info in reversed(index.versions()):
        if info.version != served and fits(info.spec, spec):
            try:
                return index.open(info.version)
            except (IndexLockedError, IndexMissingError):
                continue  # still open elsewhere, perhaps for its last searches, or just dropped
    return None

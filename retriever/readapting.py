"""Re-adapting: the products of the served version with another adapter, from cached features alone."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from typing import Literal

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
from retriever.index import IndexRecord, IndexSpec, IndexVersion, ProductIndex, RecordKeys
from retriever.indexing import drop_old_versions, fits

Part = Literal["read", "adapt", "write", "optimise"]
"""Where the time goes: reading stored records, the adapter, writing points, building the graph."""

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
    service (what is left is a graph, built beside it), ``parts`` that of its parts.
    """

    version: str
    previous: str
    adapter: str
    total: int
    written: int = 0
    seconds: float = 0.0
    served_after: float = 0.0
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
) -> ReadaptingReport:
    """Serve the same products with another adapter: no catalogue is read and no picture encoded.

    Products, terms and keys come from the served version, features from the cache. The new version is
    loaded beside the served one, and then the alias moves. Where an engine builds the graph in this process, the
    version is served before it has one: the graph is built in a copy, to which the alias moves in turn, so that
    no search waits; killed before that, the next indexing builds it. A version that already has this adapter, one
    kept to roll back to or an interrupted run's, is brought up to date instead: where it holds the same
    products, only the alias moves.

    ``source`` is the served version where the caller has it open already; an embedded index is open in one
    process at a time. Raises, before anything is changed, `FeatureCacheError` when features are missing,
    `AdapterError` when the adapter is of another backbone, `IndexMissingError`, and `IndexLockedError`
    when another process has the served version open; `ProductIndexError` when another process changed
    the index meanwhile (what is served then stays).
    """
    started = time.perf_counter()
    check_backbone(adapter, encoder)
    served = index.active()
    with index.open() if source is None else nullcontext(source) as held:
        info = held.info
        if served is None or info.version != served:
            raise IndexMissingError(
                f"version {info.version} of index {index.name!r} is not the one being served "
                f"({served}); open that one and run this again"
            )
        spec = replace(
            info.spec,
            fingerprint=fingerprint(encoder.fingerprint, adapter.fingerprint),
            encoder=encoder.spec,
            dim=encoder.dim,
            adapter=adapter.spec,
        )
        report = ReadaptingReport(served, served, adapter.spec, info.count)
        if fits(info.spec, spec):
            if info.graph_pending and source is None:
                with report.timed("optimise"):
                    held.finish()
            report.seconds = report.served_after = time.perf_counter() - started
            return report
        with report.timed("read"):
            keys = held.keys()
            _check_features(cache, encoder, keys)
        with _target(index, spec, served) as version:
            report.version = version.info.version
            _load(held, keys, version, adapter, cache, batch_size, report, on_progress)
            early = index.copies and version.info.graph_pending
        if held.keys() != keys or index.active() != served:
            raise ProductIndexError(
                f"index {index.name!r} was changed by another process meanwhile, so version "
                f"{report.version} is not served; run the same again, which writes only what changed"
            )
    copy = index.copy(report.version) if early else None
    index.activate(report.version)
    report.served_after = time.perf_counter() - started
    if copy is not None:
        _build_graph(index, report, copy, on_progress)
    drop_old_versions(index, served)
    report.seconds = time.perf_counter() - started
    return report


def _build_graph(
    index: ProductIndex,
    report: ReadaptingReport,
    copy: str,
    on_progress: ReadaptingProgress | None,
) -> None:
    """Build the graph in a copy of the version that is served, and serve that, unless it was written to."""
    graphless = report.version
    revision = index.revision(graphless)
    with report.timed("optimise"), index.open(copy) as version:
        _finish(version, on_progress)

    def unchanged() -> bool:
        return index.active() in (graphless, copy) and index.revision(graphless) == revision

    if unchanged():
        index.activate(copy)
        if unchanged():
            report.version = copy
            with suppress(IndexLockedError):  # its last searches run; a later run drops it
                index.drop(graphless)
            return
        index.activate(graphless)
    with suppress(IndexLockedError):
        index.drop(copy)


def _finish(
    version: IndexVersion, on_progress: ReadaptingProgress | None, *, graph: bool = True
) -> None:
    if on_progress is not None:
        on_progress(0, 1, "finish")
    version.finish(graph=graph)
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
) -> None:
    """Bring a version to the products of the source, writing only what it does not have."""
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
    if changed or gone or not version.info.complete:
        with report.timed("optimise"):
            _finish(version, on_progress, graph=len(keys) > SERVED_WITHOUT_GRAPH)


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


def _target(index: ProductIndex, spec: IndexSpec, served: str) -> IndexVersion:
    """The newest version of that spec that can be opened, else a new one."""
    for info in reversed(index.versions()):
        if info.version != served and fits(info.spec, spec):
            try:
                return index.open(info.version)
            except IndexLockedError:
                continue  # still open elsewhere, perhaps for its last searches
    return index.create(spec)

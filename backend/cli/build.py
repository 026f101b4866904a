"""Building an index: what the commands ``index`` and ``demo`` share."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from rich.table import Column, Table

from backend.cli.calibrate import KEEP, calibrate_search
from backend.cli.console import note, progress_bar, status, warn
from backend.cli.place import Place
from backend.progress import ProgressFile
from backend.settings import Runtime
from retriever.adapter import IDENTITY, Adapter, load_adapter, locate_adapter, open_adapter
from retriever.catalogue import Catalogue, SetAside
from retriever.catalogue.report import by_kind
from retriever.encoder import Encoder
from retriever.errors import CalibrationError, PictureError
from retriever.features import FeatureCache
from retriever.index.base import IndexVersion
from retriever.indexing import IndexingReport, Stage, index_catalogue
from retriever.product import Product
from retriever.search import ProductSearch
from retriever.thumbnails import ThumbnailStore
from retriever.versions import served_settings

_WARNINGS = 5
_STAGES = {"encode": "Indexing", "finish": "Optimising"}


def build_index(
    catalogue: Catalogue,
    place: Place,
    encoder: str,
    adapter: str | None = None,
    *,
    runtime: Runtime = "auto",
    settings: Mapping[str, Any] | None = None,
    rebuild: bool = False,
    ray: str | None = None,
) -> IndexingReport:
    """Index a catalogue with progress on stderr, and keep small copies of its pictures.

    Without an adapter it is the one that the index is served with, as far as it fits the encoder.
    ``settings`` are those of `IndexSettings` to change; None stands for one that stays. ``ray`` is the
    address of a cluster that encodes the pictures first. What is new is calibrated before it is served: once
    it is, another process may hold it. The report's ``seconds`` and ``encoded`` are those of all of this.
    Raises what loading the encoder and the adapter, `encode_on_ray` and `index_catalogue` raise.
    """
    started = time.perf_counter()
    changed = {name: value for name, value in (settings or {}).items() if value is not None}
    with place.open() as index:
        # Now, and not after the encoder was loaded and a catalogue encoded on a cluster.
        index.check(replace(served_settings(index), **changed))
    with ProgressFile(place.folders.progress, place.name) as keep_progress:
        keep_progress(0, None, "Loading the encoder")
        with status(f"Loading the encoder {encoder}"):
            loaded = Encoder.load(encoder, runtime=runtime, exports=place.folders.exports)
            adapted = _adapter(adapter, loaded, place)
        thumbnails = ThumbnailStore(place.folders.pictures)
        lost: list[str] = []

        def keep_picture(product: Product) -> None:
            try:
                if product.picture is not None:
                    thumbnails.add(product.picture)
            except PictureError as error:
                lost.append(f"{product.id}: {error}")

        def tell(done: int, total: int, stage: Stage) -> None:
            bar(done, total, _STAGES[stage])
            keep_progress(done, total, _STAGES[stage])

        uncalibrated: list[str] = []

        def calibrated(version: IndexVersion, anew: bool) -> None:
            def tell(done: int, total: int) -> None:
                bar(done, total, "Calibrating")
                keep_progress(done, total, "Calibrating")

            search = ProductSearch(version=version, encoder=loaded, adapter=adapted)
            try:
                calibrate_search(search, place, KEEP, always=anew, on_progress=tell)
            except CalibrationError as error:
                uncalibrated.append(str(error))

        cache = FeatureCache(place.folders.features, loaded.fingerprint, loaded.dim)
        by_cluster = 0
        if ray is not None:
            by_cluster = _encode_on(ray, catalogue, loaded, cache, runtime, keep_progress)
        with progress_bar(_STAGES["encode"]) as bar, place.open() as index:
            report = index_catalogue(
                catalogue,
                loaded,
                index,
                cache=cache,
                adapter=adapted,
                settings=replace(served_settings(index), **changed),
                on_progress=tell,
                on_product=keep_picture,
                on_complete=calibrated,
                rebuild=rebuild,
            )
        if report.encoded:
            note(f"{report.encoded:,} pictures were encoded by {loaded.runtimes['pictures']}.")
        elif not by_cluster:
            note(
                "No picture had to be encoded: the features of all were kept, whatever runtime made them."
            )
        for reason in uncalibrated:
            note(reason)
        for reason in lost:
            warn(f"galleries will show no picture of product {reason}")
        return replace(
            report,
            encoded=report.encoded + by_cluster,
            seconds=time.perf_counter() - started,
        )


def _encode_on(
    address: str,
    catalogue: Catalogue,
    encoder: Encoder,
    cache: FeatureCache,
    runtime: Runtime,
    keep_progress: Callable[[int, int | None, str], None],
) -> int:
    """Let a Ray cluster encode what the cache lacks, and say so; how many pictures that were."""
    from retriever.ray_encoding import encode_on_ray

    stage = "Encoding on the cluster"

    def tell(done: int, total: int) -> None:
        bar(done, total, stage)
        keep_progress(done, total, stage)

    with progress_bar(stage) as bar:
        report = encode_on_ray(
            catalogue, encoder, cache, address, runtime=runtime, on_progress=tell
        )
    if not report.encoded:
        return 0
    machines = "1 machine" if report.nodes == 1 else f"{report.nodes:,} machines"
    gpus = f" and {report.gpus:,} GPUs" if report.gpus else ""
    note(f"{report.encoded:,} pictures were encoded by {machines} with {report.cpus:,} CPUs{gpus}.")
    return report.encoded


def _adapter(name: str | None, encoder: Encoder, place: Place) -> Adapter:
    if name is not None:
        return open_adapter(name, encoder, place.folders.adapters)
    with place.open() as index:
        active = index.active()
        specs = [info.spec for info in index.versions() if info.version == active]
    if not specs or specs[0].adapter == IDENTITY:
        return Adapter.identity(encoder.dim)
    [spec] = specs
    path = locate_adapter(spec.adapter, place.folders.adapters)
    if load_adapter(path)[0].backbone != encoder.fingerprint:
        note(f"Adapter {spec.adapter} is of another backbone; indexing without an adapter.")
        return Adapter.identity(encoder.dim)
    return open_adapter(spec.adapter, encoder, place.folders.adapters)


def indexing_table(report: IndexingReport, name: str) -> Table:
    """What a run did, in figures."""
    table = Table(f"index {name}", Column(f"version {report.version}", justify="right"))
    for label, count in (
        ("products", report.total),
        ("added", report.added),
        ("updated", report.updated),
        ("unchanged", report.unchanged),
        ("removed", report.removed),
        ("set aside", len(report.set_aside)),
        ("pictures encoded", report.encoded),
    ):
        table.add_row(label, f"{count:,}")
    table.add_row("seconds", f"{report.seconds:.1f}")
    return table


def tell_set_aside(set_aside: list[SetAside], row_word: str) -> None:
    """Name the reasons for rows that are not in the index, with the first row of each."""
    for kind, rows in by_kind(set_aside).items():
        warn(f"{len(rows):,} set aside, {kind}; the first is {row_word} {rows[0]}")
    if set_aside:
        note("`shoplens catalogue check` tells more of them, with --json all.")


def tell_warnings(warnings: list[str]) -> None:
    """Say what was left out of products that are in the index, such as prices; the first few of it."""
    for warning in warnings[:_WARNINGS]:
        warn(warning)
    if len(warnings) > _WARNINGS:
        note(f"... and {len(warnings) - _WARNINGS:,} more; `shoplens catalogue check` tells them.")

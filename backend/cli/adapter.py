"""``shoplens adapter``: see which adapters there are, and serve an index with another one."""

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from backend.cli.console import note, print_json, progress_bar, results, status, warn
from backend.settings import (
    DEFAULT_DATA_DIR,
    DEFAULT_NAME,
    ApiKeyOption,
    DataDirOption,
    DataFolders,
    JsonOption,
    NameOption,
    QdrantUrlOption,
    index_options,
)

if TYPE_CHECKING:
    from backend.cli.place import Place
    from retriever.index import IndexSpec, IndexVersion

app = typer.Typer(help="List adapters, and serve an index with another one.", no_args_is_help=True)

AdapterArgument = Annotated[
    str,
    typer.Argument(
        metavar="ADAPTER", help="Name or folder; identity is zero-shot.", show_default=False
    ),
]
_STAGES = {"adapt": "Adapting", "finish": "Optimising"}


@app.command()
def use(
    adapter: AdapterArgument,
    name: NameOption = DEFAULT_NAME,
    data_dir: DataDirOption = DEFAULT_DATA_DIR,
    qdrant_url: QdrantUrlOption = None,
    api_key: ApiKeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Serve the same products with another adapter, made from cached features: no picture is encoded.

    What is served stays in service until the new version is complete; interrupted, the same command again
    does what is left.
    """
    with status("Starting"):
        from backend.cli.calibrate import KEEP, calibrate_search
        from backend.cli.place import Place
        from retriever.adapter import open_adapter
        from retriever.encoder import Encoder
        from retriever.errors import CalibrationError, IndexLockedError
        from retriever.features import FeatureCache
        from retriever.readapting import readapt
        from retriever.search import ProductSearch

    place = Place(DataFolders(data_dir), name, qdrant_url, api_key)
    with place.open() as index:
        served = _served_spec(place)
        if served is None:
            index.open()  # raises: nothing is served
            return
        with status(f"Loading the encoder {served.encoder}"):
            encoder = Encoder.load(served.encoder)
            adapted = open_adapter(adapter, encoder, place.folders.adapters)
        cache = FeatureCache(place.folders.features, encoder.fingerprint, encoder.dim)
        calibrating = 0.0
        uncalibrated: list[str] = []

        def calibrated(version: "IndexVersion", anew: bool) -> None:
            nonlocal calibrating
            started = time.perf_counter()
            search = ProductSearch(version=version, encoder=encoder, adapter=adapted)
            try:
                calibrate_search(
                    search,
                    place,
                    KEEP,
                    always=anew,
                    on_progress=lambda done, total: bar(done, total, "Calibrating"),
                )
            except CalibrationError as error:
                uncalibrated.append(str(error))
            calibrating = time.perf_counter() - started

        with progress_bar(_STAGES["adapt"]) as bar:
            try:
                report = readapt(
                    index,
                    encoder,
                    adapted,
                    cache=cache,
                    on_progress=lambda done, total, stage: bar(done, total, _STAGES[stage]),
                    on_complete=calibrated,
                )
            except IndexLockedError as error:
                raise IndexLockedError(
                    f"{error}; or let the process that serves it swap the adapter itself "
                    "(ServedIndex.use_adapter)"
                ) from error
    for reason in uncalibrated:
        note(reason)
    if report.graph_error:
        warn(
            f"the products have no graph yet: {report.graph_error}. Until they have, searches compare them all; the "
            "same command again, or the next `shoplens index`, builds it"
        )
    if as_json:
        print_json({"name": name, **asdict(report)})
        return
    if report.version == report.previous:
        note(f"Index {name} is served with {adapter} already (version {report.version}).")
    else:
        made = f"{report.written:,} written" if report.written else "kept from before"
        note(
            f"Index {name}: version {report.version} with adapter {adapter} is served, "
            f"{report.total:,} products ({made}), after {report.served_after:.2f} s, of which calibrating "
            f'"nothing fits" took {calibrating:.2f}.'
        )
        graph = report.seconds - report.served_after
        if graph > 1 and not report.graph_error:
            note(f"Its graph took {graph:.0f} s more, beside it.")
    note(f'Next: shoplens search "what you look for"{index_options(name, data_dir, qdrant_url)}')


@app.command("list")
def list_(
    name: NameOption = DEFAULT_NAME,
    data_dir: DataDirOption = DEFAULT_DATA_DIR,
    qdrant_url: QdrantUrlOption = None,
    api_key: ApiKeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the adapters there are, and which one the index is served with."""
    from backend.cli.place import Place
    from retriever.adapter import IDENTITY, find_adapters, read_record

    place = Place(DataFolders(data_dir), name, qdrant_url, api_key)
    served = _served_spec(place)
    in_use = None if served is None else served.adapter
    rows: list[dict[str, Any]] = [{"name": IDENTITY, "kind": "identity", "folder": None}]
    for found, folder in find_adapters(place.folders.adapters).items():
        rows.append({"name": found, "folder": str(folder), **_described(read_record(folder))})
    for row in rows:
        row["in_use"] = row["name"] == in_use
    if as_json:
        print_json({"index": name, "in_use": in_use, "adapters": rows})
        return
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for title in (
        "adapter",
        "kind",
        "encoder",
        "trained on",
        "recall@10 before",
        "after",
        f"used by {name}",
    ):
        table.add_column(title)
    for row in rows:
        cells = [row["name"], row["kind"], row.get("encoder"), row.get("trained_on")]
        recalls = [_share(row.get(key)) for key in ("recall_before", "recall_after")]
        mark = "yes" if row["in_use"] else ""
        table.add_row(*(Text(str(cell or "")) for cell in (*cells, *recalls, mark)))
    results().print(table)
    if in_use is not None and not any(row["in_use"] for row in rows):
        note(f"Index {name} is served with the adapter {in_use}.")
    note(f"Next: shoplens adapter use NAME{index_options(name, data_dir, qdrant_url)}")


@app.command()
def show(adapter: AdapterArgument, data_dir: DataDirOption = DEFAULT_DATA_DIR) -> None:
    """Print the record of an adapter as JSON: its architecture, backbone, recipe and metrics."""
    from retriever.adapter import locate_adapter, read_record

    folder = locate_adapter(adapter, DataFolders(data_dir).adapters)
    print_json({"folder": str(folder), **read_record(folder)})


def _served_spec(place: "Place") -> "IndexSpec | None":
    """Spec of the served version; None before anything is served."""
    with place.open() as index:
        active = index.active()
        specs = [info.spec for info in index.versions() if info.version == active]
    return specs[0] if specs else None


def _described(record: dict[str, Any]) -> dict[str, Any]:
    """What the list tells of an adapter; what its record does not say is None."""
    metrics, recipe = record["metrics"], record["recipe"]
    return {
        "kind": record["config"]["kind"],
        "encoder": record["encoder"],
        "backbone": record["backbone"],
        "trained_on": recipe.get("trained_on"),
        "recall_before": metrics.get("zero_shot", {}).get("recall@10"),
        "recall_after": metrics.get("adapted", {}).get("recall@10"),
    }


def _share(recall: float | None) -> str | None:
    return None if recall is None else f"{recall:.3f}"

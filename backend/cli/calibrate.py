"""``shoplens calibrate``: learn when to say "nothing fits" from the index itself."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from backend.cli.console import note, print_json, progress_bar, results, status
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
    from generator.abstention import AbstentionModel
    from retriever.search import ProductSearch


KEEP = 0.95
"""Of the requests that a catalogue can answer, the share that is not to be refused."""


def calibrate(
    keep: Annotated[
        float,
        typer.Option(
            "--keep",
            min=0.5,
            max=0.999,
            help="Share of answerable requests that must not be refused.",
        ),
    ] = KEEP,
    name: NameOption = DEFAULT_NAME,
    data_dir: DataDirOption = DEFAULT_DATA_DIR,
    qdrant_url: QdrantUrlOption = None,
    api_key: ApiKeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Learn when to tell shoppers that nothing fits, for the encoder, adapter and products being served.

    No labels are needed: the catalogue's own records ask for what it has, hidden categories and foreign
    things for what it has not. Repeat it after large changes; without it, replies say "not calibrated".
    """
    from backend.cli.place import Place

    model = calibrate_index(Place(DataFolders(data_dir), name, qdrant_url, api_key), keep)
    if as_json:
        print_json(model.model_dump(mode="json"))
        return
    from rich.table import Table

    table = Table(f"index {name}", "held-out queries made of its records")
    if (measured := model.measured) is not None:
        table.add_row("answerable requests answered", f"{measured.kept:.1%} of {measured.inside}")
        table.add_row(
            "unanswerable requests told so", f"{measured.recall:.1%} of {measured.outside}"
        )
        table.add_row("of the refused, rightly", f"{measured.precision:.1%}")
    results().print(table)
    note(f"Next: shoplens chat{index_options(name, data_dir, qdrant_url)}")


def calibrate_index(place: "Place", keep: float = KEEP) -> "AbstentionModel":
    """Calibrate what is served and keep the result. Raises what opening it and `calibrate` raise."""
    from retriever.adapter import open_adapter
    from retriever.encoder import Encoder
    from retriever.search import ProductSearch

    with place.open() as index, index.open() as version:
        with status("Loading the encoder"):
            spec = version.info.spec
            encoder = Encoder.load(spec.encoder)
            adapter = open_adapter(spec.adapter, encoder, place.folders.adapters)
        search = ProductSearch(version=version, encoder=encoder, adapter=adapter)
        with progress_bar("Calibrating") as bar:
            return calibrate_search(search, place, keep, always=True, on_progress=bar)


def calibrate_search(
    search: "ProductSearch",
    place: "Place",
    keep: float,
    *,
    always: bool,
    on_progress: Callable[[int, int], None],
) -> "AbstentionModel":
    """Calibrate the version that is searched; without ``always`` only where that was not done yet.

    Raises `CalibrationError`.
    """
    from generator.abstention import Calibrations
    from generator.abstention import calibrate as learn
    from retriever.capabilities import Capabilities

    calibrations = Calibrations(place.folders.calibrations)
    capabilities = Capabilities.read(search.version)
    model = None if always else calibrations.find(capabilities)
    if model is None:
        model = learn(search, capabilities, keep=keep, on_progress=on_progress)
        calibrations.save(model)
    return model

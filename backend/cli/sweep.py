"""``shoplens sweep``: find a recipe for a catalogue's adapter on its validation products."""

from typing import Annotated, Any

import typer

from backend.cli.catalogue_options import (
    AspectOption,
    ConfigOption,
    PathArgument,
    RoleOption,
    open_catalogue,
    options_again,
)
from backend.cli.console import note, print_json, progress_bar, results, status
from backend.settings import (
    DEFAULT_DATA_DIR,
    DEFAULT_ENCODER,
    DataDirOption,
    DataFolders,
    EncoderOption,
    JsonOption,
)


def sweep(
    path: PathArgument,
    trials: Annotated[int, typer.Option("--trials", min=1, help="Finished ones, in all.")] = 40,
    seed: Annotated[int, typer.Option("--seed", help="Of the search, training and splits.")] = 0,
    data_dir: DataDirOption = DEFAULT_DATA_DIR,
    encoder: EncoderOption = DEFAULT_ENCODER,
    config: ConfigOption = None,
    role: RoleOption = None,
    picture_aspect: AspectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try recipes on a catalogue and keep the one that does best on its validation products.

    The test products are not read. Run again with more trials to go on.
    """
    catalogue = open_catalogue(path, config=config, roles=role or (), aspect=picture_aspect)
    from retriever.encoder import Encoder
    from training.domains import Caches, domain_of
    from training.sweep import run_sweep, save_recipe

    folders = DataFolders(data_dir)
    with status(f"Loading the encoder {encoder}"):
        loaded = Encoder.load(encoder)
    with status("Reading the catalogue, encoding what is new"):
        domain = domain_of(
            path.stem, catalogue, loaded, Caches.of(folders.features, loaded), seed=seed
        )
    place = folders.root / "sweeps" / f"{path.stem}-{loaded.fingerprint[:8]}-{seed}"
    with progress_bar("Trying recipes") as bar:
        study = run_sweep(
            path.stem,
            place.with_suffix(".db"),
            domain.split("train"),
            domain.split("val"),
            trials=trials,
            seed=seed,
            on_trial=lambda done, best: bar(done, trials, f"Best so far {best:.3f}"),
        )
    best = study.best_trial
    save_recipe(best.user_attrs["recipe"], place.with_suffix(".json"))
    finished = [t for t in study.trials if t.value is not None and "recipe" in t.user_attrs]
    finished.sort(key=lambda t: -(t.value or 0.0))
    if as_json:
        print_json(
            {
                "recipe_file": str(place.with_suffix(".json")),
                "best": best.value,
                "recipe": best.user_attrs["recipe"],
                "trials": [{"mrr": t.value, **t.params} for t in finished],
            }
        )
        return
    results().print(_table(finished[:10]))
    note(f"{len(study.trials)} trials, {len(finished)} finished, the others were cut short.")
    again = options_again(
        seed=seed,
        data_dir=data_dir,
        encoder=encoder,
        config=config,
        roles=role or (),
        aspect=picture_aspect,
    )
    note(f"Next: shoplens train {path} --recipe {place.with_suffix('.json')}{again}")


def _table(trials: list[Any]) -> Any:
    from rich.table import Table

    table = Table("val MRR", *trials[0].params, title="The best recipes")
    for trial in trials:
        cells = (f"{v:.3g}" if isinstance(v, float) else str(v) for v in trial.params.values())
        table.add_row(f"{trial.value:.3f}", *cells)
    return table

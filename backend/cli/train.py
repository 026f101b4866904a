"""``shoplens train``: an adapter for a catalogue, in seconds, from cached features."""

import re
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from backend.cli.catalogue_options import (
    AllowUrlsOption,
    AspectOption,
    ConfigOption,
    CurrencyOption,
    PathArgument,
    RoleOption,
    open_catalogue,
    options_again,
)
from backend.cli.console import note, print_json, progress_bar, results, status, warn
from backend.settings import (
    DEFAULT_DATA_DIR,
    DEFAULT_ENCODER,
    DEFAULT_NAME,
    DataDirOption,
    DataFolders,
    EncoderOption,
    JsonOption,
    index_options,
)
from retriever.errors import SettingsError


def train(
    path: PathArgument,
    name: Annotated[
        str | None,
        typer.Option(
            "--as", metavar="NAME", help="Name of the adapter.", show_default="the catalogue's"
        ),
    ] = None,
    recipe: Annotated[
        str,
        typer.Option(
            "--recipe",
            metavar="NAME|FILE",
            help="A published recipe, or a file that a sweep wrote.",
        ),
    ] = "words",
    feedback: Annotated[
        Path | None,
        typer.Option(
            "--feedback",
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="What `shoplens feedback export` wrote: queries and products that answer them, as further "
            "pairs to train on.",
        ),
    ] = None,
    augment: Annotated[
        bool,
        typer.Option("--augment", help="Say titles in other words too; encodes each of them once."),
    ] = False,
    alpha: Annotated[
        float | None, typer.Option("--alpha", help="Weight of the residual, 0 to 1.")
    ] = None,
    loss: Annotated[str | None, typer.Option("--loss", help="Name of a loss.")] = None,
    epochs: Annotated[int | None, typer.Option("--epochs", min=1)] = None,
    hard_negatives: Annotated[
        int | None,
        typer.Option("--hard-negatives", min=0, help="Mined for each text, every epoch."),
    ] = None,
    keep: Annotated[
        float,
        typer.Option(
            "--keep",
            min=0,
            max=1,
            help="Take the adapter back until it keeps this share of zero-shot's score on drawn "
            "products, which are not the catalogue's; 0 leaves it as it is.",
        ),
    ] = 0.95,
    seed: Annotated[int, typer.Option("--seed", help="Of training, and of splits made here.")] = 0,
    data_dir: DataDirOption = DEFAULT_DATA_DIR,
    encoder: EncoderOption = DEFAULT_ENCODER,
    config: ConfigOption = None,
    role: RoleOption = None,
    picture_aspect: AspectOption = None,
    currency: CurrencyOption = None,
    allow_urls: AllowUrlsOption = False,
    as_json: JsonOption = False,
) -> None:
    """Train an adapter on a catalogue's titles and pictures, and measure it on held-out products.

    The backbone stays as it is: it encodes what the cache does not hold yet, and training reads the cache.
    An interrupted training goes on where it was. Epochs are chosen on the validation products; the test
    products are measured once, at the end.
    """
    catalogue = open_catalogue(
        path,
        config=config,
        roles=role or (),
        aspect=picture_aspect,
        currency=currency,
        allow_urls=allow_urls,
    )
    from dataclasses import replace

    from retriever.adapter import IDENTITY, Adapter, Provenance, find_adapters, save_adapter
    from retriever.encoder import Encoder
    from retriever.index.names import check_name
    from training.adapt import train_adapter
    from training.augmentation import wordings
    from training.cards import card, known_item_figures, metrics_record
    from training.domains import Caches, domain_of
    from training.feedback import FeedbackUse, add_feedback, read_feedback
    from training.retention import Probe, kept
    from training.sweep import load_recipe

    named = check_name(name or re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-"))
    if named == IDENTITY:
        raise SettingsError(f"{IDENTITY!r} names zero-shot; give another name with --as")
    folders = DataFolders(data_dir)
    if named in find_adapters():
        warn(
            f"an adapter {named!r} is bundled; from now on the name means the one trained here, in "
            f"{folders.adapters / named}; give another name with --as to keep both"
        )
    with status(f"Loading the encoder {encoder}"):
        loaded = Encoder.load(encoder)
    caches = Caches.of(folders.features, loaded)
    with status("Reading the catalogue, encoding what is new"):
        domain = domain_of(path.stem, catalogue, loaded, caches, seed=seed)
    chosen = load_recipe(recipe).seeded(seed)
    fit_changes: dict[str, Any] = {"loss": loss, "epochs": epochs, "hard_negatives": hard_negatives}
    given = {key: value for key, value in fit_changes.items() if value is not None}
    chosen = replace(chosen, fit=replace(chosen.fit, **given), augment=augment or chosen.augment)
    if alpha is not None:
        if not 0 <= alpha <= 1:
            raise SettingsError(f"--alpha is {alpha}; it lies between 0 and 1")
        chosen = replace(chosen, alpha=alpha)
    pairs, features = domain.split("train")
    trained_on = f"{len(pairs):,} products"
    use: FeedbackUse | None = None
    if feedback is not None:
        with status("Reading feedback"):
            pairs, features, use = add_feedback(domain, read_feedback(feedback), loaded, caches)
        note(f"{use}.")
        trained_on += f" and {use.pairs:,} pairs of feedback"
    if chosen.augment:
        with status("Encoding other wordings"):
            features = replace(features, wordings=wordings(pairs, loaded, caches.texts, seed=seed))
    started = time.perf_counter()
    checkpoint = folders.root / "training" / f"{named}.pt"
    with progress_bar(f"Training {named}") as bar:
        adapter, fitted = train_adapter(
            chosen,
            (pairs, features),
            domain.split("val"),
            checkpoint=checkpoint,
            on_epoch=lambda epoch, _: bar(epoch, chosen.fit.epochs),
        )
    seconds = time.perf_counter() - started
    share = 1.0
    if keep and chosen.kind != "naive":
        with status("Measuring on drawn products what it keeps"):
            adapter, share = kept(adapter, Probe.draw(loaded, caches), keep)
    held_out = "test" if "test" in domain.splits else "val"
    test_pairs, test_features = domain.split("test" if held_out == "test" else "val")
    figures, comparisons = known_item_figures(
        test_pairs, loaded, caches, {"zero_shot": Adapter.identity(loaded.dim), "adapted": adapter}
    )
    metrics = metrics_record(adapter, held_out, test_features, figures, comparisons["adapted"])
    record = {
        **chosen.record(),
        "trained_on": f"{path.name}, {trained_on}",
        **({} if use is None else {"feedback": use.record()}),
        "epochs": len(fitted.history),
        "best_epoch": fitted.best_epoch,
        "seconds": round(seconds, 1),
        "keep": keep,
        "share": share,
    }
    folder = folders.adapters / named
    text = card(named, encoder=loaded.spec, adapter=adapter, recipe=record, metrics=metrics)
    save_adapter(
        adapter, folder, Provenance(loaded.fingerprint, loaded.spec, record, metrics), text
    )
    if as_json:
        print_json({"name": named, "folder": str(folder), "recipe": record, "metrics": metrics})
        return
    results().print(_table(named, metrics))
    low, high = metrics["difference_interval"]
    note(
        f"Trained on {trained_on} in {seconds:.1f} s (best epoch {fitted.best_epoch}); "
        f"Recall@10 {metrics['difference']:+.3f}, 95% interval {low:+.3f} to {high:+.3f}, "
        f"p = {metrics['p']:.4f}."
    )
    if share < 1:
        note(f"Taken back to {share:.0%} of the way, which keeps {keep:.0%} on drawn products.")
    again = options_again(
        seed=seed,
        data_dir=data_dir,
        encoder=encoder,
        config=config,
        roles=role or (),
        aspect=picture_aspect,
    )
    note(
        f"Saved in {folder}. Next: shoplens adapter use {named}{index_options(DEFAULT_NAME, data_dir)} "
        "(also where it is in use already: it is another one now), or"
    )
    note(f"  shoplens eval {path} --adapter {named} --report report.html{again}")


def _table(name: str, metrics: dict[str, Any]) -> Any:
    from rich.table import Table

    table = Table(title=f"{name}: {metrics['products']:,} held-out products ({metrics['split']})")
    for column in ("known items", "zero-shot", "adapted"):
        table.add_column(column, justify="left" if column == "known items" else "right")
    for metric, before in metrics["zero_shot"].items():
        table.add_row(metric, f"{before:.3f}", f"{metrics['adapted'][metric]:.3f}")
    return table

"""``shoplens catalogue``: look at a catalogue before indexing it."""

import typer

from backend.cli.catalogue_options import (
    AllowUrlsOption,
    AspectOption,
    ConfigOption,
    CurrencyOption,
    PathArgument,
    RoleOption,
    open_catalogue,
)
from backend.cli.console import print_json, progress_bar
from backend.settings import JsonOption

app = typer.Typer(help="Look at a catalogue before indexing it.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """A group even while it has one command, so that ``check`` stays part of the command line."""


@app.command()
def check(
    path: PathArgument,
    config: ConfigOption = None,
    role: RoleOption = None,
    picture_aspect: AspectOption = None,
    currency: CurrencyOption = None,
    allow_urls: AllowUrlsOption = False,
    as_json: JsonOption = False,
) -> None:
    """Read a catalogue, decode every picture, and print what was understood."""
    catalogue = open_catalogue(
        path,
        config=config,
        roles=role or (),
        aspect=picture_aspect,
        currency=currency,
        allow_urls=allow_urls,
    )
    with progress_bar("Reading") as on_progress:
        report = catalogue.check(on_progress=on_progress)
    if as_json:
        print_json(report.to_dict())
    else:
        from backend.cli.report import print_report

        print_report(report)

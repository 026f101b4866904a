"""Options that say how a catalogue is to be read; they win over its ``catalogue.toml``."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from backend.settings import DEFAULT_DATA_DIR, DEFAULT_ENCODER
from retriever.errors import SettingsError

if TYPE_CHECKING:
    from retriever.catalogue import Catalogue, Role

PathArgument = Annotated[
    Path,
    typer.Argument(
        metavar="CATALOGUE",
        help="CSV, TSV, JSONL or Parquet file, or a folder of pictures.",
        show_default=False,
    ),
]

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Settings of the catalogue; by default the catalogue.toml beside it, if there is one.",
    ),
]

RoleOption = Annotated[
    list[str] | None,
    typer.Option(
        "--role",
        metavar="ROLE=COLUMN",
        help="Take a column for id, title, description, brand, category, price, currency or "
        "picture; may be given several times.",
    ),
]

AspectOption = Annotated[
    str | None,
    typer.Option(
        "--picture-aspect",
        metavar="W:H",
        help="Undo pictures that were squashed to another shape, such as 3:4.",
    ),
]

CurrencyOption = Annotated[
    str | None,
    typer.Option("--currency", metavar="CODE", help="Currency of prices that do not say theirs."),
]

AllowUrlsOption = Annotated[
    bool,
    typer.Option("--allow-urls", help="Fetch pictures that are given as http(s) addresses."),
]


def open_catalogue(
    path: Path,
    *,
    config: Path | None = None,
    roles: Sequence[str] = (),
    aspect: str | None = None,
    currency: str | None = None,
    allow_urls: bool = False,
) -> "Catalogue":
    """The catalogue as the options say. Raises `SettingsError`, `CatalogueError`."""
    from retriever.catalogue import Catalogue, RoleOverrides, parse_aspect, parse_currency

    overrides = RoleOverrides(
        roles=dict(_role(given) for given in roles),
        aspect=None if aspect is None else parse_aspect(aspect),
        currency=None if currency is None else parse_currency(currency),
        allow_urls=allow_urls or None,
    )
    return Catalogue.open(path, config=config, overrides=overrides)


def options_again(
    *,
    seed: int,
    data_dir: Path,
    encoder: str,
    config: Path | None,
    roles: Sequence[str],
    aspect: str | None,
) -> str:
    """The options that read the same catalogue into the same splits, for commands that a message suggests."""
    given: list[tuple[str, object]] = [("--role", role) for role in roles]
    given += [("--config", config), ("--picture-aspect", aspect)]
    given += [("--seed", seed if seed else None)]
    given += [("--encoder", encoder if encoder != DEFAULT_ENCODER else None)]
    given += [("--data-dir", data_dir if data_dir != DEFAULT_DATA_DIR else None)]
    return "".join(
        f" {option} {shlex.quote(str(value))}" for option, value in given if value is not None
    )


def _role(given: str) -> "tuple[Role, str]":
    from retriever.catalogue import ROLES

    name, _, column = given.partition("=")
    for role in ROLES:
        if role == name.strip() and column.strip():
            return role, column.strip()
    raise SettingsError(f"--role {given!r} is not ROLE=COLUMN; the roles are {', '.join(ROLES)}")

"""``shoplens keys``: who may use a server."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from backend.cli.console import note, print_json, results
from backend.cli.serve import server_settings
from backend.settings import DEFAULT_DATA_DIR, DataDirOption, JsonOption

app = typer.Typer(help="API keys of the server.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Whom or what it is for.", show_default=False)],
    rate: Annotated[
        int | None,
        typer.Option("--rate", min=1, max=1_000_000, help="Requests a minute; else the server's."),
    ] = None,
    data_dir: DataDirOption = DEFAULT_DATA_DIR,
) -> None:
    """Make a key and print it, once: only a hash of it is kept."""
    from backend.store import Store
    from backend.store.keys import create_key

    store = Store(server_settings(data_dir=data_dir).database)
    try:
        print(create_key(store, name, rate))  # noqa: T201 - alone on stdout, for scripts
    finally:
        store.close()
    note("Keep it now, it cannot be shown again. Send it as: Authorization: Bearer KEY")


@app.command("list")
def list_(data_dir: DataDirOption = DEFAULT_DATA_DIR, as_json: JsonOption = False) -> None:
    """Show the keys, without their secrets."""
    from dataclasses import asdict

    from rich.markup import escape
    from rich.table import Table

    from backend.presentation import printable
    from backend.store import Store
    from backend.store.keys import list_keys

    store = Store(server_settings(data_dir=data_dir).database)
    keys = list_keys(store)
    store.close()
    if as_json:
        print_json([asdict(key) for key in keys])
        return
    table = Table("id", "name", "requests a minute", "made", "revoked")
    for key in keys:
        rate = str(key.rate_per_minute or "default")
        table.add_row(
            key.id, escape(printable(key.name)), rate, _day(key.created), _day(key.revoked)
        )
    results().print(table)


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", show_default=False)],
    data_dir: DataDirOption = DEFAULT_DATA_DIR,
) -> None:
    """Refuse a key from now on; a running server does so at once."""
    from backend.store import Store
    from backend.store.keys import revoke_key

    store = Store(server_settings(data_dir=data_dir).database)
    try:
        revoke_key(store, key_id)
    finally:
        store.close()
    note(f"Key {key_id} is refused from now on.")


def _day(seconds: float | None) -> str:
    return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).date().isoformat()

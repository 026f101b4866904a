"""``shoplens feedback``: what shoppers said of products."""

from pathlib import Path
from typing import Annotated

import typer

from backend.cli.console import note
from backend.cli.serve import server_settings
from backend.settings import DEFAULT_DATA_DIR, DataDirOption

app = typer.Typer(help="Feedback that the server was given.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """A group even while it has one command, so that ``export`` stays part of the command line."""


@app.command()
def export(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="JSON Lines, or CSV by its ending.")],
    data_dir: DataDirOption = DEFAULT_DATA_DIR,
) -> None:
    """Write feedback as training pairs: query, product_id, verdict."""
    from backend.store import Store
    from backend.store.feedback import export_pairs

    store = Store(server_settings(data_dir=data_dir).database)
    try:
        count = export_pairs(store, path)
    finally:
        store.close()
    if not count:
        note(
            f"0 pairs in {path}: no verdict was kept yet. The chat's thumbs and POST /v1/feedback keep them."
        )
        return
    note(f"{count:,} pairs in {path}. Next: shoplens train CATALOGUE --feedback {path}")

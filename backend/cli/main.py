"""The ``shoplens`` command: its groups, and what happens to errors.

Heavy packages (torch, open_clip, LlamaIndex) are imported inside the commands that need them, so that
``--help``, completion and mistakes in options answer at once.
"""

from typing import Any

import typer
from typer.core import TyperGroup

from backend.cli import (
    adapter,
    bench,
    calibrate,
    catalogue,
    chat,
    demo,
    evaluate,
    feedback,
    index,
    keys,
    mcp,
    search,
    serve,
    sweep,
    train,
    ui,
)
from backend.cli.console import print_error
from retriever.errors import ShoplensError


class _Commands(TyperGroup):
    def invoke(self, ctx: Any) -> Any:
        """Run a command; what shoplens raises on purpose becomes a message and exit code 2."""
        try:
            return super().invoke(ctx)
        except ShoplensError as error:
            print_error(str(error))
            raise typer.Exit(2) from error


app = typer.Typer(
    name="shoplens",
    cls=_Commands,
    help="Find products by what they look like.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
app.command("demo")(demo.demo)
app.command("index")(index.index)
app.command("search")(search.search)
app.command("calibrate")(calibrate.calibrate)
app.command("chat")(chat.chat)
app.command("train")(train.train)
app.command("sweep")(sweep.sweep)
app.command("eval")(evaluate.evaluate)
app.command("report")(evaluate.report)
app.command("bench")(bench.bench)
app.command("serve")(serve.serve)
app.command("ui")(ui.ui)
app.command("mcp")(mcp.mcp)
app.add_typer(adapter.app, name="adapter")
app.add_typer(catalogue.app, name="catalogue")
app.add_typer(feedback.app, name="feedback")
app.add_typer(keys.app, name="keys")


def main() -> None:
    """Entry point of the console script."""
    app()

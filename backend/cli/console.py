"""Where commands write: results to stdout, progress, notes and errors to stderr."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

_WIDTH_OF_FILES = 140
"""Columns of tables that go to a file or a pipe, where no terminal says how wide it is."""


def results() -> Console:
    """The console of stdout."""
    wide = None if sys.stdout.isatty() or "COLUMNS" in os.environ else _WIDTH_OF_FILES
    return Console(width=wide, highlight=False)


def notes() -> Console:
    """The console of stderr."""
    return Console(stderr=True, highlight=False)


def note(text: str) -> None:
    """Tell something that is not a result. The text is plain: nothing in it is markup."""
    notes().print(Text(_lines(text)), soft_wrap=True)


def warn(text: str) -> None:
    """Tell something that a person should look at."""
    notes().print(Text.assemble(("warning: ", "bold yellow"), _lines(text)), soft_wrap=True)


def print_error(text: str) -> None:
    """Tell why a command gave up."""
    notes().print(Text.assemble(("error: ", "bold red"), _lines(text)), soft_wrap=True)


def print_json(document: object) -> None:
    """Print the one JSON document of a command."""
    results().print(
        _escaped(json.dumps(document, ensure_ascii=False, indent=2)),
        soft_wrap=True,
        markup=False,
        emoji=False,
    )


def _lines(text: str) -> str:
    """The text without control characters but its line ends: it may quote a catalogue."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)


def _escaped(document: str) -> str:
    """JSON with what a terminal may take for a command written as escapes."""
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in document)


def status(what: str) -> AbstractContextManager[object]:
    """A spinner on stderr for what has no measure of progress; only a terminal shows it."""
    console = notes()
    return console.status(what) if console.is_terminal else nullcontext()


class Bar(Protocol):
    """Moves a progress bar to (done, in all), and renames it when ``what`` is given."""

    def __call__(self, done: int, total: int, what: str | None = None) -> None: ...


@contextmanager
def progress_bar(what: str) -> Iterator[Bar]:
    """A progress bar on stderr; only a terminal shows it, and nothing of it stays."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    console = notes()
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task(what, total=None)

        def move(done: int, total: int, what: str | None = None) -> None:
            progress.update(task, completed=done, total=total, description=what)

        yield move

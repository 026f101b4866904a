"""How far an index that is being built is: a small file, so that another process can tell.

The process that indexes writes it; the server reads it, since until the index is there it has nothing else
to show.
"""

import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ValidationError

from retriever.errors import SettingsError

_WRITE_EVERY = 0.5
"""Seconds between two writes at least: progress comes per batch or per product."""

STALE_SECONDS = 600.0
"""Progress older than this is that of a process that was killed; a batch takes far less."""


class Progress(BaseModel):
    """``done`` of ``total`` (None: unknown) of what ``stage`` says; ``updated`` in seconds since 1970."""

    stage: str
    done: int
    total: int | None
    updated: float


class ProgressFile:
    """Progress of one index, written while the ``with`` block runs and removed at its end.

    with ProgressFile(folder, "products") as tell:
        tell(256, 1368, "Indexing")
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._path = _path(folder, name)
        self._written = 0.0
        self._stage = ""

    def __enter__(self) -> Self:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unwritable(error) from error
        return self

    def __call__(self, done: int, total: int | None, stage: str) -> None:
        """Write it; calls that come too fast are skipped. Raises `SettingsError`."""
        now = time.time()
        if stage == self._stage and now - self._written < _WRITE_EVERY:
            return
        self._written, self._stage = now, stage
        document = Progress(stage=stage, done=done, total=total, updated=now).model_dump_json()
        temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}.tmp")
        try:
            temporary.write_text(document, encoding="utf-8")
            temporary.replace(self._path)
        except OSError as error:
            raise self._unwritable(error) from error

    def __exit__(self, *_: object) -> None:
        # One that stays, in a folder that became read-only for instance, counts for nothing once it is stale.
        with suppress(OSError):
            self._path.unlink()

    def _unwritable(self, error: OSError) -> SettingsError:
        return SettingsError(
            f"the progress file {self._path} cannot be written ({error.strerror}); free some space, correct the "
            "permissions or choose another data folder"
        )


def read_progress(folder: Path, name: str) -> Progress | None:
    """The progress of an index that is being built now; None where none is.

    A file that cannot be read or is stale counts as none: its writer was killed.
    """
    try:
        found = Progress.model_validate(json.loads(_path(folder, name).read_bytes()))
    except (OSError, ValueError, ValidationError):
        return None
    return None if time.time() - found.updated > STALE_SECONDS else found


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name}.json"

"""A version of an index in a folder: its manifest, and how changes to it are counted."""

import json
import os
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Self

from retriever.errors import ProductIndexError
from retriever.index.base import IndexSpec, IndexVersion, VersionInfo
from retriever.index.files import FileLock, cannot_write, write_atomically
from retriever.index.payload import spec_from_json, spec_to_json

FolderEngine = Literal["edge", "faiss"]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What ``manifest.json`` of a version folder says.

    ``count`` is that after the last write that ended. ``copy_of`` names the version that this one is an exact
    copy of, as long as its revision (see `read_revision`) is still ``completed``, that when it became complete.
    """

    spec: IndexSpec
    complete: bool
    count: int
    engine: FolderEngine
    graph_pending: bool = False
    copy_of: str = ""
    completed: int = -1

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """None without a manifest; raises `ProductIndexError` for one that is damaged."""
        path = folder / "manifest.json"
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            spec = spec_from_json(data["spec"], str(path))
            # Qdrant Edge was the only engine before manifests named theirs.
            return cls(
                spec,
                data["complete"],
                data["count"],
                data.get("engine", "edge"),
                data.get("graph_pending", False),
                data.get("copy_of", ""),
                data.get("completed", -1),
            )
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise ProductIndexError(
                f"{path} cannot be read ({error.strerror}); correct its permissions"
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            raise ProductIndexError(
                f"{path} is damaged ({error}); delete {folder} and index the catalogue again"
            ) from error

    def write(self, folder: Path) -> None:
        data = {
            "spec": spec_to_json(self.spec),
            "complete": self.complete,
            "count": self.count,
            "engine": self.engine,
            "graph_pending": self.graph_pending,
            "copy_of": self.copy_of,
            "completed": self.completed,
        }
        write_atomically(folder / "manifest.json", json.dumps(data, indent=1) + "\n")

    def info(self, version: str) -> VersionInfo:
        return VersionInfo(version, self.spec, self.complete, self.count, self.graph_pending)


class FolderVersion(IndexVersion):
    """A version in a folder."""

    _folder: Path
    _manifest: Manifest
    _revision: int

    @abstractmethod
    def copy_to(self, folder: Path) -> Manifest:
        """Copy the engine's files into another folder and return the manifest that they belong to.

        They need not be durable. Raises `ProductIndexError` when the version is changed meanwhile.
        """

    def _begin_change(self) -> None:
        """Count a change of the engine's files before it is made; calls of others are shut out.

        Under the lock of the index, as another version takes this one's place under it: either that notices
        the change, or the change begins when this version is no longer served.
        """
        with index_lock(self._folder.parent):
            write_revision(self._folder, self._revision + 1)
            self._revision += 1

    def _end_write(self, count: int) -> None:
        """What a write leaves: so many products."""
        self._manifest = replace(self._manifest, count=count)
        self._manifest.write(self._folder)

    def _end_finish(self, *, graph_pending: bool) -> None:
        if not self._manifest.complete:
            self._manifest = replace(self._manifest, complete=True, completed=self._revision)
        self._manifest = replace(self._manifest, graph_pending=graph_pending)
        self._manifest.write(self._folder)

    @contextmanager
    def _unchanged(self, since: int) -> Iterator[None]:
        """Raises `ProductIndexError` if the revision is another when the block ends, or fails for that."""
        try:
            yield
        except ProductIndexError as error:
            if self._revision != since:
                raise self._changed() from error
            raise
        if self._revision != since:
            raise self._changed()

    def _changed(self) -> ProductIndexError:
        return ProductIndexError(
            f"version {self._folder.name} in {self._folder.parent} was written to while it was copied; run the "
            "same again"
        )


def read_revision(folder: Path) -> int:
    """How many changes of a version have begun; it only serves to notice another one.

    In a file of its own, which is not synced: after a power cut nobody is left who compares.
    Raises `ProductIndexError` when it cannot be read.
    """
    try:
        return int((folder / "revision").read_bytes() or 0)
    except FileNotFoundError:
        return 0
    except (OSError, ValueError) as error:
        raise ProductIndexError(
            f"{folder / 'revision'} cannot be read ({error}); delete that file and run the same again"
        ) from error


def write_revision(folder: Path, revision: int) -> None:
    """Raises `ProductIndexError` when the folder cannot be written."""
    try:
        descriptor = os.open(folder / "revision", os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            os.pwrite(descriptor, f"{revision:020}\n".encode(), 0)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise cannot_write(folder / "revision", error) from error


def index_lock(folder: Path) -> FileLock:
    """The lock of the index in a folder, taken; waited for, as it is only ever held for a moment."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error
    lock = FileLock(folder / "lock")
    lock.acquire(wait=True)
    return lock

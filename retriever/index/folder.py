"""Embedded engines: versions of an index as folders of this machine.

Layout::

    <root>/<name>/active              the alias: a pointer file naming a version, moved by atomic rename
    <root>/<name>/lock                held for moments: versions come, go, are activated, a change begins
    <root>/<name>/v0001/manifest.json engine, spec, count and whether the load was completed
    <root>/<name>/v0001/revision      how many changes of it have begun
    <root>/<name>/v0001/lock          held by the one process that has the version open
    <root>/<name>/v0001/...           the engine's own files

A version folder without a manifest is half-made: it is not listed, and the next `create` removes it.
An open version belongs to one process, readers included; different versions may be open in different
processes, so one process can build the next version while another serves the present one.
"""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retriever.errors import IndexLockedError, ProductIndexError
from retriever.index.base import Embed, IndexSpec, IndexVersion, ProductIndex, VersionInfo
from retriever.index.files import (
    FileLock,
    remove_folder,
    sync_files,
    sync_folder,
    write_atomically,
)
from retriever.index.folder_version import (
    FolderEngine,
    FolderVersion,
    Manifest,
    index_lock,
    read_revision,
)
from retriever.index.names import (
    active_version,
    check_name,
    incomplete_version,
    is_version,
    missing_index,
    missing_version,
    next_version,
)
from retriever.index.request import check_embeddings


class FolderIndex(ProductIndex):
    """A named index below a folder; see the module's description of its files.

    An engine says how a version is made in a folder and loaded from it.
    """

    copies = True

    def __init__(self, root: Path, name: str = "products") -> None:
        """Makes no file until the first `create`. Raises `ProductIndexError` for an unusable name."""
        self.name = check_name(name)
        self._folder = root / name

    @staticmethod
    def engine_in(folder: Path) -> FolderEngine | None:
        """The engine that made the newest version in an index's folder; None where there is none."""
        for version in reversed(_version_folders(folder)):
            manifest = Manifest.read(version)
            if manifest is not None:
                return manifest.engine
        return None

    @abstractmethod
    def _create_version(self, folder: Path, spec: IndexSpec, lock: FileLock) -> FolderVersion:
        """Make the engine's files in an empty folder, and the manifest last."""

    @abstractmethod
    def _load_version(self, folder: Path, lock: FileLock) -> FolderVersion:
        """Open what `_create_version` made."""

    @abstractmethod
    def _embed_anew(self, folder: Path, spec: IndexSpec, embed: Embed) -> None:
        """Replace every embedding in a folder that `FolderVersion.copy_to` filled; no graph is made."""

    def versions(self) -> list[VersionInfo]:
        manifests = (
            (folder.name, Manifest.read(folder)) for folder in _version_folders(self._folder)
        )
        return [manifest.info(version) for version, manifest in manifests if manifest]

    def active(self) -> str | None:
        try:
            version = (self._folder / "active").read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ProductIndexError(
                f"the index in {self._folder} cannot be read: {error.strerror or error}; check the path"
            ) from error
        if not is_version(version):
            raise ProductIndexError(
                f"{self._folder / 'active'} names no version ({version!r}); activate one again"
            )
        return version

    def create(self, spec: IndexSpec) -> FolderVersion:
        self.check(spec.settings)
        return self._make(lambda folder, lock: self._create_version(folder, spec, lock))

    def copy(
        self, source: IndexVersion, spec: IndexSpec, embed: Embed | None = None
    ) -> FolderVersion:
        if not isinstance(source, FolderVersion):
            raise ProductIndexError(f"{type(source).__name__} is not in a folder; build it anew")

        def copied(folder: Path, lock: FileLock) -> FolderVersion:
            manifest = source.copy_to(folder)
            if embed is not None:
                self._embed_anew(folder, spec, _checked(embed, spec))
            sync_files(folder)
            copy_of = source.info.version if embed is None else ""
            replace(manifest, spec=spec, complete=False, copy_of=copy_of, completed=-1).write(
                folder
            )
            version = self._load_version(folder, lock)
            try:
                found = version.count()
                if found != manifest.count:
                    raise ProductIndexError(
                        f"the copy of version {source.info.version} in {self._folder} holds {found:,} of "
                        f"{manifest.count:,} products, so it is not used; run the same again"
                    )
            except BaseException:
                (folder / "manifest.json").unlink()  # before its lock goes
                version.close()
                raise
            return version

        return self._make(copied)

    def _make(self, fill: Callable[[Path, FileLock], FolderVersion]) -> FolderVersion:
        """The next version, in a folder that is half-made, and locked, until ``fill`` wrote its manifest."""
        with index_lock(self._folder):
            for folder in _version_folders(self._folder):
                if Manifest.read(folder) is None:
                    self._remove(folder)
            folder = self._folder / next_version(
                path.name for path in _version_folders(self._folder)
            )
            folder.mkdir()
            lock = FileLock(folder / "lock")
            lock.acquire()
        try:
            version = fill(folder, lock)
        except BaseException:
            # First the manifest, so that a crash on the way leaves a half-made folder.
            (folder / "manifest.json").unlink(missing_ok=True)
            lock.release()
            remove_folder(folder)
            raise
        sync_folder(self._folder)
        return version

    def revision(self, version: str) -> int:
        return read_revision(self._existing(version))

    def open(self, version: str | None = None) -> FolderVersion:
        wanted = version or self.active()
        if wanted is None:
            root = self._folder.parent
            others = sorted(pointer.parent.name for pointer in root.glob("*/active"))
            raise missing_index(self.name, str(root), self.versions(), others)
        folder = self._existing(wanted)
        lock = FileLock(folder / "lock")
        lock.acquire()
        try:
            # Read under the lock: until then another process may have changed or dropped the version.
            self._existing(wanted)
            return self._load_version(folder, lock)
        except BaseException:
            lock.release()
            raise

    def activate(self, version: str) -> None:
        self._existing(version)
        with index_lock(self._folder):
            self._activate(version)

    def activate_instead(self, version: str, source: str, revision: int) -> bool:
        with index_lock(self._folder):
            if self.active() != source or self.revision(source) != revision:
                return False
            self._activate(version)
            return True

    def take_back(self, version: str) -> bool:
        with index_lock(self._folder):
            active = self.active()
            if active is None or active == version:
                return active is not None
            copy = Manifest.read(self._folder / active)
            if copy is None or copy.copy_of != version or self.revision(active) != copy.completed:
                return False
            self._activate(version)
            return True

    def _activate(self, version: str) -> None:
        manifest = Manifest.read(self._existing(version))
        if manifest is None or not manifest.complete:
            raise incomplete_version(self.name, version)
        write_atomically(self._folder / "active", version + "\n")

    def drop(self, version: str) -> None:
        self._existing(version)
        with index_lock(self._folder):
            folder = self._existing(version)
            if version == self.active():
                raise active_version(self.name, version)
            with FileLock(folder / "lock") as lock:
                lock.acquire()
                # First the manifest, so that a crash on the way leaves a half-made folder.
                (folder / "manifest.json").unlink()
                sync_folder(folder)
                remove_folder(folder)

    def close(self) -> None:
        """Nothing to release: every version holds its own lock until it is closed."""

    def _existing(self, version: str) -> Path:
        folder = self._folder / version
        if not is_version(version) or Manifest.read(folder) is None:
            raise missing_version(self.name, version, (info.version for info in self.versions()))
        return folder

    def _remove(self, half_made: Path) -> None:
        with FileLock(half_made / "lock") as lock:
            try:
                lock.acquire()
            except IndexLockedError:
                return
            remove_folder(half_made)


def _checked(embed: Embed, spec: IndexSpec) -> Embed:
    def checked(pictures: list[str]) -> NDArray[np.float32]:
        embeddings = embed(pictures)
        check_embeddings(embeddings, len(pictures), spec)
        return embeddings

    return checked


def _version_folders(folder: Path) -> list[Path]:
    """Folders of versions, half-made ones included, oldest first."""
    if not folder.is_dir():
        return []
    versions = (path for path in folder.iterdir() if is_version(path.name))
    return sorted(versions, key=lambda path: int(path.name[1:]))

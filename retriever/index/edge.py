"""The embedded engine: versions of an index as Qdrant Edge shards in folders of this machine.

Layout::

    <root>/<name>/active              the alias: a pointer file naming a version, moved by atomic rename
    <root>/<name>/lock                held for the moments in which versions come, go or are activated
    <root>/<name>/v0001/manifest.json spec, count and whether the load was completed
    <root>/<name>/v0001/lock          held by the one process that has the version open
    <root>/<name>/v0001/shard/        Qdrant Edge's own files

A version folder without a manifest is half-made: it is not listed, and the next `create` removes it.
An open version belongs to one process, readers included; different versions may be open in different
processes, so one process can build the next version while another serves the present one.
"""

from pathlib import Path

from retriever.errors import IndexLockedError, ProductIndexError
from retriever.index.base import IndexSpec, ProductIndex, VersionInfo
from retriever.index.edge_version import EdgeVersion, Manifest
from retriever.index.files import (
    FileLock,
    cannot_write,
    remove_folder,
    sync_folder,
    write_atomically,
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


class EdgeIndex(ProductIndex):
    """A named index below a folder; see the module's description of its files."""

    engine = "edge"

    def __init__(self, root: Path, name: str = "products") -> None:
        """Makes no file until the first `create`. Raises `ProductIndexError` for an unusable name."""
        self.name = check_name(name)
        self._folder = root / name

    def versions(self) -> list[VersionInfo]:
        manifests = ((folder.name, Manifest.read(folder)) for folder in self._version_folders())
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

    def create(self, spec: IndexSpec) -> EdgeVersion:
        with self._changing():
            for folder in self._version_folders():
                if Manifest.read(folder) is None:
                    self._remove(folder)
            folder = self._folder / next_version(path.name for path in self._version_folders())
            folder.mkdir()
            lock = FileLock(folder / "lock")
            lock.acquire()
            try:
                version = EdgeVersion.create(folder, spec, lock)
            except BaseException:
                lock.release()
                remove_folder(folder)
                raise
            sync_folder(self._folder)
            return version

    def open(self, version: str | None = None) -> EdgeVersion:
        wanted = version or self.active()
        if wanted is None:
            raise missing_index(self.name, str(self._folder.parent))
        folder = self._existing(wanted)
        lock = FileLock(folder / "lock")
        lock.acquire()
        try:
            # Read under the lock: until then another process may have changed or dropped the version.
            self._existing(wanted)
            return EdgeVersion.load(folder, lock)
        except BaseException:
            lock.release()
            raise

    def activate(self, version: str) -> None:
        self._existing(version)
        with self._changing():
            manifest = Manifest.read(self._existing(version))
            if manifest is None or not manifest.complete:
                raise incomplete_version(self.name, version)
            write_atomically(self._folder / "active", version + "\n")

    def drop(self, version: str) -> None:
        self._existing(version)
        with self._changing():
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

    def _version_folders(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        folders = (path for path in self._folder.iterdir() if is_version(path.name))
        return sorted(folders, key=lambda path: int(path.name[1:]))

    def _existing(self, version: str) -> Path:
        folder = self._folder / version
        if not is_version(version) or Manifest.read(folder) is None:
            raise missing_version(self.name, version, (info.version for info in self.versions()))
        return folder

    def _changing(self) -> FileLock:
        """The lock of the whole index, waited for: it is only ever held for a moment."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(self._folder, error) from error
        lock = FileLock(self._folder / "lock")
        lock.acquire(wait=True)
        return lock

    def _remove(self, half_made: Path) -> None:
        with FileLock(half_made / "lock") as lock:
            try:
                lock.acquire()
            except IndexLockedError:
                return
            remove_folder(half_made)

"""Files of the embedded index: atomic writes, copies and the lock that one process holds."""

import errno
import fcntl
import json
import os
import shutil
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from retriever.errors import IndexLockedError, ProductIndexError


def write_atomically(path: Path, text: str) -> None:
    """Replace a file so that a crash at any moment leaves the old or the new text, never a mixture.

    Raises `ProductIndexError` when the folder cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise cannot_write(path, error) from error


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable (a rename is not, until its folder is synced)."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def copy_folder(source: Path, target: Path) -> None:
    """Copy what a folder holds into a new one, holes as holes; `sync_files` makes it durable.

    Raises `ProductIndexError` when it cannot be written.
    """
    try:
        target.mkdir()
        for path in sorted(source.rglob("*")):
            made = target / path.relative_to(source)
            if path.is_dir():
                made.mkdir()
            else:
                copy_file(path, made)
    except OSError as error:
        raise cannot_write(target, error) from error


def copy_file(source: Path, target: Path) -> None:
    """Copy a file without the holes that engines leave in theirs: a third may be data. Raises `OSError`.

    Where the system or a file system cannot tell holes, all of it is copied.
    """
    if sys.platform != "linux":
        shutil.copyfile(source, target)
        return
    with source.open("rb") as read, target.open("wb") as written:
        size = os.fstat(read.fileno()).st_size
        os.ftruncate(written.fileno(), size)
        at = 0
        while at < size:
            try:
                at = os.lseek(read.fileno(), at, os.SEEK_DATA)
            except OSError as error:
                if error.errno == errno.ENXIO:  # no data after this
                    return
                if error.errno == errno.EINVAL:
                    shutil.copyfile(source, target)
                    return
                raise
            os.lseek(written.fileno(), at, os.SEEK_SET)
            end = os.lseek(read.fileno(), at, os.SEEK_HOLE)
            while at < end:
                copied = os.sendfile(written.fileno(), read.fileno(), at, end - at)
                if copied == 0:  # it became shorter meanwhile
                    return
                at += copied


def sync_files(folder: Path) -> None:
    """Make durable what is in a folder and below. Raises `ProductIndexError` when it cannot be written."""
    try:
        for path in [folder, *folder.rglob("*")]:
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
    except OSError as error:
        raise cannot_write(folder, error) from error


class FileLock:
    """An advisory lock on a file, which says who holds it.

    The kernel releases it when the process ends, however it ends, so no stale lock can remain.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self, *, wait: bool = False) -> None:
        """Take the lock; raises `IndexLockedError` when another holds it and ``wait`` is false."""
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise cannot_write(self._path, error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise IndexLockedError(locked_message(self._path.parent, self._holder())) from error
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        holder = {
            "pid": os.getpid(),
            "command": " ".join(sys.argv) or sys.executable,
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        # The lock is taken, whether or not the disk has room for who took it.
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(holder).encode(), 0)

    def release(self) -> None:
        """Give the lock back; harmless when it is not held."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
        # Said outright, because a forked child shares the lock through its copy of the descriptor.
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)

    @property
    def descriptors(self) -> tuple[int, ...]:
        """To hand to a child process that works on what is locked: the lock is then held until both ended."""
        return () if self._descriptor is None else (self._descriptor,)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def _holder(self) -> str:
        """The holder in words; vague where the file was just being written or is out of date."""
        try:
            holder = json.loads(self._path.read_text(encoding="utf-8"))
            pid, command, since = int(holder["pid"]), holder["command"], holder["since"]
        except (OSError, ValueError, KeyError, TypeError):
            return "another process"
        if pid == os.getpid():
            return f"this process ({pid}) itself, since {since}"
        return f"process {pid} ({command}), since {since}" if _alive(pid) else "another process"


def cannot_write(path: Path, error: OSError) -> ProductIndexError:
    """What to say when the operating system refuses to write."""
    return ProductIndexError(
        f"{path} cannot be written ({error.strerror}); an embedded index needs write access even to be "
        "searched: choose another place, free some space or correct the permissions"
    )


def locked_message(folder: Path, holder: str) -> str:
    """What to say when the index in a folder is held by someone else."""
    return (
        f"the index in {folder} is in use by {holder}; an embedded index is open in one place at a "
        "time. Stop that process or close the index there, or let several processes share a Qdrant "
        "server with --qdrant-url"
    )


def remove_folder(folder: Path) -> None:
    """Delete a folder with all that is in it; one that is already gone is no error."""
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)
    sync_folder(folder.parent)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

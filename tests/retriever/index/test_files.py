"""The lock of an index, on a disk that is full."""

import errno
import os
from pathlib import Path

import pytest

from retriever.errors import IndexLockedError
from retriever.index.files import FileLock


def test_a_lock_is_taken_and_given_back_where_the_disk_has_no_room_for_its_holder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    lock, other = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    monkeypatch.setattr(os, "pwrite", full)
    monkeypatch.setattr(os, "ftruncate", full)
    lock.acquire()
    with pytest.raises(IndexLockedError, match="in use by another process"):
        other.acquire()
    lock.release()
    with other:
        other.acquire()
    with lock:
        lock.acquire()

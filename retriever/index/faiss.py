"""FAISS in this process: versions of an index in folders (see `FolderIndex`)."""

from pathlib import Path

from retriever.index.base import IndexSpec
from retriever.index.faiss_version import FaissVersion
from retriever.index.files import FileLock
from retriever.index.folder import FolderIndex


class FaissIndex(FolderIndex):
    """A named index below a folder, kept by FAISS and SQLite."""

    engine = "faiss"

    def _create_version(self, folder: Path, spec: IndexSpec, lock: FileLock) -> FaissVersion:
        return FaissVersion.create(folder, spec, lock)

    def _load_version(self, folder: Path, lock: FileLock) -> FaissVersion:
        return FaissVersion.load(folder, lock)

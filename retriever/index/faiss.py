"""FAISS in this process: versions of an index in folders (see `FolderIndex`)."""

from contextlib import closing
from pathlib import Path

from retriever.index.base import Embed, IndexSpec
from retriever.index.faiss_records import FaissRecords
from retriever.index.faiss_version import RECORDS, FaissVersion, engine_errors
from retriever.index.files import FileLock
from retriever.index.folder import FolderIndex


class FaissIndex(FolderIndex):
    """A named index below a folder, kept by FAISS and SQLite."""

    engine = "faiss"
    quantises = False

    def _create_version(self, folder: Path, spec: IndexSpec, lock: FileLock) -> FaissVersion:
        return FaissVersion.create(folder, spec, lock)

    def _load_version(self, folder: Path, lock: FileLock) -> FaissVersion:
        return FaissVersion.load(folder, lock)

    def _embed_anew(self, folder: Path, spec: IndexSpec, embed: Embed) -> None:
        with engine_errors(folder), closing(FaissRecords(folder / RECORDS, spec.fields)) as records:
            records.embed_anew(embed)
            records.checkpoint()

"""The embedded default: versions of an index as Qdrant Edge shards, in folders (see `FolderIndex`)."""

from pathlib import Path

from retriever.index.base import Embed, IndexSpec
from retriever.index.edge_shard import embed_anew
from retriever.index.edge_version import EdgeVersion
from retriever.index.files import FileLock
from retriever.index.folder import FolderIndex


class EdgeIndex(FolderIndex):
    """A named index below a folder, kept by Qdrant Edge."""

    engine = "edge"

    def _create_version(self, folder: Path, spec: IndexSpec, lock: FileLock) -> EdgeVersion:
        return EdgeVersion.create(folder, spec, lock)

    def _load_version(self, folder: Path, lock: FileLock) -> EdgeVersion:
        return EdgeVersion.load(folder, lock)

    def _embed_anew(self, folder: Path, spec: IndexSpec, embed: Embed) -> None:
        embed_anew(folder / "shard", spec, embed)

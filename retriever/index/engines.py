"""The engines by name: which are installed, and which one made an index in a folder."""

from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from retriever.errors import SettingsError
from retriever.index.folder import FolderIndex

Engine = Literal["edge", "faiss", "milvus", "qdrant"]
"""Qdrant Edge and FAISS are embedded, Qdrant is a server, Milvus is either."""


def need(extra: str, *modules: str) -> None:
    """Raises `SettingsError` naming the extra of shoplens to install when one of its modules is missing."""
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise SettingsError(
            f"engine {extra!r} needs {' and '.join(missing)}, which is not installed; "
            f"pip install 'shoplens[{extra}]'"
        )


def engine_of(root: Path, name: str) -> Engine | None:
    """The engine that made the index of that name below a folder; None for a new one."""
    if milvus_folder(root, name).exists():
        return "milvus"
    return FolderIndex.engine_in(root / name)


def milvus_folder(root: Path, name: str) -> Path:
    """Where Milvus Lite keeps an index; it takes a path for a local one by its ending."""
    return root / f"{name}.milvus.db"

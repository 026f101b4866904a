"""Index engines behind one interface.

`open_index` gives the engine that the arguments name: Qdrant Edge in a folder, or a Qdrant server.
"""

from pathlib import Path

from retriever.errors import SettingsError
from retriever.index.base import (
    Hit,
    IndexRecord,
    IndexSpec,
    IndexVersion,
    Mmr,
    ProductIndex,
    RecordKeys,
    SearchRequest,
    SparseVector,
    StoredRecord,
    Vector,
    VersionInfo,
)
from retriever.index.binding import bind, resolve_field
from retriever.index.edge import EdgeIndex
from retriever.index.settings import IndexSettings

__all__ = [
    "DEFAULT_FOLDER",
    "EdgeIndex",
    "Hit",
    "IndexRecord",
    "IndexSettings",
    "IndexSpec",
    "IndexVersion",
    "Mmr",
    "ProductIndex",
    "RecordKeys",
    "SearchRequest",
    "SparseVector",
    "StoredRecord",
    "Vector",
    "VersionInfo",
    "bind",
    "open_index",
    "resolve_field",
]

DEFAULT_FOLDER = Path(".shoplens") / "index"
"""Where the embedded index is kept unless a path is given, relative to the working folder."""


def open_index(
    name: str = "products",
    *,
    path: Path | None = None,
    url: str | None = None,
    api_key: str | None = None,
) -> ProductIndex:
    """The index of that name: on the Qdrant server at ``url``, else embedded below ``path``.

    Nothing is read or sent yet. Raises `SettingsError` for a path together with a URL or an API key
    without one, `ProductIndexError` for an unusable name.
    """
    if url is None:
        if api_key is not None:
            raise SettingsError("an API key is for a Qdrant server; give its URL as well")
        return EdgeIndex(path or DEFAULT_FOLDER, name)
    if path is not None:
        raise SettingsError("give a folder (embedded index) or a server's URL, not both")
    # Imported here because qdrant-client takes over a second to import, which an embedded index
    # never needs.
    from retriever.index.qdrant import QdrantIndex

    return QdrantIndex.connect(url, name, api_key=api_key)

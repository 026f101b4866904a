"""Index engines behind one interface.

`open_index` gives the engine that the arguments name: Qdrant Edge, FAISS or Milvus Lite in a folder, or a
Qdrant or Milvus server.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from retriever.errors import SettingsError
from retriever.index.base import (
    Embed,
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
from retriever.index.engines import Engine, engine_of, need
from retriever.index.layout import ClusterLayout
from retriever.index.settings import IndexSettings

if TYPE_CHECKING:
    from retriever.index.milvus import MilvusIndex

__all__ = [
    "DEFAULT_FOLDER",
    "ClusterLayout",
    "EdgeIndex",
    "Embed",
    "Engine",
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
    engine: Engine | None = None,
    layout: ClusterLayout | None = None,
) -> ProductIndex:
    """The index of that name: on the server at ``url``, else embedded below ``path``.

    Without ``engine`` a server is Qdrant's, or Milvus's where the URL is ``milvus://host:port`` (or
    ``milvus+https://``), and a folder is opened by the engine that made the index in it, which is Qdrant
    Edge for a new one. ``layout`` is how a Qdrant cluster lays new versions out. Nothing is sent yet.
    Raises `SettingsError` for a path together with a URL, an API key or a layout without one, an engine
    that cannot be there, is not installed or is not the folder's; `ProductIndexError` for an unusable name.
    """
    if url is None:
        if api_key is not None:
            raise SettingsError("an API key is for a server; give its URL as well")
        if layout:
            raise SettingsError("shards and replicas are for a Qdrant server; give its URL as well")
        return _embedded(name, path or DEFAULT_FOLDER, engine)
    if path is not None:
        raise SettingsError("give a folder (embedded index) or a server's URL, not both")
    if url.startswith(("milvus://", "milvus+https://")) and engine in (None, "milvus"):
        secure = url.startswith("milvus+https")
        engine, url = "milvus", f"http{'s' * secure}://{url.partition('://')[2]}"
    # Imported here because their clients take over a second to import, which an embedded index
    # never needs.
    if engine in (None, "qdrant"):
        from retriever.index.qdrant import QdrantIndex

        return QdrantIndex.connect(url, name, api_key=api_key, layout=layout)
    if layout:
        raise SettingsError(
            f"shards and replicas are for a Qdrant server, not for engine {engine!r}"
        )
    if engine == "milvus":
        return _milvus("pymilvus").connect(url, name, api_key=api_key)
    raise SettingsError(f"engine {engine!r} is embedded and has no server; leave out the URL")


def _embedded(name: str, path: Path, engine: Engine | None) -> ProductIndex:
    made_by = engine_of(path, name)
    chosen = engine or made_by or "edge"
    if made_by not in (None, chosen):
        raise SettingsError(
            f"index {name!r} in {path} was made by engine {made_by!r}, not {chosen!r}; leave the engine "
            "out, or give the other index another name"
        )
    if chosen == "edge":
        return EdgeIndex(path, name)
    if chosen == "faiss":
        need("faiss", "faiss")
        from retriever.index.faiss import FaissIndex

        return FaissIndex(path, name)
    if chosen == "milvus":
        return _milvus("pymilvus", "milvus_lite").embedded(path, name)
    raise SettingsError(f"engine {chosen!r} is a server; give its URL (--server-url)")


def _milvus(*modules: str) -> "type[MilvusIndex]":
    need("milvus", *modules)
    # Read when gRPC is loaded, which else tells on stderr of every fork that it takes no part in.
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    from retriever.index.milvus import MilvusIndex

    return MilvusIndex

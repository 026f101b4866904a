"""The server engine: versions of an index as collections of a Qdrant server or cluster.

Collections are named ``<name>__v0001``; the alias ``<name>`` is the server's own and is moved by one
request. The spec and the complete flag are in the collection's metadata, set together with the
collection, so that no half-made version can exist; this needs Qdrant 1.16 or newer.
"""

from collections.abc import Callable
from dataclasses import asdict, fields

from qdrant_client import AsyncQdrantClient, QdrantClient, models

from retriever.errors import ProductIndexError
from retriever.index.base import IndexSpec, ProductIndex, VersionInfo
from retriever.index.filters import filter_key
from retriever.index.layout import ClusterLayout
from retriever.index.names import (
    active_version,
    check_name,
    incomplete_version,
    is_version,
    missing_index,
    missing_version,
    next_version,
)
from retriever.index.payload import PRODUCT_ID, spec_from_json, spec_to_json
from retriever.index.qdrant_calls import AsyncClients, ServerCalls
from retriever.index.qdrant_vectors import kilobytes, vector_params
from retriever.index.qdrant_version import QdrantVersion

_TIMEOUT = 60
"""Seconds for one request; the client's own default, 5, is short for a large batch that is waited for."""

_SCHEMAS = {
    "keyword": models.PayloadSchemaType.KEYWORD,
    "number": models.PayloadSchemaType.FLOAT,
    "bool": models.PayloadSchemaType.KEYWORD,
}


class QdrantIndex(ProductIndex):
    """A named index on a Qdrant server."""

    engine = "qdrant"

    def __init__(
        self,
        client: QdrantClient,
        name: str = "products",
        *,
        async_client: Callable[[], AsyncQdrantClient] | None = None,
        place: str = "the given Qdrant client",
        layout: ClusterLayout | None = None,
    ) -> None:
        """Takes any client, a cluster's or the in-memory one, and closes it when it is closed.

        ``async_client`` makes the client of `IndexVersion.asearch`, one for each event loop; without
        it, asynchronous searches use ``client`` in a worker thread. ``place`` names the server in
        error messages. ``layout`` is that of versions made from now on. Raises `ProductIndexError` for an unusable name.
        """
        self.name = check_name(name)
        self._client = client
        self._async_clients = AsyncClients(async_client)
        self._calls = ServerCalls(place)
        self._asked = layout or ClusterLayout()

    @classmethod
    def connect(
        cls,
        url: str,
        name: str = "products",
        *,
        api_key: str | None = None,
        layout: ClusterLayout | None = None,
    ) -> "QdrantIndex":
        """An index on the server at ``url``; the first request is sent by the first call."""

        def connect_async() -> AsyncQdrantClient:
            return AsyncQdrantClient(
                url=url, api_key=api_key, timeout=_TIMEOUT, check_compatibility=False
            )

        try:
            # The check would send a request from the constructor and only warn when it fails.
            client = QdrantClient(
                url=url, api_key=api_key, timeout=_TIMEOUT, check_compatibility=False
            )
        except ValueError as error:
            raise ProductIndexError(
                f"{url!r} is no URL of a Qdrant server ({error}); it looks like http://localhost:6333"
            ) from error
        place = f"the Qdrant server at {url}"
        return cls(client, name, async_client=connect_async, place=place, layout=layout)

    def versions(self) -> list[VersionInfo]:
        with self._calls.reported():
            collections = self._client.get_collections().collections
        prefix = self._collection("")
        named = (
            item.name.removeprefix(prefix) for item in collections if item.name.startswith(prefix)
        )
        found = (self._info(version) for version in named if is_version(version))
        infos = [info for info in found if info is not None]
        return sorted(infos, key=lambda info: int(info.version[1:]))

    def active(self) -> str | None:
        with self._calls.reported():
            aliases = self._client.get_aliases().aliases
        for alias in aliases:
            if alias.alias_name == self.name:
                return alias.collection_name.removeprefix(self._collection(""))
        return None

    def create(self, spec: IndexSpec) -> QdrantVersion:
        version = next_version(info.version for info in self.versions())
        collection = self._collection(version)
        layout = self._layout()
        with self._calls.reported():
            self._client.create_collection(
                collection,
                vectors_config={"image": vector_params(spec)},
                sparse_vectors_config={
                    "text": models.SparseVectorParams(modifier=models.Modifier.IDF)
                },
                optimizers_config=models.OptimizersConfigDiff(indexing_threshold=kilobytes(spec)),
                metadata={"spec": spec_to_json(spec), "complete": False},
                **asdict(layout),
            )
            if self._info(version) is None:
                self._client.delete_collection(collection)
                raise ProductIndexError(
                    f"{self._calls.place} does not keep collection metadata; upgrade it to Qdrant 1.16"
                )
            self._make_payload_indexes(collection, spec)
        return QdrantVersion(
            self._client, self._async_clients, self._calls, collection, version, spec
        )

    def open(self, version: str | None = None) -> QdrantVersion:
        wanted = version or self.active()
        if wanted is None:
            raise missing_index(self.name, self._calls.place, self.versions())
        info = self._existing(wanted)
        collection = self._collection(wanted)
        if not info.complete:
            # The interruption may have come before they were made; making them again does nothing.
            with self._calls.reported():
                self._make_payload_indexes(collection, info.spec)
        return QdrantVersion(
            self._client, self._async_clients, self._calls, collection, wanted, info.spec
        )

    def activate(self, version: str) -> None:
        if not self._existing(version).complete:
            raise incomplete_version(self.name, version)
        operations: list[models.CreateAliasOperation | models.DeleteAliasOperation] = []
        if self.active() is not None:
            old = models.DeleteAlias(alias_name=self.name)
            operations.append(models.DeleteAliasOperation(delete_alias=old))
        new = models.CreateAlias(collection_name=self._collection(version), alias_name=self.name)
        operations.append(models.CreateAliasOperation(create_alias=new))
        with self._calls.reported():
            # One request, so that no search finds the alias missing in between.
            self._client.update_collection_aliases(operations)

    def drop(self, version: str) -> None:
        self._existing(version)
        if version == self.active():
            raise active_version(self.name, version)
        with self._calls.reported():
            self._client.delete_collection(self._collection(version))

    def close(self) -> None:
        """Close the clients; versions opened from this index can no longer be used."""
        self._async_clients.close()
        self._client.close()

    def _collection(self, version: str) -> str:
        return f"{self.name}__{version}"

    def _layout(self) -> ClusterLayout:
        """What was asked for; the rest as the served version has it, so that no swap loses replicas.

        Raises `ProductIndexError` for more replicas than there are nodes: a cluster would make fewer, say
        nothing, and never make up for it.
        """
        replicas = self._asked.replication_factor
        if replicas is not None and replicas > 1:
            with self._calls.reported():
                status = self._client.cluster_status()
            nodes = len(status.peers) if isinstance(status, models.ClusterStatusOneOf1) else 1
            if replicas > nodes:
                raise ProductIndexError(
                    f"replication_factor {replicas} needs {replicas} nodes, and {self._calls.place} has {nodes}; "
                    "start the others or ask for fewer replicas"
                )
        active = self.active()
        if active is None:
            return self._asked
        with self._calls.reported():
            served = self._client.get_collection(self._collection(active)).config.params
        names = [field.name for field in fields(ClusterLayout)]
        given = {name: getattr(self._asked, name) for name in names}
        return ClusterLayout(
            **{
                name: getattr(served, name) if value is None else value
                for name, value in given.items()
            }
        )

    def _info(self, version: str) -> VersionInfo | None:
        """None for a collection that shoplens did not make."""
        collection = self._collection(version)
        with self._calls.reported():
            config = self._client.get_collection(collection).config
            if not config.metadata or "spec" not in config.metadata:
                return None
            count = self._client.count(collection, exact=True).count
        spec = spec_from_json(config.metadata["spec"], f"collection {collection}")
        return VersionInfo(version, spec, bool(config.metadata.get("complete")), count)

    def _existing(self, version: str) -> VersionInfo:
        infos = {info.version: info for info in self.versions()}
        if version not in infos:
            raise missing_version(self.name, version, infos)
        return infos[version]

    def _make_payload_indexes(self, collection: str, spec: IndexSpec) -> None:
        """Before the load: the graph is then built with links that filters can follow."""
        indexes = {filter_key(name): _SCHEMAS[kind] for name, kind in spec.fields.items()}
        indexes[PRODUCT_ID] = models.PayloadSchemaType.KEYWORD
        for path, schema in indexes.items():
            self._client.create_payload_index(collection, path, field_schema=schema, wait=True)

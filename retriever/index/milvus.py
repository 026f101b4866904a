"""Milvus: versions of an index as collections, in a folder of this machine (Milvus Lite) or on a server.

Collections are named ``shoplens_<name>__v0001``, the alias ``shoplens_<name>``. A collection of its own,
``shoplens_<name>__specs``, says what each version was made with and whether it is complete; one that it does
not know is half-made. Milvus Lite belongs to one process at a time, all versions of an index together: what
it acknowledged outlives a killed process, but not always a power cut.
"""

import json
from pathlib import Path
from typing import Any

from pymilvus import DataType, MilvusClient

from retriever.errors import ProductIndexError, SettingsError
from retriever.index.base import IndexSpec, ProductIndex, VersionInfo
from retriever.index.engines import milvus_folder
from retriever.index.files import FileLock, cannot_write
from retriever.index.milvus_calls import (
    TEXT_BYTES,
    MilvusCalls,
    alias_name,
    collection_name,
    make_collection,
)
from retriever.index.milvus_version import MilvusVersion
from retriever.index.names import (
    active_version,
    check_name,
    incomplete_version,
    is_version,
    missing_index,
    missing_version,
    next_version,
)
from retriever.index.payload import spec_from_json, spec_to_json


class MilvusIndex(ProductIndex):
    """A named index in Milvus; made by `embedded` or `connect`."""

    engine = "milvus"

    def __init__(
        self, name: str, uri: str, place: str, *, api_key: str | None, folder: Path | None
    ) -> None:
        self.name = check_name(name)
        self._uri = uri
        self._api_key = api_key
        self._folder = folder
        self._lock: FileLock | None = None
        self._opened: MilvusClient | None = None
        self._calls = MilvusCalls(place)
        self._specs = collection_name(name, "specs")

    @classmethod
    def embedded(cls, root: Path, name: str = "products") -> "MilvusIndex":
        """Milvus Lite in a folder below ``root``; makes no file until the first `create`."""
        folder = milvus_folder(root, check_name(name))
        return cls(name, str(folder), f"Milvus Lite in {folder}", api_key=None, folder=folder)

    @classmethod
    def connect(
        cls, url: str, name: str = "products", *, api_key: str | None = None
    ) -> "MilvusIndex":
        """Milvus at a URL such as ``http://127.0.0.1:19530``; the first call sends the first request."""
        if not url.startswith(("http://", "https://", "tcp://")):
            raise ProductIndexError(
                f"{url!r} is no URL of a Milvus server; it looks like http://localhost:19530"
            )
        return cls(name, url, f"the Milvus server at {url}", api_key=api_key, folder=None)

    def versions(self) -> list[VersionInfo]:
        if not self._exists():
            return []
        with self._calls.reported():
            client = self._client()
            if self._specs not in client.list_collections():
                return []
            client.load_collection(self._specs)
            rows = client.query(
                self._specs, filter='id != ""', output_fields=["id", "spec", "complete"]
            )
            infos = [
                VersionInfo(
                    row["id"],
                    spec_from_json(json.loads(row["spec"]), f"collection {self._specs}"),
                    bool(row["complete"]),
                    _count(client, self._collection(row["id"])),
                )
                for row in rows
            ]
        return sorted(infos, key=lambda info: int(info.version[1:]))

    def active(self) -> str | None:
        for info in self.versions():
            with self._calls.reported():
                aliases = self._client().list_aliases(self._collection(info.version))["aliases"]
            if alias_name(self.name) in aliases:
                return info.version
        return None

    def create(self, spec: IndexSpec) -> MilvusVersion:
        if spec.settings.quantisation != "none":
            raise SettingsError(
                "engine 'milvus' is used without quantisation; leave it out, or choose engine 'edge' or a "
                "Qdrant server"
            )
        with self._calls.reported():
            client = self._client()
            existing = client.list_collections()
            if self._specs not in existing:
                self._make_specs(client)
            prefix = self._collection("")
            found = [name.removeprefix(prefix) for name in existing if name.startswith(prefix)]
            version = next_version(name for name in found if is_version(name))
            make_collection(client, self._collection(version), spec)
            self._write_spec(version, spec, complete=False)
        return self._version(version, spec)

    def open(self, version: str | None = None) -> MilvusVersion:
        wanted = version or self.active()
        if wanted is None:
            raise missing_index(self.name, self._calls.place)
        spec = self._existing(wanted).spec
        with self._calls.reported():
            self._client().load_collection(self._collection(wanted))
        return self._version(wanted, spec)

    def activate(self, version: str) -> None:
        if not self._existing(version).complete:
            raise incomplete_version(self.name, version)
        alias, first = alias_name(self.name), self.active() is None
        with self._calls.reported():
            client = self._client()
            change = client.create_alias if first else client.alter_alias
            change(self._collection(version), alias)

    def drop(self, version: str) -> None:
        self._existing(version)
        if version == self.active():
            raise active_version(self.name, version)
        with self._calls.reported():
            self._client().delete(self._specs, ids=[version])
            self._client().drop_collection(self._collection(version))

    def close(self) -> None:
        """Close the client; versions opened from this index can no longer be used."""
        client, self._opened = self._opened, None
        if client is not None:
            client.close()
        if self._folder is not None and client is not None:
            from milvus_lite.server_manager import server_manager_instance

            server_manager_instance.release_server(str(self._folder))
        if self._lock is not None:
            self._lock.release()

    def _exists(self) -> bool:
        return self._folder is None or self._folder.exists()

    def _client(self) -> MilvusClient:
        if self._opened is None:
            if self._folder is not None:
                self._lock = _lock_beside(self._folder)
            try:
                self._opened = MilvusClient(self._uri, token=self._api_key or "")
            except BaseException:
                if self._lock is not None:
                    self._lock.release()
                raise
        return self._opened

    def _collection(self, version: str) -> str:
        return collection_name(self.name, version)

    def _existing(self, version: str) -> VersionInfo:
        infos = {info.version: info for info in self.versions()}
        if version not in infos:
            raise missing_version(self.name, version, infos)
        return infos[version]

    def _version(self, version: str, spec: IndexSpec) -> MilvusVersion:
        return MilvusVersion(
            self._client(),
            self._calls,
            self._collection(version),
            version,
            spec,
            complete=lambda: self._existing(version).complete,
            completed=lambda: self._write_spec(version, spec, complete=True),
        )

    def _write_spec(self, version: str, spec: IndexSpec, *, complete: bool) -> None:
        row = {
            "id": version,
            "spec": json.dumps(spec_to_json(spec)),
            "complete": complete,
            "nothing": [0.0, 0.0],
        }
        self._client().upsert(self._specs, [row])

    def _make_specs(self, client: MilvusClient) -> None:
        schema: Any = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=36)
        schema.add_field("spec", DataType.VARCHAR, max_length=TEXT_BYTES)
        schema.add_field("complete", DataType.BOOL)
        # Milvus has no collection without a vector.
        schema.add_field("nothing", DataType.FLOAT_VECTOR, dim=2)
        indexes = MilvusClient.prepare_index_params()
        indexes.add_index("nothing", index_type="FLAT", metric_type="L2")
        client.create_collection(
            self._specs, schema=schema, index_params=indexes, consistency_level="Strong"
        )


def _lock_beside(folder: Path) -> FileLock:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error
    lock = FileLock(folder.with_suffix(".lock"))
    lock.acquire()
    return lock


def _count(client: MilvusClient, collection: str) -> int:
    client.load_collection(collection)
    return int(client.query(collection, filter="", output_fields=["count(*)"])[0]["count(*)"])

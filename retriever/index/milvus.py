"""Milvus: versions of an index as collections, in a folder of this machine (Milvus Lite) or on a server.

Collections are named ``shoplens_<name>__v0001``, the alias ``shoplens_<name>``. A collection of its own,
``shoplens_<name>__specs``, says what each version was made with and whether it is complete. It knows a version
before its collection is made and until that is dropped, so no interruption leaves a collection that no one
knows; what else it left undone is done by the next `open`. Milvus Lite belongs to one process at a time, all versions of an index together: what
it acknowledged outlives a killed process, but not always a power cut.
"""

import json
import threading
from pathlib import Path
from typing import Any

from pymilvus import DataType, MilvusClient

from retriever.errors import ProductIndexError
from retriever.index.base import IndexSpec, ProductIndex, VersionInfo
from retriever.index.engines import milvus_folder
from retriever.index.files import FileLock, cannot_write
from retriever.index.milvus_calls import (
    TEXT_BYTES,
    MilvusCalls,
    alias_name,
    collection_name,
    count_in,
    make_collection,
    make_indexes,
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
    quantises = False

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
        self._opening = threading.Lock()
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
            collections = client.list_collections()
            if self._specs not in collections:
                return []
            rows = self._known(client)
            infos = []
            for row in rows:
                version, collection = row["id"], self._collection(row["id"])
                if collection in collections:
                    spec = spec_from_json(json.loads(row["spec"]), f"collection {self._specs}")
                    count = _count(client, collection)
                    infos.append(VersionInfo(version, spec, bool(row["complete"]), count))
        return sorted(infos, key=lambda info: int(info.version[1:]))

    def active(self) -> str | None:
        if not self._exists():
            return None
        alias = alias_name(self.name)
        with self._calls.reported():
            client = self._client()
            if alias not in client.list_aliases()["aliases"]:
                return None
            collection = str(client.describe_alias(alias)["collection_name"])
        return collection.removeprefix(self._collection(""))

    def create(self, spec: IndexSpec) -> MilvusVersion:
        self.check(spec.settings)
        with self._calls.reported():
            client = self._client()
            existing = client.list_collections()
            if self._specs not in existing:
                self._make_specs(client)
            prefix = self._collection("")
            found = [name.removeprefix(prefix) for name in existing if name.startswith(prefix)]
            found += [row["id"] for row in self._known(client)]
            version = next_version(name for name in found if is_version(name))
            self._write_spec(version, spec, complete=False)
            make_collection(client, self._collection(version), spec)
            make_indexes(client, self._collection(version), spec)
        return self._version(version, spec)

    def open(self, version: str | None = None) -> MilvusVersion:
        wanted = version or self.active()
        if wanted is None:
            raise missing_index(self.name, self._calls.place, self.versions())
        spec = self._existing(wanted).spec
        with self._calls.reported():
            make_indexes(self._client(), self._collection(wanted), spec)
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
            self._client().drop_collection(self._collection(version))
            self._client().delete(self._specs, ids=[version])

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
        with self._opening:
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
            complete=lambda: self._is_complete(version),
            completed=lambda: self._write_spec(version, spec, complete=True),
        )

    def _known(self, client: MilvusClient) -> list[dict[str, Any]]:
        """A row for each version, those without a collection included."""
        client.load_collection(self._specs)
        fields = ["id", "spec", "complete"]
        return list(client.query(self._specs, filter='id != ""', output_fields=fields))

    def _is_complete(self, version: str) -> bool:
        rows = self._client().query(self._specs, ids=[version], output_fields=["complete"])
        return any(row["complete"] for row in rows)

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
    if "image" not in client.list_indexes(collection):
        # Interrupted, or being made just now by another process: it cannot be loaded, so not counted exactly.
        return int(client.get_collection_stats(collection)["row_count"])
    client.load_collection(collection)
    return count_in(client, collection)

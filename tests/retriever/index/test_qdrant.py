"""What is sent to a Qdrant server, and what its failures are called."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from qdrant_client import QdrantClient, models

from retriever.errors import ProductIndexError, SettingsError
from retriever.index import ClusterLayout, IndexRecord, IndexSpec, Mmr, SearchRequest, open_index
from retriever.index.payload import spec_to_json
from retriever.index.qdrant import QdrantIndex
from retriever.lexical import query_terms
from retriever.where import Eq, Range

EMBEDDING = np.full(16, 0.25, np.float32)
COLLECTION = "products__v0001"


class Recorder(BaseHTTPRequestHandler):
    """Answers as a server with one finished version that holds one product; keeps what it was sent."""

    spec: ClassVar[IndexSpec]
    status: ClassVar[int]
    requests: ClassVar[list[tuple[str, str, Any]]]
    served: ClassVar[dict[str, int]] = {
        "shard_number": 6,
        "replication_factor": 2,
        "write_consistency_factor": 1,
    }

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        self.requests.append((self.command, self.path.partition("?")[0], body))
        reply = json.dumps({"result": self.result(), "status": "ok", "time": 0.0}).encode()
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    do_GET = do_POST = do_PUT = do_PATCH = answer  # noqa: N815

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002
        """Keep the test's output quiet."""

    def result(self) -> object:
        path = self.path.partition("?")[0]
        if path == "/collections":
            return {"collections": [{"name": COLLECTION}, {"name": "products__notes"}]}
        if path == "/aliases":
            return {"aliases": [{"alias_name": "products", "collection_name": COLLECTION}]}
        if path.endswith("/points/count"):
            return {"count": 1}
        if path.endswith("/points/query"):
            payload = {
                "product": {"id": "p1", "title": "found"},
                "keys": {"picture": "a", "record": "b"},
            }
            return {"points": [{"id": 1, "version": 1, "score": 0.5, "payload": payload}]}
        made = (f"/collections/{COLLECTION}", "/collections/products__v0002")
        if path in made and self.command == "GET":
            with_memory = QdrantClient(":memory:")
            with_memory.create_collection(
                COLLECTION,
                vectors_config={
                    "image": models.VectorParams(size=16, distance=models.Distance.COSINE)
                },
                metadata={"spec": spec_to_json(self.spec), "complete": True},
            )
            found = with_memory.get_collection(COLLECTION).model_dump(mode="json")
            found["config"]["params"] |= self.served
            return found
        if path == "/cluster":
            return self.cluster()
        if path.endswith("/index"):
            return {"operation_id": 1, "status": "completed"}
        return True

    def cluster(self) -> object:
        nodes = {str(number): {"uri": f"http://qdrant-{number}:6335/"} for number in (1, 2, 3)}
        raft = {"term": 1, "commit": 1, "pending_operations": 0, "is_voter": True}
        return {
            "status": "enabled",
            "peer_id": 1,
            "peers": nodes,
            "raft_info": raft,
            "consensus_thread_status": {
                "consensus_thread_status": "working",
                "last_update": "2026-01-01T00:00:00Z",
            },
            "message_send_failures": {},
        }


@pytest.fixture
def server(spec: IndexSpec) -> Iterator[str]:
    Recorder.spec, Recorder.status, Recorder.requests = spec, 200, []
    with ThreadingHTTPServer(("127.0.0.1", 0), Recorder) as listening:
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()
        thread.join()


async def test_sync_and_async_searches_send_the_same_request(server: str) -> None:
    requests = [
        SearchRequest(limit=5, embedding=EMBEDDING, where=Eq("brand", "ACME")),
        SearchRequest(limit=5, terms=query_terms("red"), where=Range("price", lte=50)),
        SearchRequest(limit=5, embedding=EMBEDDING, terms=query_terms("red")),
        SearchRequest(limit=5, embedding=EMBEDDING, mmr=Mmr(0.3), exact=True),
    ]
    with open_index(url=server) as index, index.open() as version:
        for request in requests:
            Recorder.requests.clear()
            assert version.search(request) == await version.asearch(request)
            first, second = Recorder.requests
            assert first == second
            assert first[:2] == ("POST", f"/collections/{COLLECTION}/points/query")


def test_filters_are_inside_each_prefetch(server: str) -> None:
    request = SearchRequest(
        limit=5, embedding=EMBEDDING, terms=query_terms("red"), where=Eq("on_sale", True)
    )
    with open_index(url=server) as index, index.open() as version:
        [hit] = version.search(request)
    assert (hit.product.title, hit.score) == ("found", 0.5)
    body = Recorder.requests[-1][2]
    condition = {"key": "filter.on_sale", "match": {"value": "true"}}
    for part, using in zip(body["prefetch"], ("image", "text"), strict=True):
        assert (part["using"], part["limit"]) == (using, 100)
        assert part["filter"] == {"must": [condition]}
    assert body["query"] == {"rrf": {"k": 60}}


def test_the_alias_is_moved_by_one_request(server: str) -> None:
    with open_index(url=server) as index:
        index.activate("v0001")
    method, path, body = Recorder.requests[-1]
    assert (method, path) == ("POST", "/collections/aliases")
    assert body["actions"] == [
        {"delete_alias": {"alias_name": "products"}},
        {"create_alias": {"collection_name": COLLECTION, "alias_name": "products"}},
    ]


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        (ClusterLayout(), (6, 2, 1)),
        (ClusterLayout(replication_factor=3), (6, 3, 1)),
        (ClusterLayout(12, 3, 2), (12, 3, 2)),
    ],
)
def test_a_new_version_has_the_layout_asked_for_or_the_served_one(
    server: str, spec: IndexSpec, asked: ClusterLayout, sent: tuple[int, int, int]
) -> None:
    with open_index(url=server, layout=asked) as index:
        index.create(spec)
    [body] = [
        body
        for method, path, body in Recorder.requests
        if (method, path) == ("PUT", "/collections/products__v0002")
    ]
    names = ("shard_number", "replication_factor", "write_consistency_factor")
    assert tuple(body[name] for name in names) == sent


@pytest.mark.parametrize(
    ("layout", "message"),
    [((0, None, None), "shard_number is 0"), ((None, 1, 2), "more than replication_factor 1")],
)
def test_a_layout_that_no_cluster_can_have_is_refused(
    layout: tuple[int | None, int | None, int | None], message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        ClusterLayout(*layout)


def test_more_replicas_than_nodes_are_refused(server: str, spec: IndexSpec) -> None:
    layout = ClusterLayout(replication_factor=4)
    with (
        open_index(url=server, layout=layout) as index,
        pytest.raises(ProductIndexError, match=r"needs 4 nodes, and .* has 3"),
    ):
        index.create(spec)
    assert not [path for method, path, _ in Recorder.requests if method == "PUT"]


def test_a_layout_is_for_a_server(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="shards and replicas are for a Qdrant server"):
        open_index(path=tmp_path, layout=ClusterLayout(replication_factor=2))


def test_an_unreachable_server_is_named() -> None:
    with (
        open_index(url="http://127.0.0.1:9") as index,
        pytest.raises(
            ProductIndexError, match=r"http://127.0.0.1:9 cannot be reached.*check the URL"
        ),
    ):
        index.versions()
    with pytest.raises(ProductIndexError, match="looks like http://localhost:6333"):
        open_index(url="nonsense://x y")


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, "refused the API key"),
        (403, "refused the API key"),
        (404, "no longer has the collection"),
        (409, "another process may be indexing"),
        (500, "answered HTTP 500"),
    ],
)
async def test_refusals_are_explained(server: str, status: int, message: str) -> None:
    with open_index(url=server) as index, index.open() as version:
        Recorder.status = status
        request = SearchRequest(limit=5, embedding=EMBEDDING)
        with pytest.raises(ProductIndexError, match=message):
            version.search(request)
        with pytest.raises(ProductIndexError, match=message):
            await version.asearch(request)


@pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant")
def test_collections_of_others_are_left_alone(spec: IndexSpec, records: list[IndexRecord]) -> None:
    client = QdrantClient(":memory:")
    client.create_collection("products__notes", vectors_config={})
    client.create_collection("products__v0007", vectors_config={})
    with QdrantIndex(client) as index:
        assert index.versions() == []
        with index.create(spec) as version:
            version.upsert(records[:3])
        assert [info.count for info in index.versions()] == [3]
        collection = client.get_collection(COLLECTION)
        assert list(collection.config.params.vectors or {}) == ["image"]
        sparse = collection.config.params.sparse_vectors or {}
        assert sparse["text"].modifier is models.Modifier.IDF

"""Keys, rates, sizes, hosts, readiness, restarts."""

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from typer.testing import CliRunner

from backend.cli import app as cli
from backend.security.rate import RateLimiter

Serve = Callable[..., Any]


def shoplens(*arguments: str) -> Any:
    return CliRunner().invoke(cli, list(arguments))


def new_key(data_dir: Path, *options: str) -> str:
    result = shoplens("keys", "create", "shop", "--data-dir", str(data_dir), *options)
    assert result.exit_code == 0, result.output
    return str(result.stdout.strip())


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_without_keys_the_server_does_not_listen_to_others(own_data: Path) -> None:
    options = ("--name", "shop", "--data-dir", str(own_data))
    result = shoplens("serve", "--host", "0.0.0.0", *options)
    assert result.exit_code == 2
    assert "shoplens keys create" in result.stderr


def test_keys_are_required_kept_as_hashes_and_can_be_revoked(own_data: Path, serve: Serve) -> None:
    key = new_key(own_data)
    secret = key.rpartition("_")[2]
    for file in own_data.glob("shoplens.db*"):
        assert secret.encode() not in file.read_bytes()
    with serve(own_data, require_keys=True) as url, httpx.Client(base_url=url) as client:
        for path in ("/v1/capabilities", "/metrics", "/mcp", "/nowhere"):
            refused = client.get(path)
            assert refused.status_code == 401
            assert refused.headers["www-authenticate"] == "Bearer"
            assert refused.headers["content-type"] == "application/problem+json"
        assert client.get("/healthz").status_code == 200
        assert client.get("/v1/capabilities", headers=bearer(key)).status_code == 200
        assert client.get("/v1/capabilities", headers={"X-API-Key": key}).status_code == 200
        for wrong in (key[:-1], key + "0", "shoplens__", "x"):
            assert client.get("/v1/capabilities", headers=bearer(wrong)).status_code == 401
        [listed] = json.loads(
            shoplens("keys", "list", "--json", "--data-dir", str(own_data)).stdout
        )
        assert secret not in str(listed)
        assert shoplens("keys", "revoke", listed["id"], "--data-dir", str(own_data)).exit_code == 0
        assert client.get("/v1/capabilities", headers=bearer(key)).status_code == 401


def test_a_caller_sees_only_its_own_conversations(own_data: Path, serve: Serve) -> None:
    mine, theirs = new_key(own_data), new_key(own_data)
    with serve(own_data, require_keys=True) as url, httpx.Client(base_url=url) as client:
        begun = client.post("/v1/conversations", headers=bearer(mine)).json()["id"]
        path = f"/v1/conversations/{begun}"
        assert client.get(path, headers=bearer(mine)).status_code == 200
        assert client.get(path, headers=bearer(theirs)).status_code == 404
        assert client.delete(path, headers=bearer(theirs)).status_code == 404
        assert client.get("/v1/conversations", headers=bearer(theirs)).json() == []


def test_a_key_that_asks_too_often_is_told_when_to_ask_again(own_data: Path, serve: Serve) -> None:
    slow, fast = new_key(own_data, "--rate", "8"), new_key(own_data)
    with serve(own_data, require_keys=True) as url, httpx.Client(base_url=url) as client:
        replies = [client.get("/v1/models", headers=bearer(slow)) for _ in range(4)]
        assert [reply.status_code for reply in replies][:2] == [200, 200]
        refused = replies[-1]
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 8
        assert client.get("/v1/models", headers=bearer(fast)).status_code == 200


def test_where_no_key_is_required_any_is_taken_for_none(client: httpx.Client) -> None:
    # Clients such as openai's cannot send no key at all.
    assert client.get("/v1/models", headers=bearer("none")).status_code == 200


def test_a_bucket_refills() -> None:
    now = 0.0
    limiter = RateLimiter(lambda: now)
    assert [limiter.take("a", 8) for _ in range(3)] == [0, 0, 8]
    assert limiter.take("b", 8) == 0
    now = 7.0
    assert limiter.take("a", 8) == 1
    now = 7.6
    assert limiter.take("a", 8) == 0


def test_large_bodies_are_refused_declared_or_not(own_data: Path, serve: Serve) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 1000

    with (
        serve(own_data, max_body_bytes=20_000) as url,
        httpx.Client(base_url=url, timeout=10) as client,
    ):
        kind = {"Content-Type": "application/json"}
        assert client.post("/v1/search", content=b"x" * 30_000, headers=kind).status_code == 413
        assert client.post("/v1/search", content=chunks(), headers=kind).status_code == 413
        assert client.post("/mcp", content=b"x" * 30_000, headers=kind).status_code == 413
        assert client.post("/v1/search", json={"text": "mug"}).status_code == 200


def test_a_body_that_does_not_come_is_not_waited_for(own_data: Path, serve: Serve) -> None:
    with serve(own_data, body_seconds=0.3) as url:
        place = urlsplit(url)
        with socket.create_connection((str(place.hostname), int(place.port or 0)), 10) as sock:
            head = f"POST /v1/search HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Length: 9\r\n\r\n"
            sock.sendall(head.encode())
            assert sock.recv(100).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "rebound.example"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "localhost:1"}, 200),
    ],
)
def test_pages_of_others_are_refused_on_loopback(
    client: httpx.Client, headers: dict[str, str], status: int
) -> None:
    reply = client.get("/v1/models", headers=headers)
    assert reply.status_code == status
    assert "access-control-allow-origin" not in reply.headers


def test_cors_is_for_listed_origins(own_data: Path, serve: Serve) -> None:
    origin = "https://shop.example"
    with serve(own_data, cors_origins=(origin,)) as url:
        reply = httpx.get(f"{url}/v1/models", headers={"Origin": origin})
        assert reply.headers["access-control-allow-origin"] == origin


def test_readiness_names_a_fingerprint_that_differs(own_data: Path, serve: Serve) -> None:
    manifest = own_data / "index" / "shop" / "v0001" / "manifest.json"
    data = json.loads(manifest.read_text())
    data["spec"]["fingerprint"] = "0" * 32
    manifest.write_text(json.dumps(data))
    with serve(own_data) as url, httpx.Client(base_url=url) as client:
        reply = client.get("/readyz")
        assert reply.status_code == 503
        assert reply.headers["content-type"] == "application/problem+json"
        assert "0" * 32 in reply.json()["detail"]
        assert client.get("/healthz").status_code == 200
        search = client.post("/v1/search", json={"text": "mug"})
        assert (search.status_code, search.json()["type"]) == (
            503,
            "urn:shoplens:problem:index-of-another-model",
        )


def test_without_an_index_the_server_is_not_ready(tmp_path: Path, serve: Serve) -> None:
    with serve(tmp_path) as url:
        reply = httpx.get(f"{url}/readyz")
        assert reply.status_code == 503
        assert "shoplens index" in reply.json()["detail"]


def test_conversations_survive_a_restart(own_data: Path, serve: Serve, chat: Any) -> None:
    with serve(own_data) as url, httpx.Client(base_url=url, timeout=30) as client:
        first = chat(client, "bags under 100", k=3)
    conversation, shown = first[0][1]["id"], first[2][1]["items"]
    with serve(own_data) as url, httpx.Client(base_url=url, timeout=30) as client:
        second = chat(client, "more like the second one", conversation_id=conversation)
    assert second[1][1]["understanding"]["references"] == [shown[1]["product"]["id"]]


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
def test_feedback_is_exported_as_pairs(
    own_data: Path, serve: Serve, tmp_path: Path, ending: str
) -> None:
    with serve(own_data) as url, httpx.Client(base_url=url, timeout=30) as client:
        products = client.post("/v1/search", json={"text": "mug", "k": 2}).json()["products"]
        ids = [product["id"] for product in products]
        for query, product_id, verdict in (
            ("a mug", ids[0], "irrelevant"),
            ("A  mug", ids[0], "relevant"),
            ("a mug", ids[1], "irrelevant"),
        ):
            given = {"query": query, "product_id": product_id, "verdict": verdict}
            assert client.post("/v1/feedback", json=given).status_code == 201
        given["product_id"] = "none"
        assert client.post("/v1/feedback", json=given).status_code == 404
    path = tmp_path / f"pairs.{ending}"
    result = shoplens("feedback", "export", str(path), "--data-dir", str(own_data))
    assert result.exit_code == 0, result.output
    rows = path.read_text().splitlines()
    if ending == "csv":
        assert rows == ["query,product_id,verdict", f"A mug,{ids[0]},relevant", f"a mug,{ids[1]},irrelevant"]  # fmt: skip
    else:
        assert [json.loads(row)["verdict"] for row in rows] == ["relevant", "irrelevant"]


def test_a_server_that_is_in_the_way_is_named(own_data: Path, serve: Serve) -> None:
    with serve(own_data) as url:
        assert httpx.get(f"{url}/readyz").status_code == 200
        result = shoplens("mcp", "--data-dir", str(own_data), "--name", "shop")
    assert result.exit_code == 2
    assert "--url" in result.stderr

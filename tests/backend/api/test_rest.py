"""The REST routes as a client sees them."""

import base64
import io
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from PIL import Image

Chat = Callable[..., list[tuple[str, Any]]]


def png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), (220, 40, 40)).save(buffer, format="PNG")
    return buffer.getvalue()


def found(client: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    reply = client.post("/v1/search", json=query)
    assert reply.status_code == 200, reply.text
    products: list[dict[str, Any]] = reply.json()["products"]
    return products


def test_search_by_words_keeps_both_filters(client: httpx.Client) -> None:
    products = found(
        client,
        text="a bag",
        where="price <= 100",
        filters={
            "all": [{"field": "category", "eq": "Bags"}, {"not": {"field": "price", "gt": 90}}]
        },
        k=50,
    )
    assert products
    assert all(p["category"] == "Bags" and p["price"]["amount"] <= 90 for p in products)
    assert [p["rank"] for p in products] == list(range(1, len(products) + 1))


@pytest.mark.parametrize("mode", ["dense", "lexical", "hybrid"])
def test_every_mode(client: httpx.Client, mode: str) -> None:
    assert found(client, text="sneaker", mode=mode, k=3)


def test_a_picture_finds_itself_as_upload_and_as_base64(client: httpx.Client) -> None:
    [first] = found(client, text="sofa", k=1)
    picture = client.get(first["picture"]).content
    uploaded = client.post(
        "/v1/search", data={"k": "1"}, files={"picture": ("p.jpg", picture, "image/jpeg")}
    )
    assert uploaded.json()["products"][0]["id"] == first["id"]
    encoded = base64.b64encode(picture).decode()
    assert found(client, picture=encoded, k=1)[0]["id"] == first["id"]
    both = found(
        client, picture="data:image/jpeg;base64," + encoded, text="red", picture_weight=0.2
    )
    assert both[0]["score"] < 0.99


def test_fewer_alike(client: httpx.Client) -> None:
    plain = [p["id"] for p in found(client, text="shoe", k=10)]
    assert [p["id"] for p in found(client, text="shoe", k=10, diverse=True)] != plain


@pytest.mark.parametrize(
    ("query", "kind", "said"),
    [
        ({"text": "x", "where": "colr = red"}, "unsupported-filter", "did you mean 'colour'"),
        ({"text": "x", "filters": {"field": "nope", "eq": 1}}, "unsupported-filter", "category"),
        ({"text": "x", "where": "price <="}, "unsupported-filter", "supported:"),
        ({"text": ""}, "unusable-query", "empty"),
        ({"picture": "!!"}, "invalid-request", "base64"),
        ({"picture": "aGVsbG8="}, "unusable-picture", "not a picture"),
        ({"picture": "http://127.0.0.1/x.png"}, "unusable-picture", "never fetched"),
        ({"text": "x", "k": 0}, "invalid-request", "#/k"),
        ({"text": "x", "unknown": 1}, "invalid-request", "#/unknown"),
        ({"text": "x", "filters": {"field": "price"}}, "invalid-request", "exactly one"),
    ],
)
def test_what_cannot_be_done_is_a_422_that_says_why(
    client: httpx.Client, query: dict[str, Any], kind: str, said: str
) -> None:
    reply = client.post("/v1/search", json=query)
    assert reply.status_code == 422
    assert reply.headers["content-type"] == "application/problem+json"
    problem = reply.json()
    assert problem["type"] == f"urn:shoplens:problem:{kind}"
    assert said in problem["detail"]
    assert problem["request_id"] == reply.headers["x-request-id"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("PUT", "/v1/search", 405),
        ("GET", "/v1/products/none", 404),
        ("GET", "/v1/products/none/similar", 404),
        ("GET", f"/v1/pictures/{'0' * 32}.jpg", 404),
        ("GET", "/v1/pictures/..%2f..%2fetc.jpg", 404),
        ("GET", f"/v1/conversations/{'0' * 32}", 404),
        ("DELETE", f"/v1/conversations/{'0' * 32}", 404),
    ],
)
def test_every_error_is_a_problem(
    client: httpx.Client, method: str, path: str, status: int
) -> None:
    reply = client.request(method, path)
    assert (reply.status_code, reply.json()["status"]) == (status, status)
    assert reply.headers["content-type"] == "application/problem+json"


def test_another_kind_of_body_is_a_415(client: httpx.Client) -> None:
    assert client.post("/v1/search", content=b"text=x").status_code == 415


def test_a_product_its_like_and_its_picture(client: httpx.Client) -> None:
    [first] = found(client, text="banana", k=1)
    product = client.get(f"/v1/products/{first['id']}").json()
    assert product == {name: first[name] for name in product}
    like = client.get(
        f"/v1/products/{first['id']}/similar", params={"k": 4, "where": "price < 500"}
    )
    ids = [p["id"] for p in like.json()["products"]]
    assert len(ids) == 4
    assert first["id"] not in ids
    picture = client.get(product["picture"])
    assert picture.headers["content-type"] == "image/jpeg"
    assert picture.headers["x-content-type-options"] == "nosniff"
    assert "immutable" in picture.headers["cache-control"]
    assert Image.open(io.BytesIO(picture.content)).format == "JPEG"


def test_capabilities_list_what_search_takes(client: httpx.Client) -> None:
    fields = {field["name"]: field for field in client.get("/v1/capabilities").json()["fields"]}
    assert fields["price"]["minimum"] < fields["price"]["maximum"]
    value = fields["colour"]["values"][0]
    products = found(client, text="x", filters={"field": "colour", "in": [value["value"]]}, k=100)
    assert len(products) == value["count"]


def test_health_readiness_and_metrics(client: httpx.Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json()["status"] == "ready"
    found(client, text="mug")
    metrics = client.get("/metrics").text
    for name in (
        'shoplens_requests_total{method="POST",route="/v1/search",status="200"}',
        'shoplens_stage_seconds_count{stage="encode"}',
        'shoplens_stage_seconds_count{stage="search"}',
        "shoplens_requests_in_flight 1.0",
    ):
        assert name in metrics


def test_a_conversation_keeps_its_budget_and_its_references(
    client: httpx.Client, chat: Chat
) -> None:
    first = chat(client, "shoes under 100", k=3)
    assert [name for name, _ in first][:3] == ["conversation", "understood", "products"]
    assert first[-1][0] == "done"
    conversation = first[0][1]["id"]
    shown = first[2][1]["items"]
    assert shown
    assert all(item["product"]["price"]["amount"] < 100 for item in shown)
    cited = {c["product_id"] for name, data in first if name == "text" for c in data["citations"]}
    assert cited <= {item["product"]["id"] for item in shown}
    second = chat(client, "more like the second one", conversation_id=conversation)
    assert second[1][1]["understanding"]["references"] == [shown[1]["product"]["id"]]
    kept = client.get(f"/v1/conversations/{conversation}").json()
    assert [turn["text"] for turn in kept["turns"]] == [
        "shoes under 100",
        "more like the second one",
    ]
    assert conversation in [c["id"] for c in client.get("/v1/conversations").json()]
    assert client.delete(f"/v1/conversations/{conversation}").status_code == 204
    assert client.get(f"/v1/conversations/{conversation}").status_code == 404


def test_products_that_are_pointed_at_keep_their_pictures(client: httpx.Client, chat: Chat) -> None:
    first = chat(client, "shoes")
    compared = chat(client, "compare the first two", conversation_id=first[0][1]["id"])
    keys = [[item["picture_key"] for item in turn[2][1]["items"]] for turn in (first, compared)]
    assert keys[1] == keys[0][:2]
    assert all(keys[1])


def test_chat_takes_a_picture_as_upload(client: httpx.Client) -> None:
    reply = client.post("/v1/chat", data={"text": "like this"}, files={"picture": ("p.png", png())})
    assert reply.status_code == 200
    assert "event: products" in reply.text


def test_chat_refuses_before_it_streams(client: httpx.Client) -> None:
    assert client.post("/v1/chat", json={"text": " "}).status_code == 422
    unknown = {"wanted": {"colr": ["red"]}}
    reply = client.post("/v1/chat", json={"text": "mug", "constraints": unknown})
    assert reply.status_code == 422
    assert "colour" in reply.json()["detail"]
    assert (
        client.post("/v1/chat", json={"text": "x", "conversation_id": "0" * 32}).status_code == 404
    )


def test_openapi_has_ids_and_examples(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    operations = [op for path in paths.values() for op in path.values()]
    ids = [op["operationId"] for op in operations]
    assert len(set(ids)) == len(ids)
    assert {"search_products", "chat", "similar_products", "create_chat_completion"} <= set(ids)
    content = paths["/v1/search"]["post"]["requestBody"]["content"]
    assert content["application/json"]["example"]["text"] == "a red handbag"

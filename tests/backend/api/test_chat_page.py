"""What the chat page needs of the API beside the chat itself."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch

from backend.progress import ProgressFile, read_progress
from backend.store import Store
from backend.store.keys import create_key
from retriever.adapter import Adapter, AdapterConfig, Provenance, save_adapter
from retriever.encoder import Encoder
from tests.backend.api.conftest import Serve
from training.evaluation.result import Evaluation

Chat = Callable[..., list[tuple[str, Any]]]


def products_of(events: list[tuple[str, Any]]) -> list[dict[str, Any]]:
    return next(list(data["items"]) for name, data in events if name == "products")


def test_more_like_a_product_by_its_id(client: httpx.Client, chat: Chat) -> None:
    events = chat(client, "a toy under 500")
    conversation = events[0][1]["id"]
    wanted = products_of(events)[1]["product"]["id"]
    more = chat(client, "", like=wanted, conversation_id=conversation)
    understood = more[1][1]
    assert understood["understanding"]["references"] == [wanted]
    assert "price" in [chip["key"] for chip in understood["chips"]]
    found = [item["product"]["id"] for item in products_of(more)]
    assert found
    assert wanted not in found
    similar = client.get(
        f"/v1/products/{wanted}/similar", params={"where": "price < 500 and category = Toys"}
    ).json()
    of_similar = [item["id"] for item in similar["products"]]
    assert found[: len(of_similar)] == of_similar[: len(found)]


def test_like_and_words_at_once_are_refused(client: httpx.Client) -> None:
    reply = client.post("/v1/chat", json={"text": "a mug", "like": "p1"})
    assert reply.status_code == 422
    assert "send one of them" in reply.json()["detail"]


def test_unknown_product_to_find_more_of_is_said(client: httpx.Client, chat: Chat) -> None:
    events = chat(client, "", like="no-such-product")
    assert products_of(events) == []
    assert any("no longer in the catalogue" in data.get("text", "") for _, data in events)


def test_shown_products_and_why_are_read_again(client: httpx.Client, chat: Chat) -> None:
    events = chat(client, "a toy")
    conversation = events[0][1]["id"]
    items = products_of(events)
    kept = client.get(f"/v1/conversations/{conversation}").json()["turns"][0]["shown"]
    assert [item["matches"] for item in kept] == [item["matches"] for item in items]
    assert [item["score"] for item in kept] == pytest.approx([item["score"] for item in items])
    shown = client.get(f"/v1/conversations/{conversation}/products").json()
    assert [item["id"] for item in shown] == [item["product"]["id"] for item in items]
    assert client.get(shown[0]["picture"]).status_code == 200


def test_picture_of_a_conversation(client: httpx.Client, drawn_data: Path) -> None:
    picture = next((drawn_data.parent / "shop" / "pictures").iterdir())
    sent = client.post("/v1/chat", data={"text": ""}, files={"picture": picture.read_bytes()})
    conversation = json.loads(sent.text.split("data: ", 2)[1].split("\n")[0])["id"]
    kept = client.get(f"/v1/conversations/{conversation}/picture")
    assert kept.headers["content-type"] == "image/jpeg"
    begun = client.post("/v1/conversations").json()["id"]
    assert client.get(f"/v1/conversations/{begun}/picture").status_code == 404
    assert client.get(f"/v1/conversations/{begun}/products").json() == []


@pytest.mark.parametrize("part", ["products", "picture"])
def test_conversations_of_others_stay_theirs(client: httpx.Client, part: str) -> None:
    assert client.get(f"/v1/conversations/{'0' * 32}/{part}").status_code == 404


def test_two_adapters_over_the_same_products(client: httpx.Client) -> None:
    adapters = client.get("/v1/adapters").json()
    assert [item["name"] for item in adapters][:2] == ["identity", "fashion"]
    assert [item["in_use"] for item in adapters] == [True, False]
    body = {"text": "a red handbag", "adapters": ["identity", "fashion"], "k": 20}
    zero_shot, fashion = client.post("/v1/adapters/compare", json=body).json()
    served = client.post("/v1/search", json={"text": "a red handbag", "k": 20}).json()["products"]
    assert [item["id"] for item in zero_shot["products"]] == [item["id"] for item in served]
    assert zero_shot["products"][0]["score"] == pytest.approx(served[0]["score"], abs=1e-4)
    assert [i["id"] for i in fashion["products"]] != [i["id"] for i in zero_shot["products"]]
    assert [i["rank"] for i in fashion["products"]] == list(range(1, 21))


def test_only_named_adapters_are_opened(client: httpx.Client, tmp_path: Path) -> None:
    for name in ("../../models/fashion", str(tmp_path), "models/fashion", "nothing"):
        reply = client.post("/v1/adapters/compare", json={"text": "a", "adapters": [name]})
        assert reply.status_code == 404, name
        assert "identity, fashion" in reply.json()["detail"]
    empty = client.post("/v1/adapters/compare", json={"text": " ", "adapters": ["identity"]})
    assert empty.status_code == 422


def test_more_products_than_memory_is_set_aside_for_are_refused(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"text": "a red handbag", "adapters": ["identity"]}
    monkeypatch.setattr("backend.side_by_side._MOST_BYTES", 1_000)
    reply = client.post("/v1/adapters/compare", json=body)
    assert reply.status_code == 422
    assert "shoplens eval" in reply.json()["detail"]


def test_embeddings_of_several_adapters_stay_within_memory(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = client.get("/v1/capabilities").json()["products"]
    monkeypatch.setattr("backend.side_by_side._MOST_BYTES", 4 * Encoder.load("mini").dim * count)
    body = {"text": "a red handbag", "adapters": ["identity", "fashion"], "k": 3}
    first, second = (client.post("/v1/adapters/compare", json=body).json() for _ in range(2))
    assert [item["products"] for item in first] == [item["products"] for item in second]


def test_features_that_are_gone_are_an_error_that_says_so(own_data: Path, serve: Serve) -> None:
    for file in (own_data / "features").rglob("*.*"):
        file.unlink()
    with serve(own_data) as address:
        body = {"text": "a mug", "adapters": ["fashion"]}
        reply = httpx.post(f"{address}/v1/adapters/compare", json=body, timeout=60)
    assert reply.status_code == 503
    assert reply.json()["type"].endswith("features-missing")


def test_kept_evaluations(own_data: Path, serve: Serve) -> None:
    folder = own_data / "evaluations"
    with serve(own_data) as address, httpx.Client(base_url=address) as client:
        assert client.get("/v1/evaluations").json() == []
        _evaluation("older").save(folder / "older.json")
        _evaluation("a shop").save(folder / "a shop-test.json")
        (own_data / "secret.json").write_text("{}", encoding="utf-8")
        [first, _] = client.get("/v1/evaluations").json()
        assert (first["name"], first["methods"]) == ("a shop-test", ["zero-shot"])
        whole = client.get("/v1/evaluations/a%20shop-test").json()
        assert Evaluation.model_validate(whole) == _evaluation("a shop")
        for name in ("nothing", "..%2Fsecret", "../secret", ".."):
            assert client.get(f"/v1/evaluations/{name}").status_code in (404, 422), name


def test_a_damaged_evaluation_hides_no_other(own_data: Path, serve: Serve) -> None:
    folder = own_data / "evaluations"
    folder.mkdir()
    for name, text in (("half", '{"catalogue": '), ("list", "[]"), ("other", "{}")):
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    with serve(own_data) as address, httpx.Client(base_url=address) as client:
        refused = client.get("/v1/evaluations")
        assert (refused.status_code, "shoplens eval" in refused.text) == (503, True)
        _evaluation("a shop").save(folder / "whole.json")
        assert [item["name"] for item in client.get("/v1/evaluations").json()] == ["whole"]


def test_an_adapter_trained_anew_is_compared_as_it_is_now(own_data: Path, serve: Serve) -> None:
    folder = own_data / "adapters" / "mine"
    encoder = Encoder.load("mini")
    body = {"text": "a red handbag", "adapters": ["mine"], "k": 20}

    def train(seed: int) -> None:
        torch.manual_seed(seed)
        adapter = Adapter(AdapterConfig(kind="naive", dim=encoder.dim, bottleneck=4))
        with torch.no_grad():
            for weights in adapter.parameters():
                weights.normal_()
        save_adapter(adapter, folder, Provenance(encoder.fingerprint, "mini"), "# card\n")

    with serve(own_data) as address, httpx.Client(base_url=address, timeout=60) as client:
        found = []
        for seed in (1, 2, 2):
            train(seed)
            [compared] = client.post("/v1/adapters/compare", json=body).json()
            found.append([item["score"] for item in compared["products"]])
    assert found[0] != found[1] == found[2]


def test_what_a_conversation_showed_is_for_its_own_key_alone(own_data: Path, serve: Serve) -> None:
    store = Store(f"sqlite:///{own_data / 'shoplens.db'}")
    keys = [create_key(store, name) for name in ("mine", "other")]
    store.close()
    picture = next((own_data / "pictures").rglob("*.jpg")).read_bytes()
    with serve(own_data, require_keys=True) as address:
        mine, other = (
            httpx.Client(base_url=address, headers={"Authorization": f"Bearer {key}"}, timeout=60)
            for key in keys
        )
        with mine, other:
            sent = mine.post("/v1/chat", data={"text": "a toy"}, files={"picture": picture})
            conversation = json.loads(sent.text.split("data: ", 2)[1].split("\n")[0])["id"]
            for part in ("", "/products", "/picture"):
                path = f"/v1/conversations/{conversation}{part}"
                assert mine.get(path).status_code == 200
                assert other.get(path).status_code == 404


def test_progress_of_indexing(own_data: Path, serve: Serve) -> None:
    with serve(own_data) as address, httpx.Client(base_url=address) as client:
        assert client.get("/v1/indexing").json() == {"running": None}
        with ProgressFile(own_data / "progress", "shop") as tell:
            tell(3, 10, "Indexing")
            running = client.get("/v1/indexing").json()["running"]
            assert (running["done"], running["total"], running["stage"]) == (3, 10, "Indexing")
        assert client.get("/v1/indexing").json() == {"running": None}


def test_progress_that_a_killed_process_left_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ProgressFile(tmp_path, "shop") as tell:
        tell(1, 2, "Indexing")
        assert read_progress(tmp_path, "shop") is not None
        monkeypatch.setattr("backend.progress.STALE_SECONDS", -1.0)
        assert read_progress(tmp_path, "shop") is None
    (tmp_path / "shop.json").write_text("half a doc", encoding="utf-8")
    assert read_progress(tmp_path, "shop") is None


def _evaluation(catalogue: str) -> Evaluation:
    return Evaluation(
        catalogue=catalogue,
        split="test",
        products=1,
        encoder="mini",
        fingerprint="0",
        created="2026-01-01 00:00 UTC",
        depth=100,
        methods=["zero-shot"],
        suites=[],
        slices=[],
        index=[],
        failed={},
        errors=[],
        wins=[],
        losses=[],
        won=0,
        lost=0,
        pictures={},
    )

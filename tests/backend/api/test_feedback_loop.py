"""The whole loop: shoppers are shown products and say what they think, and an adapter learns it."""

import json
from pathlib import Path
from typing import Any

import httpx
from typer.testing import CliRunner

from backend.cli import app
from retriever.adapter import load_adapter


def shoplens(*arguments: str | Path) -> Any:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result


def test_serve_chat_thumbs_export_train(
    own_data: Path, drawn_data: Path, tmp_path: Path, serve: Any, chat: Any
) -> None:
    catalogue = drawn_data.parent / "shop" / "catalogue.csv"
    train = ("train", catalogue, "--data-dir", own_data, "--epochs", "2", "--keep", "0", "--json")
    plain = json.loads(shoplens(*train, "--as", "plain").stdout)
    with serve(own_data) as url, httpx.Client(base_url=url, timeout=60) as client:
        said = 0
        for text in ("zorpy bags", "zorpy lamps", "zorpy toys"):
            shown = chat(client, text)
            for item in shown[2][1]["items"]:
                verdict = "relevant" if item["number"] <= 4 else "irrelevant"
                given = {"query": text, "product_id": item["product"]["id"], "verdict": verdict}
                given["conversation_id"] = shown[0][1]["id"]
                said += 1
                assert client.post("/v1/feedback", json=given).status_code == 201
    pairs = tmp_path / "pairs.jsonl"
    exported = shoplens("feedback", "export", pairs, "--data-dir", own_data)
    assert f"{said} pairs in {pairs}. Next: shoplens train" in " ".join(exported.stderr.split())
    with pairs.open("a", encoding="utf-8") as file:
        file.write('{"query": "zorpy", "product_id": "gone since", "verdict": "relevant"}\n')

    taught = json.loads(shoplens(*train, "--as", "taught", "--feedback", pairs).stdout)
    use = taught["recipe"]["feedback"]
    assert use["unknown"] == 1
    assert use["pairs"] > 0
    assert sum(use.values()) == said + 1
    assert f"and {use['pairs']} pairs of feedback" in taught["recipe"]["trained_on"]
    assert taught["metrics"]["products"] == plain["metrics"]["products"]
    assert taught["metrics"]["zero_shot"] == plain["metrics"]["zero_shot"]
    # What shoppers call things is now a word of its own; no title has it.
    words = [
        load_adapter(own_data / "adapters" / name)[0].config.vocabulary
        for name in ("taught", "plain")
    ]
    assert ["zorpi" in vocabulary for vocabulary in words] == [True, False]


def test_an_export_without_verdicts_says_what_keeps_them(tmp_path: Path) -> None:
    exported = shoplens("feedback", "export", tmp_path / "pairs.jsonl", "--data-dir", tmp_path)
    said = " ".join(exported.stderr.split())
    assert "0 pairs in" in said
    assert "POST /v1/feedback" in said
    assert "shoplens train" not in said

"""``shoplens chat`` as a user runs it, without and with a model."""

import json
from pathlib import Path

import pytest

from tests.backend.conftest import Run
from tests.fake_llm import FakeLlm, says


def test_a_conversation_in_the_terminal(run: Run, shop: Path) -> None:
    assert run("index", shop).exit_code == 0
    result = run("chat", "a red mug", "cheaper ones", "-k", "2")
    assert result.exit_code == 0, result.output
    assert "[colour red]" in result.output
    assert "[price under 12.00 EUR]" in result.output
    assert "Closest to “red mug” is “Red mug” [1] at 12.00 EUR" in result.output
    assert "(offline," in result.output


def test_json_and_a_picture(run: Run, shop: Path) -> None:
    assert run("index", shop).exit_code == 0
    result = run("chat", "like this", "--image", shop.parent / "p4.png", "--json")
    assert result.exit_code == 0, result.output
    (events,) = json.loads(result.stdout)
    assert [event["type"] for event in events][:2] == ["understood", "products"]
    assert events[1]["items"][0]["product"]["id"] == "p4"
    assert run("chat", "x", "--image", "nowhere.png").exit_code == 2


def test_what_is_typed_is_answered_until_an_empty_line(
    run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("index", shop).exit_code == 0
    lines = iter(["a green lamp", ""])
    monkeypatch.setattr("builtins.input", lambda _: next(lines))
    result = run("chat")
    assert "“Green lamp” [1] at 80.00 EUR" in result.output


def test_a_model_writes_and_is_checked(
    run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("index", shop).exit_code == 0
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    with FakeLlm(says("Red mug [1] costs 12.00 EUR. Red mug [1] costs 2.00 EUR.")) as llm:
        result = run("chat", "a red mug", "--llm", "openai/fake", "--llm-api-base", llm.url)
    assert "Red mug [1] costs 12.00 EUR." in result.output
    assert "2.00 EUR." not in result.output.replace("12.00 EUR.", "")
    assert "left out" in result.output

"""A language model that is down, silent or lying: the shopper gets checked sentences all the same."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fake_llm import FakeLlm, Step, fails, garbage, says, stalls

Chat = Callable[..., list[tuple[str, Any]]]


@pytest.mark.parametrize(
    "step",
    [
        fails(500),
        fails(401),
        garbage(),
        says("“Moonbeam 9000” [1] costs 1.00 USD and cures all ills."),
        stalls(30),
    ],
    ids=["down", "refusing", "garbage", "lying", "stalling"],
)
def test_the_offline_writer_takes_over(
    own_data: Path, serve: Any, chat: Chat, monkeypatch: pytest.MonkeyPatch, step: Step
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    with FakeLlm(step) as llm:
        monkeypatch.setenv("SHOPLENS_LLM", "openai/fake")
        monkeypatch.setenv("SHOPLENS_LLM_API_BASE", llm.url)
        with (
            serve(own_data, llm_timeout=2 if step.stall else 60) as url,
            httpx.Client(base_url=url, timeout=60) as http,
        ):
            found = chat(http, "bags under 100", k=3)
            metrics = http.get("/metrics").text
    assert llm.requests
    done = found[-1][1]
    assert found[-1][0] == "done"
    assert done["writer"] == "offline"
    assert done["fallback"]
    said = " ".join(data["text"] for name, data in found if name == "text")
    assert "Moonbeam" not in said
    assert "[1]" in said
    assert 'shoplens_llm_tokens_total{direction="in"}' in metrics


def test_the_models_client_is_loaded_before_the_server_is_ready(
    own_data: Path, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, loaded = threading.Event(), threading.Event()

    def load() -> None:
        begun.set()
        loaded.wait(30)

    monkeypatch.setattr("backend.app.preload", load)
    monkeypatch.setenv("SHOPLENS_LLM", "openai/fake")
    with serve(own_data) as url, httpx.Client(base_url=url, timeout=60) as http:
        assert begun.wait(30), "nothing was loaded although no one asked for the model"
        waiting = http.get("/readyz")
        # The loop is free meanwhile: other requests are answered.
        assert http.post("/v1/search", json={"text": "mug"}).status_code == 200
        loaded.set()
        assert (waiting.status_code, "still being loaded" in waiting.json()["detail"]) == (
            503,
            True,
        )
        for _ in range(200):
            if http.get("/readyz").status_code == 200:
                break
            time.sleep(0.05)
        assert http.get("/readyz").json()["status"] == "ready"
    begun.clear()
    monkeypatch.delenv("SHOPLENS_LLM")
    with serve(own_data) as url:
        assert httpx.get(f"{url}/readyz").status_code == 200
    assert not begun.is_set()

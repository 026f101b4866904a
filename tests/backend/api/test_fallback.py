"""A language model that is down, silent or lying: the shopper gets checked sentences all the same."""

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
            serve(own_data, llm_timeout=0.5) as url,
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

"""Streams that are broken off, stall, meet in one conversation, or end with their server."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fake_llm import FakeLlm, Request, Step, calls, stalls

FIRST = "The first one [1] is close."
REST = " The second one [2] is close too. The third one [3] is further away."


def slow(seconds: float) -> Any:
    """A model that reads at once, writes one sentence, and is silent for a while before the rest."""
    text = FIRST + REST

    def step(request: Request) -> Step:
        if not request.get("stream"):
            return calls({"query": "a bag", "intent": "search"})
        return stalls(seconds, text, after=len(FIRST) // 7 + 2)

    return step


@pytest.fixture
def slow_llm(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Serves with such a model for every server that is opened within."""

    @contextmanager
    def use(seconds: float) -> Iterator[FakeLlm]:
        with FakeLlm(slow(seconds)) as llm, monkeypatch.context() as patch:
            patch.setenv("OPENAI_API_KEY", "none")
            patch.setenv("SHOPLENS_LLM", "openai/fake")
            patch.setenv("SHOPLENS_LLM_API_BASE", llm.url)
            yield llm

    return use


@contextmanager
def begun(client: httpx.Client, text: str = "a bag", **body: Any) -> Iterator[tuple[str, Any]]:
    """A turn whose first sentence has come: its conversation, and the lines still to come."""
    with client.stream("POST", "/v1/chat", json={"text": text, **body}) as reply:
        assert reply.status_code == 200, reply.read()
        lines = reply.iter_lines()
        conversation = ""
        for line in lines:
            if line.startswith('data: {"id"'):
                conversation = json.loads(line[6:])["id"]
            if line == "event: text":
                assert FIRST in next(lines)
                break
        yield conversation, lines


def until_idle(client: httpx.Client) -> None:
    """Waits until the one request being answered is the one that asks."""
    for _ in range(200):
        if "shoplens_requests_in_flight 1.0" in client.get("/metrics").text:
            return
        time.sleep(0.05)
    raise AssertionError("the work goes on")


def turns_of(client: httpx.Client, conversation: str, count: int) -> list[dict[str, Any]]:
    """The turns, once there are so many: what a broken stream leaves is stored a moment after it."""
    for _ in range(200):
        turns: list[dict[str, Any]] = (
            client.get(f"/v1/conversations/{conversation}").json().get("turns", [])
        )
        if len(turns) == count:
            return turns
        time.sleep(0.05)
    raise AssertionError(turns)


def test_a_client_that_goes_away_stops_the_work_and_keeps_its_conversation(
    own_data: Path, serve: Any, chat: Any, slow_llm: Any
) -> None:
    with (
        slow_llm(600),
        serve(own_data, llm_timeout=500) as url,
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        with begun(client) as (conversation, _):
            pass
        until_idle(client)
        [turn] = turns_of(client, conversation, 1)
        assert (turn["text"], turn["reply"]) == ("a bag", FIRST)
        assert len(turn["shown"]) == 8
        with begun(client, "more like the second one", conversation_id=conversation):
            pass
        until_idle(client)
        kept = turns_of(client, conversation, 2)
        assert kept[0] == turn
        assert kept[1]["understanding"]["references"] == [turn["shown"][1]["product_id"]]


def test_an_openai_client_that_goes_away_stops_the_work(
    own_data: Path, serve: Any, slow_llm: Any
) -> None:
    body = {"messages": [{"role": "user", "content": "a bag"}], "stream": True}
    with (
        slow_llm(600),
        serve(own_data, llm_timeout=500) as url,
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        with client.stream("POST", "/v1/chat/completions", json=body) as reply:
            assert any(FIRST in line for line in reply.iter_lines())
        until_idle(client)


def test_comments_keep_a_stream_open_while_the_model_is_silent(
    own_data: Path, serve: Any, slow_llm: Any
) -> None:
    with (
        slow_llm(1.5),
        serve(own_data, keep_alive_seconds=0.1) as url,
        httpx.Client(base_url=url, timeout=60) as client,
        begun(client) as (_, lines),
    ):
        following = list(lines)
    comments = [line for line in following if line.startswith(":")]
    assert len(comments) >= 2
    assert set(comments) == {": keep-alive"}
    said = [json.loads(line[6:]) for line in following if line.startswith("data: ")]
    assert said[-1]["type"] == "done"
    assert "The second one [2] is close too." in [event.get("text") for event in said]


def test_one_turn_at_a_time_in_a_conversation(own_data: Path, serve: Any, slow_llm: Any) -> None:
    with (
        slow_llm(3),
        serve(own_data) as url,
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        with begun(client) as (first, lines):
            list(lines)
        with begun(client, conversation_id=first) as (_, lines):
            again = {"text": "cheaper ones", "conversation_id": first}
            refused = client.post("/v1/chat", json=again)
            assert refused.status_code == 409
            assert refused.headers["content-type"] == "application/problem+json"
            assert "still being written" in refused.json()["detail"]
            assert "event: done" in list(lines)
        kept = client.get(f"/v1/conversations/{first}").json()
        assert [turn["text"] for turn in kept["turns"]] == ["a bag", "a bag"]


def test_a_turn_on_another_backend_of_the_same_database_wins_or_loses_whole(
    own_data: Path, serve: Any, chat: Any, slow_llm: Any, postgres_database: str, tmp_path: Path
) -> None:
    from shutil import copytree

    other_data = copytree(own_data, tmp_path / "other")
    with (
        serve(other_data, database_url=postgres_database) as fast,
        httpx.Client(base_url=fast, timeout=60) as quick,
        slow_llm(3),
        serve(own_data, database_url=postgres_database) as url,
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        conversation = chat(quick, "a bag")[0][1]["id"]
        with begun(client, "a sofa", conversation_id=conversation) as (_, lines):
            assert chat(quick, "cheaper ones", conversation_id=conversation)[-1][0] == "done"
            following = list(lines)
        assert "event: done" not in following
        lost = json.loads(following[following.index("event: error") + 1][6:])
        assert lost["status"] == 409
        assert "went on elsewhere" in lost["detail"]
        for one in (client, quick):
            kept = one.get(f"/v1/conversations/{conversation}").json()
            assert [turn["text"] for turn in kept["turns"]] == ["a bag", "cheaper ones"]


def test_a_server_that_ends_keeps_what_was_shown(
    own_data: Path, serve: Any, chat: Any, slow_llm: Any
) -> None:
    with httpx.Client(timeout=60) as client:
        with slow_llm(600):
            server = serve(own_data, llm_timeout=500)
            url = server.__enter__()
            client.base_url = url
            with begun(client) as (conversation, lines):
                server.__exit__(None, None, None)
                with pytest.raises(httpx.RemoteProtocolError):
                    list(lines)
        with serve(own_data) as url, httpx.Client(base_url=url, timeout=60) as after:
            [turn] = after.get(f"/v1/conversations/{conversation}").json()["turns"]
            assert turn["reply"] == FIRST
            second = chat(after, "more like the second one", conversation_id=conversation)
            assert second[-1][0] == "done"

"""Events of a reply, from the lines of the stream to what is shown."""

import json
from typing import Any

import pytest

from ui.errors import RefusedError, UnreachableError
from ui.model import Chip, Turn
from ui.reply import receive
from ui.sse import read_events
from ui.state import Chat

PRODUCTS: dict[str, Any] = {
    "items": [
        {
            "number": 1,
            "product": {"id": "p1", "title": "Mug", "price": {"amount": 9, "currency": "EUR"}},
            "score": 0.5,
            "rank": 1,
            "picture_key": "0" * 32,
            "matches": ["colour red"],
        }
    ],
    "fits": False,
    "relaxations": [{"chip": {"key": "price", "label": "price under 5"}, "count": 3}],
}


def lines(*events: tuple[str, object]) -> list[str]:
    found: list[str] = []
    for name, data in events:
        found += [f"event: {name}", f"data: {json.dumps(data)}", ""]
    return found


def test_comments_are_skipped_and_unfinished_events_dropped() -> None:
    stream = [": keep-alive", "", *lines(("text", {"text": "a"})), "event: done", 'data: {"x": 1}']
    assert list(read_events(stream)) == [("text", {"text": "a"})]


def test_event_of_several_data_lines() -> None:
    assert list(read_events(['data: {"a":', "data: 1}", ""])) == [("message", {"a": 1})]


def test_reply_fills_the_turn_while_it_streams() -> None:
    turn, chat, seen = Turn(text="a mug"), Chat(id="c"), []
    understood = {
        "chips": [{"key": "price", "label": "price under 5"}],
        "understanding": {"text": "mug", "intent": "search"},
    }
    done = {"writer": "offline", "fallback": None, "seconds": {"total": 0.2}}
    events = lines(
        ("understood", understood),
        ("products", PRODUCTS),
        ("text", {"text": "See [1].", "notice": False}),
        ("withheld", {"problems": ["wrong_price"]}),
        ("done", done),
    )
    receive(read_events(events), turn, chat, lambda: seen.append(len(turn.sentences)))
    assert chat.chips == (Chip("price", "price under 5"),)
    assert (turn.cards[0].product.priced, turn.cards[0].matches) == ("€9.00", ("colour red",))
    assert (turn.fits, turn.relaxations[0].count, turn.writer) == (False, 3, "offline")
    assert seen == [0, 0, 1, 1]


def test_problem_in_the_stream_is_raised_after_what_came_before() -> None:
    turn = Turn()
    events = lines(
        ("text", {"text": "One.", "notice": False}),
        ("error", {"status": 503, "type": "urn:shoplens:problem:index-locked", "detail": "locked"}),
    )
    with pytest.raises(RefusedError, match="locked") as raised:
        receive(read_events(events), turn, Chat(id="c"), lambda: None)
    assert (raised.value.status, raised.value.kind) == (503, "index-locked")
    assert [sentence.text for sentence in turn.sentences] == ["One."]


def test_a_stream_that_ends_before_the_reply_does_is_no_reply() -> None:
    turn = Turn()
    with pytest.raises(UnreachableError, match="broke off"):
        receive(
            read_events(["<html>", "", *lines(("text", {"text": "One.", "notice": False}))]),
            turn,
            Chat(),
            lambda: None,
        )
    assert [sentence.text for sentence in turn.sentences] == ["One."]

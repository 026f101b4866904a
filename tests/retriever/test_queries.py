"""Texts of queries, from many threads at once: each encoded once, together, and errors to those who asked."""

import asyncio
import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from retriever import stages
from retriever.encoder import Encoder
from retriever.encoder.queries import MOST_AT_ONCE, QueryEncoder
from retriever.errors import EncoderError

Features = NDArray[np.float32]
WAIT = 30.0


class Recorder:
    """An encoder whose calls wait until they are let through; texts with "bad" in them fail."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.started = threading.Event()
        self.open = threading.Event()

    def __call__(self, texts: list[str]) -> Features:
        self.calls.append(texts)
        self.started.set()
        assert self.open.wait(WAIT)
        if any("bad" in text for text in texts):
            raise EncoderError("cannot be encoded")
        return np.array([row_of(text) for text in texts], np.float32)


def row_of(text: str) -> list[float]:
    return [float(len(text)), float(ord(text[0]))]


def keys(texts: list[str]) -> list[bytes]:
    return [text.casefold().encode() for text in texts]


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def counted() -> Iterator[list[str]]:
    names: list[str] = []
    stages.counters.append(names.append)
    yield names
    stages.counters.remove(names.append)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT):
        while not condition():  # noqa: ASYNC110  other threads make it true
            await asyncio.sleep(0.001)


async def test_what_waits_while_the_encoder_is_busy_is_encoded_together(
    recorder: Recorder, counted: list[str]
) -> None:
    queries = QueryEncoder(recorder, keys)
    texts = ["first", "second", "third", "Third", "fourth"]
    first = asyncio.create_task(asyncio.to_thread(queries, texts[:1]))
    await until(recorder.started.is_set)
    others = [asyncio.create_task(asyncio.to_thread(queries, [text])) for text in texts[1:]]
    await until(lambda: len(counted) == len(texts))
    recorder.open.set()
    found = [await first, *[await other for other in others]]
    assert [sorted(call) for call in recorder.calls[:1]] == [["first"]]
    assert sorted(text.casefold() for text in recorder.calls[1]) == ["fourth", "second", "third"]
    assert len(recorder.calls) == 2
    for text, row in zip(texts, found, strict=True):
        assert row[0, 0] == len(text)
    assert counted == ["query_cache_miss"] * 5
    assert queries(["FIRST"])[0].tolist() == row_of("first")
    assert counted[-1] == "query_cache_hit"
    assert len(recorder.calls) == 2


async def test_an_error_reaches_those_who_asked_for_that_text(
    recorder: Recorder, counted: list[str]
) -> None:
    queries = QueryEncoder(recorder, keys)
    first = asyncio.create_task(asyncio.to_thread(queries, ["first"]))
    await until(recorder.started.is_set)
    asked = ["good", "bad", "fine"]
    others = [asyncio.create_task(asyncio.to_thread(queries, [text])) for text in asked]
    await until(lambda: len(counted) == 4)
    recorder.open.set()
    assert (await first).shape == (1, 2)
    good, bad, fine = await asyncio.gather(*others, return_exceptions=True)
    assert isinstance(bad, EncoderError)
    assert isinstance(good, np.ndarray)
    assert isinstance(fine, np.ndarray)
    assert good[0].tolist() == row_of("good")
    with pytest.raises(EncoderError):
        queries(["bad"])
    assert counted.count("query_cache_hit") == 0  # an error is not remembered
    assert queries(["fine"])[0].tolist() == row_of("fine")


async def test_a_cancelled_request_leaves_the_others_served(recorder: Recorder) -> None:
    queries = QueryEncoder(recorder, keys)
    first = asyncio.create_task(asyncio.to_thread(queries, ["first"]))
    await until(recorder.started.is_set)
    second = asyncio.create_task(asyncio.to_thread(queries, ["second"]))
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    recorder.open.set()
    assert (await second)[0].tolist() == row_of("second")


def test_a_killed_encoding_is_taken_up_by_who_waits(recorder: Recorder) -> None:
    recorder.open.set()
    calls = 0

    def interrupted(texts: list[str]) -> Features:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise KeyboardInterrupt
        return recorder(texts)

    queries = QueryEncoder(interrupted, keys)
    with pytest.raises(KeyboardInterrupt):
        queries(["first"])
    assert queries(["first"])[0].tolist() == row_of("first")


def test_the_least_recently_asked_is_forgotten(recorder: Recorder) -> None:
    recorder.open.set()
    queries = QueryEncoder(recorder, keys, capacity=2)
    for text in ("one", "two", "one", "three", "one", "two"):
        queries([text])
    assert [call[0] for call in recorder.calls] == ["one", "two", "three", "two"]


def test_one_call_holds_no_more_than_a_batch(recorder: Recorder) -> None:
    recorder.open.set()
    queries = QueryEncoder(recorder, keys)
    texts = [f"text {number}" for number in range(2 * MOST_AT_ONCE + 1)]
    assert queries(texts).shape == (len(texts), 2)
    assert [len(call) for call in recorder.calls] == [MOST_AT_ONCE, MOST_AT_ONCE, 1]


def test_rows_belong_to_the_caller_and_are_those_of_the_encoder(tiny_encoder: Encoder) -> None:
    texts = ["red shoes", "a blue mug", "Red   shoes"]
    rows = tiny_encoder.encode_queries(texts)
    np.testing.assert_allclose(rows, tiny_encoder.encode_texts(texts), atol=1e-6)
    rows[:] = 0
    np.testing.assert_allclose(
        tiny_encoder.encode_queries(texts[:1]), tiny_encoder.encode_texts(texts[:1]), atol=1e-6
    )
    assert tiny_encoder.encode_queries([]).shape == (0, 32)


def test_many_threads_get_what_they_asked_for(tiny_encoder: Encoder) -> None:
    texts = [f"thing number {number % 7}" for number in range(40)]
    expected = tiny_encoder.encode_texts(texts)
    found: dict[int, Features] = {}
    queries = QueryEncoder(tiny_encoder.encode_texts, keys)

    def ask(number: int) -> None:
        found[number] = queries([texts[number]])[0]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(texts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    for number, row in enumerate(expected):
        np.testing.assert_allclose(found[number], row, atol=1e-6)

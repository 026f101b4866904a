"""Tokens of each turn of a conversation, and the time to its first sentence, through the HTTP API.

    python -m benchmarks.turns [--json] [--conversations N] [--turns N] [--data-dir FOLDER]

Scripted shoppers talk with a server over the drawn shop. A scripted model speaks OpenAI's protocol over HTTP: it
reads each message as a good model would and writes a sentence on each of three products. What it is sent is counted
by litellm with the tokenizer ``cl100k_base`` (GPT-4's), pictures by OpenAI's rule of tiles; other models count
otherwise. What it writes is as long as its script, so completion tokens are an example and prompt tokens are the
measurement. The same shoppers then talk with the offline writer, for the time to its first sentence.
"""

import argparse
import json
import re
import socket
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx
import numpy as np
import uvicorn
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from backend.app import create_app
from backend.cli.build import build_index
from backend.cli.place import Place
from backend.server_settings import ServerSettings
from backend.services import Services
from backend.settings import DataFolders
from generator.llm.client import preload
from generator.llm.settings import LlmSettings
from retriever.catalogue import Catalogue
from retriever.drawn import draw_shop
from tests.fake_llm import FakeLlm, Request, Step

_NAME = "turns"
_TOKENIZER = "gpt-4"
_COLOURS = ("red", "blue", "green", "black", "yellow", "white")
_THINGS = ("bags", "mugs", "shoes", "lamps", "toys", "sofas")
_FOLLOW_UPS: tuple[tuple[str, str, list[int]], ...] = (
    ("something like the second one", "more_like", [2]),
    ("tell me about the second one", "detail", [2]),
    ("compare the first two", "compare", [1, 2]),
)


@dataclass(slots=True)
class Script:
    """The model: what it is to read into the present message, and what it was sent for it."""

    reading: dict[str, Any] = field(default_factory=dict)
    reads: int = 0
    writes: int = 0
    said: int = 0

    def __call__(self, request: Request) -> Step:
        tokens = _tokens(messages=request["messages"], tools=request.get("tools"))
        if not request.get("stream"):
            self.reads += tokens
            answer = json.dumps(self.reading)
            return Step(arguments=answer, usage=(tokens, _tokens(text=answer)))
        self.writes += tokens
        text = _written(request)
        self.said += _tokens(text=text)
        return Step(text=text, size=12, usage=(tokens, _tokens(text=text)))


@dataclass(frozen=True, slots=True)
class TurnCost:
    """One turn: tokens of the prompts that read and that wrote, tokens written, seconds to the first sentence."""

    reads: int
    writes: int
    said: int
    first: float


def measure(
    data_dir: Path, name: str, conversations: int, turns: int, *, model: bool, sees: bool
) -> dict[int, list[TurnCost]]:
    """The costs of every conversation over the index ``name``, by turn number.

    Raises `RuntimeError` where the scripted model's words do not pass the check, or the API reports other
    tokens than were sent.
    """
    script = Script()
    costs: dict[int, list[TurnCost]] = defaultdict(list)
    with FakeLlm(script) as fake:
        llm = LlmSettings(
            model="openai/scripted", api_base=fake.url, api_key=SecretStr("none"), sees=sees
        ) if model else None  # fmt: skip
        with _serving(data_dir, name, llm) as client:
            for number in range(conversations):
                rng = Random(number)
                subject = f"{rng.choice(_COLOURS)} {rng.choice(_THINGS)}"
                conversation: str | None = None
                for turn in range(turns):
                    asked = _FOLLOW_UPS[(turn - 1) % len(_FOLLOW_UPS)] if turn else None
                    text, intent, positions = asked or (subject, "search", [])
                    query = "" if positions else subject
                    script.reading = {"query": query, "intent": intent, "positions": positions}
                    script.reads = script.writes = script.said = 0
                    conversation, first, done = _say(client, text, conversation)
                    if script.writes and done["writer"] == "offline":
                        raise RuntimeError(f"the scripted reply to {text!r} did not pass the check")
                    if done["tokens_in"] != script.reads + script.writes:
                        raise RuntimeError(f"tokens reported of {text!r}: {done['tokens_in']}")
                    costs[turn + 1].append(
                        TurnCost(script.reads, script.writes, script.said, first)
                    )
    return costs


def _say(
    client: httpx.Client, text: str, conversation: str | None
) -> tuple[str, float, dict[str, Any]]:
    """One turn: its conversation, seconds until its first sentence arrived, and the last event."""
    body = {"text": text} | ({"conversation_id": conversation} if conversation else {})
    started = time.perf_counter()
    first, name = 0.0, ""
    done: dict[str, Any] = {}
    with client.stream("POST", "/v1/chat", json=body) as reply:
        reply.raise_for_status()
        for line in reply.iter_lines():
            if line.startswith("event: "):
                name = line[7:]
                if name == "text" and not first:
                    first = time.perf_counter() - started
            elif line.startswith("data: ") and name == "conversation":
                conversation = json.loads(line[6:])["id"]
            elif line.startswith("data: ") and name == "done":
                done = json.loads(line[6:])
    if not conversation or not done:
        raise RuntimeError(f"the reply to {text!r} broke off")
    return conversation, first, done


@contextmanager
def _serving(data_dir: Path, name: str, llm: LlmSettings | None) -> Iterator[httpx.Client]:
    services = Services.open(ServerSettings(data_dir=data_dir, name=name))
    services.llm = llm
    server = uvicorn.Server(uvicorn.Config(create_app(services), log_level="warning", ws="none"))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        try:
            base = f"http://127.0.0.1:{listener.getsockname()[1]}"
            with httpx.Client(base_url=base, timeout=120) as client:
                _say(client, "a chair", None)  # opens the index, loads the encoder
                yield client
        finally:
            server.should_exit = True
            thread.join()


def _written(request: Request) -> str:
    """A sentence on each of the first three records of the prompt's data block, all of it true."""
    content = request["messages"][-1]["content"]
    ask = content if isinstance(content, str) else content[0]["text"]
    block = re.search(r"^DATA (\w+)\n(.*)^END \1$", ask, re.DOTALL | re.MULTILINE)
    records = [json.loads(line) for line in (block[2] if block else "").splitlines()][:3]
    return " ".join(f"“{r['title']}” [{r['number']}] costs {r['price']}." for r in records)


def _tokens(**what: Any) -> int:
    import litellm

    return int(litellm.token_counter(model=_TOKENIZER, **what))


def _row(costs: list[TurnCost]) -> dict[str, Any]:
    """Median and 95th percentile of each figure. Where nothing fits the model is not asked to write: its
    figures are of the ``written`` turns where it was.
    """
    wrote = [cost for cost in costs if cost.writes]
    row: dict[str, Any] = {"turns": len(costs), "written": len(wrote)}
    for name in ("reads", "first"):
        row[name] = _summary([float(getattr(cost, name)) for cost in costs])
    for name in ("writes", "said"):
        row[name] = _summary(
            [float(getattr(cost, name)) for cost in wrote or [TurnCost(0, 0, 0, 0)]]
        )
    return row


def _summary(values: list[float]) -> tuple[float, float]:
    """Median and 95th percentile."""
    return statistics.median(values), float(np.percentile(values, 95))


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark and print a table, or JSON with ``--json``."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--conversations", type=int, default=12)
    parser.add_argument("--turns", type=int, default=8)
    parser.add_argument("--per-type", type=int, default=24, help="drawn products of each type")
    parser.add_argument("--data-dir", type=Path, default=Path(".shoplens"))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    preload()
    place = Place(DataFolders(options.data_dir), _NAME)
    catalogue = draw_shop(place.folders.root / "turns-shop", per_type=options.per_type)
    build_index(Catalogue.open(catalogue), place, "mini")
    ways = {
        "without pictures": {"model": True, "sees": False},
        "with pictures": {"model": True, "sees": True},
        "offline writer": {"model": False, "sees": False},
    }
    report: dict[str, Any] = {}
    for way, given in ways.items():
        costs = measure(options.data_dir, _NAME, options.conversations, options.turns, **given)
        report[way] = {turn: _row(of_turn) for turn, of_turn in costs.items()}
    if options.json:
        print(json.dumps(report, indent=2))  # noqa: T201
        return
    for way, turns in report.items():
        table = Table("turn", "written by the model", "reading prompt", "writing prompt", "written", "first sentence, ms", title=f"{way}: median (p95)")  # fmt: skip
        for turn, row in turns.items():
            cells = [
                f"{row[name][0]:.0f} ({row[name][1]:.0f})" for name in ("reads", "writes", "said")
            ]
            table.add_row(
                str(turn),
                f"{row['written']} of {row['turns']}",
                *cells,
                f"{1000 * row['first'][0]:.0f} ({1000 * row['first'][1]:.0f})",
            )
        Console().print(table)


if __name__ == "__main__":
    main()

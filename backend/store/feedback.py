"""Feedback: verdicts on products shown for a query, and their export as pairs that one can train on."""

import csv
import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.store.store import Store
from backend.store.tables import FeedbackRow
from retriever.errors import SettingsError

Verdict = Literal["relevant", "irrelevant"]


@dataclass(frozen=True, slots=True)
class TrainingPair:
    """A query and a product, and whether the product answers it."""

    query: str
    product_id: str
    verdict: str


async def add_feedback(
    store: Store,
    *,
    owner: str,
    query: str,
    product_id: str,
    verdict: Verdict,
    conversation_id: str | None = None,
    comment: str = "",
) -> int:
    """Keep a verdict; returns its number."""
    row = FeedbackRow(
        owner=owner,
        created=time.time(),
        query=query,
        product_id=product_id,
        verdict=verdict,
        conversation_id=conversation_id,
        comment=comment,
    )

    def work(session: Session) -> int:
        session.add(row)
        session.flush()
        return row.id

    return await store.arun(work)


def training_pairs(store: Store) -> list[TrainingPair]:
    """The latest verdict of each caller on each pair of query and product, in the order first given.

    Queries that differ in case and blanks alone are one. Verdicts without words are left out: there is
    nothing to train a text tower on.
    """
    latest: dict[tuple[str, str, str], TrainingPair] = {}
    rows = store.run(
        lambda session: session.scalars(select(FeedbackRow).order_by(FeedbackRow.id)).all()
    )
    for row in rows:
        query = " ".join(row.query.split())
        if query:
            key = (row.owner, query.casefold(), row.product_id)
            latest[key] = TrainingPair(query, row.product_id, row.verdict)
    return list(latest.values())


def export_pairs(store: Store, path: Path) -> int:
    """Write `training_pairs` as JSON Lines, or as CSV where the file ends in ``.csv``.

    Columns ``query``, ``product_id``, ``verdict``. The file appears whole. Returns how many were
    written. Raises `SettingsError` when it cannot be written.
    """
    pairs = training_pairs(store)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8", newline="") as file:
            (_write_csv if path.suffix.lower() == ".csv" else _write_jsonl)(file, pairs)
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise SettingsError(
            f"{path} cannot be written: {error.strerror or error}; choose another file"
        ) from error
    return len(pairs)


def _write_csv(file: IO[str], pairs: list[TrainingPair]) -> None:
    writer = csv.DictWriter(file, ["query", "product_id", "verdict"])
    writer.writeheader()
    writer.writerows(asdict(pair) for pair in pairs)


def _write_jsonl(file: IO[str], pairs: list[TrainingPair]) -> None:
    file.writelines(_lines(pairs))


def _lines(pairs: list[TrainingPair]) -> Iterator[str]:
    for pair in pairs:
        yield json.dumps(asdict(pair), ensure_ascii=False) + "\n"

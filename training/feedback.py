"""Shoppers' verdicts as further training pairs: what `shoplens feedback export` writes.

A shopper's words and a product that answers them are a positive pair as a title and its picture are, in
words that titles do not use. They are added to the train split alone: a query whose product is held out,
or that repeats a held-out title, would teach the answers of the measurement.
"""

import csv
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from retriever.encoder import Encoder
from retriever.errors import SettingsError
from training.domains import Caches, Domain
from training.pairs import PairFeatures, Pairs, pair_features

_COLUMNS = ("query", "product_id", "verdict")
_VERDICTS = ("relevant", "irrelevant")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a product answers a query, as one shopper saw it."""

    query: str
    product_id: str
    relevant: bool


@dataclass(slots=True)
class FeedbackUse:
    """What became of verdicts: ``pairs`` were added; ``irrelevant`` pairs are no positives (at least as many
    shoppers said so as not); ``held_out`` and ``unknown`` (no product of the catalogue) were set aside.
    """

    pairs: int = 0
    irrelevant: int = 0
    held_out: int = 0
    unknown: int = 0

    def record(self) -> dict[str, int]:
        return asdict(self)

    def __str__(self) -> str:
        return (
            f"{self.pairs:,} pairs of feedback added to training; not used: {self.irrelevant:,} called "
            f"irrelevant, {self.held_out:,} on held-out products, {self.unknown:,} on products that the "
            "catalogue does not have"
        )


def read_feedback(path: Path) -> list[Verdict]:
    """The verdicts of a JSON Lines file, or of a CSV file by its ending. Raises `SettingsError`."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = _csv(file) if path.suffix.lower() == ".csv" else _jsonl(file)
            return [_verdict(path, number, row) for number, row in rows]
    except (OSError, UnicodeError, ValueError, csv.Error) as error:
        raise SettingsError(
            f"{path} cannot be read as feedback: {error}; `shoplens feedback export` writes such files"
        ) from error


def add_feedback(
    domain: Domain, verdicts: Sequence[Verdict], encoder: Encoder, caches: Caches
) -> tuple[Pairs, PairFeatures, FeedbackUse]:
    """The train split of a domain with the pairs that shoppers found relevant behind it.

    A pair counts once, however many said so. Queries that the text cache lacks are encoded.
    """
    pairs, features = domain.split("train")
    row_of = {product.id: row for row, product in enumerate(domain.pairs.products)}
    held_out = {
        _plain(text)
        for text, split in zip(domain.pairs.texts, domain.splits, strict=True)
        if split != "train"
    }
    votes: Counter[tuple[str, str]] = Counter()
    words: dict[tuple[str, str], str] = {}
    for verdict in verdicts:
        key = (_plain(verdict.query), verdict.product_id)
        votes[key] += 1 if verdict.relevant else -1
        words.setdefault(key, " ".join(verdict.query.split()))
    use = FeedbackUse()
    texts: list[str] = []
    rows: list[int] = []
    for (query, product_id), vote in votes.items():
        row = row_of.get(product_id)
        if row is None:
            use.unknown += 1
        elif domain.splits[row] != "train" or query in held_out:
            use.held_out += 1
        elif vote <= 0:
            use.irrelevant += 1
        else:
            texts.append(words[query, product_id])
            rows.append(row)
    use.pairs = len(rows)
    if not rows:
        return pairs, features, use
    said = domain.pairs.subset(rows)
    said = Pairs(said.products, texts, said.picture_keys, said.groups)
    said_features = pair_features(said, encoder, caches.pictures, caches.texts)
    joined = Pairs(
        [*pairs.products, *said.products],
        [*pairs.texts, *said.texts],
        [*pairs.picture_keys, *said.picture_keys],
        np.concatenate([pairs.groups, said.groups]),
    )
    return (
        joined,
        PairFeatures(
            np.concatenate([features.texts, said_features.texts]),
            np.concatenate([features.pictures, said_features.pictures]),
            joined.texts,
        ),
        use,
    )


def _csv(file: Iterator[str]) -> Iterator[tuple[int, object]]:
    yield from enumerate(csv.DictReader(file), start=2)


def _jsonl(file: Iterator[str]) -> Iterator[tuple[int, object]]:
    for number, line in enumerate(file, start=1):
        if line.strip():
            yield number, json.loads(line)


def _verdict(path: Path, number: int, row: object) -> Verdict:
    if not isinstance(row, dict) or not all(isinstance(row.get(name), str) for name in _COLUMNS):
        raise SettingsError(f"{path}, line {number}: wants {', '.join(_COLUMNS)} as texts")
    if row["verdict"] not in _VERDICTS or not row["query"].strip():
        raise SettingsError(
            f"{path}, line {number}: wants a query, and a verdict of {' or '.join(_VERDICTS)}"
        )
    return Verdict(row["query"], row["product_id"], row["verdict"] == "relevant")


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())

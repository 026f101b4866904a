"""The result of an evaluation: everything that its report shows, as one JSON document."""

import os
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from retriever.errors import SettingsError
from training.evaluation.suites import Suite

FORMAT = 1


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Score(_Record):
    """A mean over queries with its 95% interval; against the baseline its difference and p.

    The differences are None for the baseline itself.
    """

    mean: float
    low: float
    high: float
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    p: float | None = None


class Row(_Record):
    """Scores of one method by metric."""

    method: str
    scores: dict[str, Score]


class SuiteResult(_Record):
    """One suite: how many queries it has, and a row for each method, the baseline first."""

    suite: Suite
    queries: int
    rows: list[Row]


class Slice(_Record):
    """The queries of one type or category: ``scores`` of ``metric`` by method."""

    by: str
    name: str
    meaning: str = ""
    suite: Suite
    metric: str
    queries: int
    scores: dict[str, Score]


class IndexCost(_Record):
    """What approximate search through an index costs, on the same vectors.

    ``overlap``: share of the ten nearest by exact search that the index's graph finds too.
    """

    index: str
    products: int
    suite: Suite
    metric: str
    queries: int
    overlap: Score
    exact: Score
    approximate: Score


class Shown(_Record):
    """A product in a gallery; ``picture`` names an entry of `Evaluation.pictures`."""

    id: str
    title: str
    picture: str
    relevant: bool


class Example(_Record):
    """A query with what was wanted and the first five found; ranks are None beyond the depth ranked."""

    text: str
    suite: Suite
    wanted: Shown
    relevant: int
    rank: int | None
    rank_before: int | None
    found: list[Shown]


class ErrorCount(_Record):
    """How many queries of a suite fail in one way, with some of them."""

    suite: Suite
    name: str
    meaning: str
    count: int
    before: int
    examples: list[Example]


class QueryRanks(_Record):
    """One query and the rank of its first right product with each method; None beyond the depth ranked."""

    text: str
    suite: Suite
    category: str = ""
    ranks: dict[str, int | None]


class Evaluation(_Record):
    """An evaluation: ``methods`` (the first is the baseline, the last the one whose errors are shown)."""

    format: int = FORMAT
    catalogue: str
    split: str
    products: int
    encoder: str
    fingerprint: str
    created: str
    depth: int
    methods: list[str]
    suites: list[SuiteResult]
    slices: list[Slice]
    index: list[IndexCost]
    failed: dict[str, int]
    errors: list[ErrorCount]
    wins: list[Example]
    losses: list[Example]
    won: int
    lost: int
    pictures: dict[str, str]
    queries: list[QueryRanks] = []

    def save(self, path: Path) -> None:
        """Write it as JSON. Raises `SettingsError` when it cannot be written."""
        write_text(path, self.model_dump_json(indent=1) + "\n")

    @classmethod
    def read(cls, path: Path) -> "Evaluation":
        """Read what `save` wrote. Raises `SettingsError` for anything else."""
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise SettingsError(
                f"{path} cannot be read: {error.strerror or error}; make one with `shoplens eval`"
            ) from error
        except ValidationError as error:
            raise SettingsError(
                f"{path} is no result of `shoplens eval` of this version: "
                f"{error.errors()[0]['msg']}; evaluate again"
            ) from error


def write_text(path: Path, text: str) -> None:
    """Write a file, all of it or nothing. Raises `SettingsError` when it cannot be written."""
    temporary = path.parent / f".{path.name}.{os.getpid()}.tmp"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise SettingsError(
            f"{path} cannot be written: {error.strerror or error}; choose another file"
        ) from error

"""Reports: what was read, what was set aside and why, what was understood."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from retriever.where import FieldType

Kind = Literal[
    "malformed row", "no id", "duplicate id", "not valid", "no picture", "unusable picture"
]


@dataclass(frozen=True, slots=True)
class SetAside:
    """A row that is not in the index: its number (from 1, as `CheckReport.row_word` counts) and why."""

    row: int
    id: str | None
    kind: Kind
    reason: str

    def __str__(self) -> str:
        return (
            f"{self.row}: {self.reason}"
            if self.id is None
            else (f"{self.row} ({self.id}): {self.reason}")
        )


@dataclass(slots=True)
class CatalogueReport:
    """One pass over a catalogue, filled while it runs: ``read == kept + len(set_aside)``."""

    read: int = 0
    kept: int = 0
    set_aside: list[SetAside] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def set_aside_row(
        self, row: int, product_id: str | None, reason: str, kind: Kind = "unusable picture"
    ) -> None:
        """Set aside a row that was already handed out as a product (its picture failed to decode)."""
        self.kept -= 1
        self.set_aside.append(SetAside(row, product_id, kind, reason))


@dataclass(frozen=True, slots=True)
class FieldSummary:
    """What is known of one field over all rows.

    ``type`` ``"text"`` is long free text: kept with the product, but not a filter. ``distinct`` is a
    lower bound unless ``distinct_exact``. ``low`` and ``high`` are the range of a number.
    """

    name: str
    column: str
    type: FieldType | Literal["text"]
    is_list: bool
    filled: int
    distinct: int
    distinct_exact: bool
    examples: tuple[str, ...]
    low: float | None = None
    high: float | None = None

    @property
    def filterable(self) -> bool:
        """Whether a filter may name the field."""
        return self.type != "text"


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Everything ``shoplens catalogue check`` tells; pixel sizes are (width, height)."""

    source: str
    format: str
    row_word: str
    rows: int
    kept: int
    roles: dict[str, str]
    unused: tuple[str, ...]
    fields: tuple[FieldSummary, ...]
    set_aside: tuple[SetAside, ...]
    warnings: tuple[str, ...]
    smallest_picture: tuple[int, int] | None
    largest_picture: tuple[int, int] | None

    def set_aside_by_kind(self) -> dict[Kind, list[SetAside]]:
        """Rows that were set aside, by kind, most frequent kind first, each in row order."""
        return by_kind(self.set_aside)

    def to_dict(self) -> dict[str, object]:
        """The report as plain JSON values."""
        return {
            "source": self.source,
            "format": self.format,
            "row_word": self.row_word,
            "rows": self.rows,
            "kept": self.kept,
            "roles": dict(self.roles),
            "unused_columns": list(self.unused),
            "fields": [_field_dict(summary) for summary in self.fields],
            "set_aside": {
                kind: [{"row": row.row, "id": row.id, "reason": row.reason} for row in rows]
                for kind, rows in self.set_aside_by_kind().items()
            },
            "warnings": list(self.warnings),
            "smallest_picture": self.smallest_picture and list(self.smallest_picture),
            "largest_picture": self.largest_picture and list(self.largest_picture),
        }


def by_kind(set_aside: Iterable[SetAside]) -> dict[Kind, list[SetAside]]:
    """Group by kind, most frequent kind first, each in row order."""
    groups: dict[Kind, list[SetAside]] = {}
    for item in sorted(set_aside, key=lambda item: item.row):
        groups.setdefault(item.kind, []).append(item)
    return dict(sorted(groups.items(), key=lambda group: -len(group[1])))


def _field_dict(summary: FieldSummary) -> dict[str, object]:
    return {
        "name": summary.name,
        "column": summary.column,
        "type": summary.type,
        "list": summary.is_list,
        "filterable": summary.filterable,
        "filled": summary.filled,
        "distinct": summary.distinct,
        "distinct_exact": summary.distinct_exact,
        "examples": list(summary.examples),
        "low": summary.low,
        "high": summary.high,
    }

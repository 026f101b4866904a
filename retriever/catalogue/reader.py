"""What every catalogue reader gives: raw rows with the numbers that a person would find them by.

To add a format: subclass `Reader` in a file of its own and list it in `retriever.catalogue.formats`.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from retriever.catalogue.values import Cell


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as it stands in the file; ``problem`` says why it has no cells."""

    number: int
    cells: Mapping[str, Cell]
    problem: str = ""


class Reader(ABC):
    """A catalogue's rows, streamed; it may be iterated any number of times."""

    format: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]]
    row_word: ClassVar[str]
    """What `RawRow.number` counts: "line", "row", "file"."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def folder(self) -> Path:
        """Where relative picture paths start, and where ``catalogue.toml`` is looked for."""
        return self.path.parent

    @abstractmethod
    def columns(self) -> list[str]:
        """Column names in the file's order. Raises `CatalogueError` when it cannot be read."""

    @abstractmethod
    def rows(self, skip: Collection[str] = ()) -> Iterator[RawRow]:
        """Every row in order; columns in ``skip`` need not be read. Raises `CatalogueError`."""

    def binary_columns(self) -> frozenset[str]:
        """Columns that hold bytes, and so can only be pictures."""
        return frozenset()

    def notes(self) -> list[str]:
        """What a person should know of the file as a whole."""
        return []

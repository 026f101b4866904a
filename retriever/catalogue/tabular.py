"""CSV and TSV: UTF-8 with or without a byte order mark; the first line names the columns."""

import csv
from collections import Counter
from collections.abc import Collection, Iterator

from retriever.catalogue.reader import RawRow, Reader
from retriever.errors import CatalogueError

# Descriptions in HTML outgrow the csv module's own limit of 131,072 characters a cell.
csv.field_size_limit(10_000_000)


class TabularReader(Reader):
    """``.tsv`` is split at tabs, ``.csv`` at whichever of ``, ; tab |`` its header has most of."""

    format = "csv"
    suffixes = (".csv", ".tsv")
    row_word = "line"

    def columns(self) -> list[str]:
        _, header = next(self._records(), (0, []))
        columns = [name.strip() for name in header]
        if not any(columns):
            raise CatalogueError(f"{self.path} is empty; its first line must name the columns")
        for name, count in Counter(columns).items():
            if count > 1:
                where = [str(n) for n, other in enumerate(columns, start=1) if other == name]
                what = f"columns {', '.join(where)} are both named {name!r}"
                raise CatalogueError(f"{self.path}, line 1: {what}; give each its own name")
        if "" in columns:
            raise CatalogueError(
                f"{self.path}, line 1: column {columns.index('') + 1} has no name; give it one"
            )
        return columns

    def rows(self, skip: Collection[str] = ()) -> Iterator[RawRow]:
        columns = self.columns()
        records = self._records()
        next(records)
        for number, cells in records:
            if len(cells) != len(columns):
                problem = f"has {len(cells)} cells where the header has {len(columns)}"
                yield RawRow(number, {}, problem)
            else:
                yield RawRow(number, dict(zip(columns, cells, strict=True)))

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """Records that are not blank, each with the line it starts on (a quoted cell may span lines)."""
        # strict: otherwise one stray quote swallows the rest of the file as a single cell.
        reader = csv.reader(self._lines(), delimiter=self._delimiter(), strict=True)
        while True:
            start = reader.line_num + 1
            try:
                record = next(reader, None)
            except csv.Error as error:
                lines = (
                    f"lines {start}-{reader.line_num}"
                    if reader.line_num > start
                    else f"line {start}"
                )
                advice = "check its quotes"
                if "field larger" in str(error):
                    advice = "check its quotes, or shorten that cell"
                elif "new-line character" in str(error):
                    advice = "save the file with the line ends of Unix or Windows"
                raise CatalogueError(f"{self.path}, {lines}: {error}; {advice}") from error
            if record is None:
                return
            if record:
                yield start, record

    def _delimiter(self) -> str:
        if self.path.suffix.lower() == ".tsv":
            return "\t"
        header = next((line for line in self._lines() if line.strip()), "")
        unquoted = "".join(header.split('"')[::2])
        return max(",;\t|", key=unquoted.count)

    def _lines(self) -> Iterator[str]:
        try:
            with self.path.open("rb") as file:
                for number, line in enumerate(file, start=1):
                    try:
                        yield line.decode("utf-8-sig" if number == 1 else "utf-8")
                    except UnicodeDecodeError as error:
                        raise CatalogueError(
                            f"{self.path}, line {number}: byte {error.object[error.start]:#04x} at "
                            f"position {error.start + 1} is not UTF-8; save the file as UTF-8"
                        ) from error
        except OSError as error:
            raise CatalogueError(
                f"{self.path} cannot be read: {error.strerror or error}"
            ) from error

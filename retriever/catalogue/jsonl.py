"""JSON lines: one object a line. A line that is no object is set aside, the rest goes on."""

import json
import re
from collections.abc import Collection, Iterator, Mapping

from retriever.catalogue.reader import RawRow, Reader
from retriever.catalogue.values import Cell
from retriever.errors import CatalogueError

_HALF_CHARACTER = re.compile(rb"\\u[dD][89a-fA-F]")


class JsonLinesReader(Reader):
    """Nested objects become dotted columns (``dimensions.width``); prices and pictures stay whole."""

    format = "jsonl"
    suffixes = (".jsonl", ".ndjson")
    row_word = "line"

    def columns(self) -> list[str]:
        names: dict[str, None] = {}
        first_problem = "it is empty"
        for row in self.rows():
            names.update(dict.fromkeys(row.cells))
            if row.problem and first_problem == "it is empty":
                first_problem = f"line {row.number} {row.problem}"
        if not names:
            raise CatalogueError(
                f"{self.path} has no product ({first_problem}); write one JSON object a line"
            )
        return list(names)

    def rows(self, skip: Collection[str] = ()) -> Iterator[RawRow]:
        try:
            with self.path.open("rb") as file:
                for number, line in enumerate(file, start=1):
                    if number == 1:
                        line = line.removeprefix(b"\xef\xbb\xbf")
                    if line.strip():
                        yield _parse(number, line)
        except OSError as error:
            raise CatalogueError(
                f"{self.path} cannot be read: {error.strerror or error}"
            ) from error


def _parse(number: int, line: bytes) -> RawRow:
    try:
        value = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        problem = f"is not UTF-8 (byte {line[error.start]:#04x} at position {error.start + 1})"
        return RawRow(number, {}, problem)
    except json.JSONDecodeError as error:
        return RawRow(number, {}, f"is not JSON: {error.msg} at position {error.pos + 1}")
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits, 10,000 open brackets
        return RawRow(number, {}, f"is not usable JSON: {error}")
    if _HALF_CHARACTER.search(line) and not _is_unicode(value):
        return RawRow(number, {}, "holds half a character (a lone \\ud800-\\udfff escape)")
    if not isinstance(value, dict):
        return RawRow(number, {}, f"is not a JSON object but {type(value).__name__}")
    return RawRow(number, flatten(value))


def _is_unicode(value: Cell) -> bool:
    """Whether the value can be stored: JSON may spell surrogates that make up no character."""
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def flatten(record: Mapping[str, Cell], prefix: str = "") -> dict[str, Cell]:
    """Nested mappings as dotted columns, but for price and picture records, which have their role."""
    flat: dict[str, Cell] = {}
    for name, value in record.items():
        if isinstance(value, Mapping) and value and not _is_record(value):
            flat.update(flatten(value, f"{prefix}{name}."))
        else:
            flat[prefix + name] = value
    return flat


def _is_record(value: Mapping[str, Cell]) -> bool:
    names = set(value)
    price = names <= {"amount", "value", "currency", "currency_code"} and names & {
        "amount",
        "value",
    }
    return bool(price) or ("path" in names and names <= {"path", "bytes"})

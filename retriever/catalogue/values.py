"""Cells: what a reader may hand over, when a cell counts as missing, and its typed forms."""

import json
import math
import re
from collections.abc import Mapping

Cell = object
"""Text, number, bool, bytes, mapping, list of those, or None."""

_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none"})
_BOOLS = {"true": True, "yes": True, "false": False, "no": False}
# Leading zeros ("00123") and more than 15 digits are codes: as floats they would change.
_NUMBER = re.compile(
    r"[+-]?(?:(?:0|[1-9][0-9]{0,14})(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?"
)


def is_missing(cell: Cell) -> bool:
    """Whether the cell holds nothing: null, an empty list, "", "NA", "N/A", "NaN", "null", "None"."""
    if cell is None:
        return True
    if isinstance(cell, str):
        return cell.strip().lower() in _MISSING
    if isinstance(cell, float):
        return math.isnan(cell)
    if isinstance(cell, (list, tuple)):
        return all(is_missing(part) for part in cell)
    return isinstance(cell, (bytes, Mapping)) and not cell


def as_text(cell: Cell) -> str:
    """The cell as stripped text; ``""`` where it is missing. Whole floats lose their ``.0``."""
    if is_missing(cell):
        return ""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, (list, tuple)):
        return ", ".join(as_list(cell))
    if isinstance(cell, Mapping):
        return json.dumps(cell, ensure_ascii=False, default=str)
    return str(cell)


def as_list(cell: Cell) -> list[str]:
    """The cell's parts as text, missing ones left out; a cell that is no list has one part."""
    parts = cell if isinstance(cell, (list, tuple)) else [cell]
    return [as_text(part) for part in parts if not is_missing(part)]


def as_number(cell: Cell) -> float | None:
    """The finite number that the cell is or spells, else None."""
    if isinstance(cell, str):
        text = cell.strip()
        if not _NUMBER.fullmatch(text):
            return None
        number = float(text)
    elif isinstance(cell, bool) or not isinstance(cell, (int, float)) or abs(cell) >= 1e15:
        return None
    else:
        number = float(cell)
    return number if math.isfinite(number) else None


def as_bool(cell: Cell) -> bool | None:
    """The truth value that the cell is or spells (true, false, yes, no), else None."""
    if isinstance(cell, bool):
        return cell
    return _BOOLS.get(cell.strip().lower()) if isinstance(cell, str) else None

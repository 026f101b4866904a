"""The type of a field, decided over all rows, and the typed value of a cell."""

from dataclasses import dataclass, field

from retriever.catalogue.report import FieldSummary
from retriever.catalogue.values import Cell, as_bool, as_list, as_number, as_text, is_missing
from retriever.errors import CatalogueError
from retriever.product import AttributeValue

_DISTINCT_LIMIT = 50_000
_EXAMPLES = 3
_LONG_TEXT = 80  # mean characters above which mostly different values are prose, not a keyword


@dataclass(slots=True)
class FieldProfile:
    """What the cells of one field have in common; fed row by row, in bounded memory."""

    name: str
    column: str
    keyword_only: bool = False
    _filled: int = 0
    _values: int = 0
    _characters: int = 0
    _numbers: bool = True
    _bools: bool = True
    _lists: bool = False
    _low: float = float("inf")
    _high: float = float("-inf")
    _distinct: set[int] = field(default_factory=set)  # hashes: a million long texts stay small
    _capped: bool = False
    _examples: list[str] = field(default_factory=list)

    def add(self, cell: Cell) -> None:
        """Take one more row's cell into account."""
        if is_missing(cell):
            return
        self._filled += 1
        self._lists = self._lists or isinstance(cell, (list, tuple))
        number = as_number(cell)
        if number is None:
            self._numbers = False
        else:
            self._low, self._high = min(self._low, number), max(self._high, number)
        self._bools = self._bools and as_bool(cell) is not None
        for text in as_list(cell):
            self._values += 1
            self._characters += len(text)
            self._count(text)

    def _count(self, text: str) -> None:
        key = hash(text)
        if key in self._distinct:
            return
        if len(self._distinct) >= _DISTINCT_LIMIT:
            self._capped = True
            return
        self._distinct.add(key)
        if len(self._examples) < _EXAMPLES:
            self._examples.append(text)

    def summary(self) -> FieldSummary:
        """The field's type and figures over the rows seen so far."""
        number = self._filled > 0 and self._numbers and not self.keyword_only
        boolean = self._filled > 0 and self._bools and not self.keyword_only
        mean_length = self._characters / max(1, self._values)
        mostly_different = self._capped or len(self._distinct) * 2 > self._values
        prose = mean_length > _LONG_TEXT and mostly_different and not self.keyword_only
        return FieldSummary(
            name=self.name,
            column=self.column,
            type=("number" if number else "bool" if boolean else "text" if prose else "keyword"),
            is_list=self._lists and not self.keyword_only,
            filled=self._filled,
            distinct=len(self._distinct),
            distinct_exact=not self._capped,
            examples=tuple(self._examples),
            low=self._low if number else None,
            high=self._high if number else None,
        )


def typed_value(cell: Cell, summary: FieldSummary) -> AttributeValue | None:
    """The cell as its field's type; None where it is missing.

    Raises `CatalogueError` for a value that the field's own profile rules out: the file has changed
    since it was profiled.
    """
    if is_missing(cell):
        return None
    value: AttributeValue | None
    if summary.type == "number":
        value = as_number(cell)
    elif summary.type == "bool":
        value = as_bool(cell)
    else:
        value = as_list(cell) if summary.is_list else as_text(cell)
    if value is None:
        raise CatalogueError(
            f"field {summary.name!r} holds {as_text(cell)!r}, which is no {summary.type}: "
            "the catalogue changed while it was being read; run this again"
        )
    return value

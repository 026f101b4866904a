"""A bound filter -> a condition of SQL over the tables of `FaissRecords`, its values as parameters."""

from retriever.index.binding import keyword_of
from retriever.where import And, Eq, In, Not, Or, Range, Scalar, Where

Values = list[str | float]

_BOUNDS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def to_sql(where: Where) -> tuple[str, Values]:
    """Translate a filter that `bind` has checked; no text of it becomes part of the condition."""
    match where:
        case Eq(field, value):
            return _among(field, (value,))
        case In(field, values):
            return _among(field, values)
        case Range(field):
            given = {name: getattr(where, name) for name in _BOUNDS}
            bounds = {name: value for name, value in given.items() if value is not None}
            condition = "".join(f" AND value {_BOUNDS[name]} ?" for name in bounds)
            return _rows("numbers", condition), [field, *bounds.values()]
        case And(parts):
            return _joined(" AND ", parts)
        case Or(parts):
            return _joined(" OR ", parts)
        case Not(part):
            condition, values_ = to_sql(part)
            return f"NOT {condition}", values_


def _joined(operator: str, parts: tuple[Where, ...]) -> tuple[str, Values]:
    translated = [to_sql(part) for part in parts]
    condition = operator.join(condition for condition, _ in translated)
    return f"({condition})", [value for _, values in translated for value in values]


def _among(field: str, values: tuple[Scalar, ...]) -> tuple[str, Values]:
    words = [keyword_of(value) for value in values if isinstance(value, (str, bool))]
    table = "words" if words else "numbers"
    marks = ", ".join("?" * len(values))
    among: Values = [*words] if words else [float(value) for value in values]
    return _rows(table, f" AND value IN ({marks})"), [field, *among]


def _rows(table: str, condition: str) -> str:
    return f"(row IN (SELECT row FROM {table} WHERE field = ?{condition}))"  # noqa: S608

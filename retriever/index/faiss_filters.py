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
            return f"(NOT {condition})", values_


def _joined(operator: str, parts: tuple[Where, ...]) -> tuple[str, Values]:
    """Joined in halves: SQLite reads "a OR b OR c" as nested, and refuses more than 1,000 levels."""
    if len(parts) == 1:
        return to_sql(parts[0])
    middle = len(parts) // 2
    (left, left_values), (right, right_values) = (
        _joined(operator, half) for half in (parts[:middle], parts[middle:])
    )
    return f"({left}{operator}{right})", [*left_values, *right_values]


def _among(field: str, values: tuple[Scalar, ...]) -> tuple[str, Values]:
    words = [keyword_of(value) for value in values if isinstance(value, (str, bool))]
    table = "words" if words else "numbers"
    marks = ", ".join("?" * len(values))
    among: Values = [*words] if words else [float(value) for value in values]
    return _rows(table, f" AND value IN ({marks})"), [field, *among]


def _rows(table: str, condition: str) -> str:
    return f"(row IN (SELECT row FROM {table} WHERE field = ?{condition}))"  # noqa: S608

"""A bound filter -> an expression of Milvus.

Keyword and bool fields are arrays of text (never null), number fields nullable doubles. A `Not` is pushed
down to single conditions, so that nothing rests on how Milvus negates a comparison with null.
"""

from retriever.index.binding import keyword_of
from retriever.where import And, Eq, In, Not, Or, Range, Scalar, Where

_BOUNDS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_OPPOSITE = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def to_expression(where: Where) -> str:
    """Translate a filter that `bind` has checked; every part of it ends up in the result."""
    return _expression(where, wanted=True)


def column(field: str) -> str:
    """The column of a filterable field; prefixed, because Milvus reserves some names."""
    return f"f_{field}"


def quoted(text: str) -> str:
    """Text as a literal of an expression, so that none of it is read as anything else."""
    return f'"{text.translate(_ESCAPES)}"'


def _expression(where: Where, *, wanted: bool) -> str:
    match where:
        case Eq(field, value):
            return _among(field, (value,), wanted=wanted)
        case In(field, values):
            return _among(field, values, wanted=wanted)
        case Range(field):
            name = column(field)
            given = {sign: getattr(where, bound) for bound, sign in _BOUNDS.items()}
            bounds = {sign: value for sign, value in given.items() if value is not None}
            if wanted:
                return (
                    "(" + " and ".join(f"{name} {sign} {v!r}" for sign, v in bounds.items()) + ")"
                )
            outside = [f"{name} {_OPPOSITE[sign]} {value!r}" for sign, value in bounds.items()]
            return "(" + " or ".join([f"{name} is null", *outside]) + ")"
        case And(parts):
            return _joined(" and " if wanted else " or ", parts, wanted)
        case Or(parts):
            return _joined(" or " if wanted else " and ", parts, wanted)
        case Not(part):
            return _expression(part, wanted=not wanted)


def _joined(operator: str, parts: tuple[Where, ...], wanted: bool) -> str:
    return "(" + operator.join(_expression(part, wanted=wanted) for part in parts) + ")"


def _among(field: str, values: tuple[Scalar, ...], *, wanted: bool) -> str:
    name = column(field)
    words = [keyword_of(value) for value in values if isinstance(value, (str, bool))]
    if words:
        listed = ", ".join(quoted(word) for word in words)
        contains = f"array_contains_any({name}, [{listed}])"
        return contains if wanted else f"(not {contains})"
    numbers = f"[{', '.join(repr(float(value)) for value in values)}]"
    return f"({name} in {numbers})" if wanted else f"({name} is null or {name} not in {numbers})"

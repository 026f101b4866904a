"""`bind`: a filter as a caller spells it -> the same filter in the exact terms of one index.

Binding decides everything that a caller may leave loose (spelling of field names, case of words,
numbers typed as text) and refuses the rest, so that engines only translate.
"""

import difflib
import math
from collections.abc import Callable, Iterable

from retriever.errors import FilterError
from retriever.product import field_name
from retriever.where import And, Eq, Fields, FieldType, In, Not, Or, Range, Scalar, Where

MAX_DEPTH = 32
"""Nesting of and/or/not beyond this is refused: no shopper writes it, and it would exhaust the stack."""

_WANTED: dict[FieldType, str] = {
    "keyword": "text",
    "number": "a finite number",
    "bool": "true or false",
}


def fold(text: str) -> str:
    """Text as filters compare it: without surrounding space, case-folded."""
    return text.strip().casefold()


def keyword_of(value: Scalar) -> str:
    """A value as a keyword field stores and compares it: ``10.0`` -> ``"10"``, ``True`` -> ``"true"``."""
    if isinstance(value, str):
        return fold(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def number_of(value: object) -> float | None:
    """A finite number, or text that spells one; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def resolve_field(name: str, fields: Fields) -> str:
    """The index's own name of a field.

    Tried in this order: the normalised name itself; the name with *color* and *colour* taken as the
    same; the only field that ends with the words given (``colour`` -> ``base_colour``). Raises
    `FilterError` when several fields fit or none does.
    """
    wanted = field_name(name)
    if wanted in fields:
        return wanted
    for fits in (_same_name, _same_ending):
        found = [field for field in sorted(fields) if wanted and fits(field, wanted)]
        if len(found) == 1:
            return found[0]
        if found:
            raise FilterError(
                f"field {name!r} is ambiguous: it could be {_listed(found)}; name one of them"
            )
    if not fields:
        raise FilterError(f"unknown field {name!r}: this index has no field to filter by")
    close = difflib.get_close_matches(_british(wanted), sorted(fields), n=1)
    hint = f" (did you mean {close[0]!r}?)" if close else ""
    raise FilterError(
        f"unknown field {name!r}{hint}; fields one can filter by: {_listed(sorted(fields))}"
    )


def bind(where: Where, fields: Fields) -> Where:
    """Check a filter against the fields of an index; returns it with exact names and values.

    Text on keyword fields is stripped and case-folded, text that spells a number is accepted on
    number fields, ``"true"`` and ``"false"`` on bool fields. Raises `FilterError` for unknown or
    ambiguous fields, operators that the field's type does not have, values of the wrong type,
    numbers that are not finite, and empty ``In``, ``And``, ``Or`` and ``Range``.
    """
    return _bind(where, fields, MAX_DEPTH)


def _bind(where: Where, fields: Fields, depth: int) -> Where:
    if depth == 0:
        raise FilterError(f"the filter is nested more than {MAX_DEPTH} levels deep; flatten it")
    match where:
        case Eq(name, value):
            field = resolve_field(name, fields)
            return Eq(field, _value(field, value, fields[field]))
        case In(name, values):
            field = resolve_field(name, fields)
            if not values:
                raise FilterError(f"'in' on field {field!r} lists no value; give at least one")
            bound = (_value(field, value, fields[field]) for value in values)
            return In(field, tuple(dict.fromkeys(bound)))
        case Range():
            return _range(where, fields)
        case And(parts):
            return And(_parts("and", parts, fields, depth))
        case Or(parts):
            return Or(_parts("or", parts, fields, depth))
        case Not(part):
            return Not(_bind(part, fields, depth - 1))


def _parts(
    operator: str, parts: tuple[Where, ...], fields: Fields, depth: int
) -> tuple[Where, ...]:
    if not parts:
        raise FilterError(f"{operator!r} without a condition in it; give at least one")
    return tuple(_bind(part, fields, depth - 1) for part in parts)


def _value(field: str, value: Scalar, field_type: FieldType) -> Scalar:
    convert: Callable[[Scalar], Scalar | None] = {
        "keyword": _keyword,
        "number": number_of,
        "bool": _bool,
    }[field_type]
    bound = convert(value)
    if bound is None:
        raise FilterError(
            f"field {field!r} is a {field_type} field and needs {_WANTED[field_type]}, not {value!r}"
        )
    return bound


def _keyword(value: Scalar) -> str | None:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
        return None  # half a character, as broken JSON has it, which no engine can be asked for
    return keyword_of(value) or None


def _bool(value: Scalar) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(fold(value)) if isinstance(value, str) else None


def _range(where: Range, fields: Fields) -> Range:
    field = resolve_field(where.field, fields)
    if fields[field] != "number":
        numbers = [name for name in sorted(fields) if fields[name] == "number"]
        raise FilterError(
            f"field {field!r} is a {fields[field]} field, which has no <, <=, >, >=; use = or in "
            f"(number fields: {_listed(numbers) if numbers else 'none'})"
        )
    bounds: dict[str, float] = {}
    for name in ("gt", "gte", "lt", "lte"):
        value = getattr(where, name)
        if value is None:
            continue
        number = number_of(value)
        if number is None:
            raise FilterError(
                f"bound {name} of field {field!r} needs a finite number, not {value!r}"
            )
        bounds[name] = number
    if not bounds:
        raise FilterError(f"the range on field {field!r} has no bound; give gt, gte, lt or lte")
    return Range(field, **bounds)


def _british(name: str) -> str:
    return name.replace("color", "colour")


def _same_name(field: str, wanted: str) -> bool:
    return _british(field) == _british(wanted)


def _same_ending(field: str, wanted: str) -> bool:
    return _british(field).endswith("_" + _british(wanted))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)

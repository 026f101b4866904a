"""The filter language: what each form means, and that mistakes are pointed at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retriever.errors import FilterError
from retriever.index.binding import bind
from retriever.where import And, Eq, In, Not, Or, Range, Where
from retriever.where_parser import parse_where


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("colour = red", Eq("colour", "red")),
        ("colour==red", Eq("colour", "red")),
        ("colour != red", Not(Eq("colour", "red"))),
        ("price<50", Range("price", lt=50.0)),
        ("price <= $50", Range("price", lte=50.0)),
        ("price>€ 9.5", Range("price", gt=9.5)),
        ("price >= -5", Range("price", gte=-5.0)),
        ("price between 10 and 20.50", Range("price", gte=10.0, lte=20.5)),
        ("colour in (red, navy blue)", In("colour", ("red", "navy blue"))),
        ("size not in (38, 'one, two')", Not(In("size", (38.0, "one, two")))),
        ("vegan = true", Eq("vegan", True)),
        ("vegan = 'true'", Eq("vegan", "true")),
        ("note = 'it\\'s \\\\ \"new\"'", Eq("note", 'it\'s \\ "new"')),
        ("category = men's  shoes", Eq("category", "men's shoes")),
        ("base colour = 'black and white'", Eq("base colour", "black and white")),
        ("NOT a = 1 AND b = 2", And((Not(Eq("a", 1.0)), Eq("b", 2.0)))),
        ("a=1 or b=2 and c=3", Or((Eq("a", 1.0), And((Eq("b", 2.0), Eq("c", 3.0)))))),
        ("(a=1 or b=2) and c=3", And((Or((Eq("a", 1.0), Eq("b", 2.0))), Eq("c", 3.0)))),
        ("not (a=1 or not b=2)", Not(Or((Eq("a", 1.0), Not(Eq("b", 2.0)))))),
        ("color = navy blue and price<50", And((Eq("color", "navy blue"), Range("price", lt=50)))),
        (
            "a between 1 and 2 and b between 3 and 4",
            And((Range("a", gte=1, lte=2), Range("b", gte=3, lte=4))),
        ),
    ],
)
def test_forms(text: str, where: Where) -> None:
    assert parse_where(text) == where


@pytest.mark.parametrize("code", ["007", "38.50", "12345678901234567890", "1e5"])
def test_a_number_that_a_float_would_respell_stays_text(code: str) -> None:
    assert parse_where(f"code = {code}") == Eq("code", code)
    assert bind(parse_where(f"code = {code}"), {"code": "keyword"}) == Eq("code", code)
    assert bind(parse_where(f"code = {code}"), {"code": "number"}) == Eq("code", float(code))


@pytest.mark.parametrize(
    ("text", "problem", "marked"),
    [
        ("", "expected a field name", 0),
        ("price <= and a = 1", "expected a number after '<='", 9),
        ("price <= cheap", "not 'cheap'", 9),
        ("price < 1,000", "thousands separator", 9),
        ("price between 5", "expected 'and'", 15),
        ("colour like red", "expected an operator after the field 'colour like red'", 15),
        ("colour =", "expected a value", 8),
        ("colour = 'red", "never closed", 9),
        ("colour ! red", "'!' stands only in '!='", 7),
        ("colour in red", "expected '('", 10),
        ("colour in ()", "expected a value", 11),
        ("colour not red", "expected 'in'", 11),
        ("origin = made in italy", "expected and, or, or the end", 14),
        ("a = 1, b = 2", "join conditions with and, or", 5),
        ("(a = 1", "expected ')'", 6),
        ("a = 1)", "expected and, or, or the end", 5),
        ("a = 1 and", "expected a field name", 9),
        ("a =\n'x' y", "expected and, or, or the end", 8),
    ],
)
def test_mistakes_are_pointed_at(text: str, problem: str, marked: int) -> None:
    with pytest.raises(FilterError) as raised:
        parse_where(text)
    first, shown, caret, supported = str(raised.value).split("\n")
    assert problem in first
    assert shown == "    " + text.replace("\n", " ")
    assert caret.index("^") - 4 == marked
    assert supported.startswith("supported: = (or ==), !=, <")


@pytest.mark.parametrize("deep", ["(" * 5000 + "a=1" + ")" * 5000, "not " * 5000 + "a=1"])
def test_deep_nesting_is_refused_before_it_exhausts_the_stack(deep: str) -> None:
    with pytest.raises(FilterError, match="nested more than 32 levels"):
        parse_where(deep)


def _quote(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _spell(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return _quote(value) if isinstance(value, str) else str(int(value))


def _write(where: Where) -> str:
    match where:
        case Eq(field, value):
            return f"{_quote(field)} = {_spell(value)}"
        case In(field, values):
            return f"{_quote(field)} in ({', '.join(map(_spell, values))})"
        case Range(field, gt, gte, lt, lte):
            if gte is not None and lte is not None:
                return f"{_quote(field)} between {gte:.3f} and {lte:.3f}"
            bounds = {">": gt, ">=": gte, "<": lt, "<=": lte}
            sign, bound = next((sign, b) for sign, b in bounds.items() if b is not None)
            return f"{_quote(field)} {sign} {bound:.3f}"
        case And(parts):
            return "(" + " and ".join(map(_write, parts)) + ")"
        case Or(parts):
            return "(" + " or ".join(map(_write, parts)) + ")"
        case Not(part):
            return f"not ({_write(part)})"


_texts = st.text(min_size=1, max_size=12)
_bounds = st.integers(-(10**6), 10**6).map(lambda thousandths: thousandths / 1000)
_scalars = _texts | st.booleans() | st.integers(-(10**9), 10**9).map(float)
_ranges = st.one_of(
    st.builds(Range, _texts, gte=_bounds, lte=_bounds),
    *(st.builds(Range, _texts, **{bound: _bounds}) for bound in ("gt", "gte", "lt", "lte")),
)
_leaves = (
    st.builds(Eq, _texts, _scalars)
    | st.builds(In, _texts, st.lists(_scalars, min_size=1, max_size=3).map(tuple))
    | _ranges
)
_wheres = st.recursive(
    _leaves,
    lambda inner: (
        st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple))
        | st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple))
        | st.builds(Not, inner)
    ),
    max_leaves=6,
)


@given(_wheres)
def test_a_filter_written_out_reads_back_the_same(where: Where) -> None:
    assert parse_where(_write(where)) == where


@given(st.text(alphabet="ab1.,()'\"=!<>$ \nandornti", max_size=40))
def test_any_text_is_a_filter_or_a_filter_error(text: str) -> None:
    try:
        found: object = parse_where(text)
    except FilterError as error:
        found = error
    assert isinstance(found, FilterError | Eq | In | Range | And | Or | Not)

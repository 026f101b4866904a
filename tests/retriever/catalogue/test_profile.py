import math

import pytest

from retriever.catalogue.profile import FieldProfile, typed_value
from retriever.catalogue.report import FieldSummary
from retriever.catalogue.values import as_number, as_text, is_missing
from retriever.errors import CatalogueError


def profile(*cells: object) -> FieldSummary:
    fed = FieldProfile("size", "Size")
    for cell in cells:
        fed.add(cell)
    return fed.summary()


@pytest.mark.parametrize(
    "cell", [None, "", "  ", "NA", " n/a ", "null", "None", "NaN", math.nan, []]
)
def test_missing_cells(cell: object) -> None:
    assert is_missing(cell)
    assert as_text(cell) == ""


@pytest.mark.parametrize(
    ("cell", "number"),
    [("12", 12), (" -0.5 ", -0.5), (".5", 0.5), ("1e3", 1000), (7, 7), (2.5, 2.5)],
)
def test_numbers(cell: object, number: float) -> None:
    assert as_number(cell) == number


@pytest.mark.parametrize(
    "cell", ["007", "1_000", "1e999", "inf", "12 cm", "1,5", "1" * 16, 10**400, 10**15, True, [1]]
)
def test_what_is_no_number(cell: object) -> None:
    assert as_number(cell) is None


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("36", "38.5", "", None, "NA"), "number"),
        ((36, "38"), "number"),
        (("36", "M"), "keyword"),
        (("007", "008"), "keyword"),
        (("Yes", "no", ""), "bool"),
        ((True, "false"), "bool"),
        ((True, 1), "keyword"),
        (("", None), "keyword"),
        ((["S", "M"], ["L"]), "keyword"),
        (("x" * 100, "y" * 100), "text"),
        (("x" * 100,) * 9, "keyword"),
    ],
)
def test_the_type_is_decided_over_all_rows(cells: tuple[object, ...], expected: str) -> None:
    assert profile(*cells).type == expected


def test_figures_of_a_field() -> None:
    summary = profile("3", "10", "3", None)
    assert (summary.filled, summary.distinct, summary.low, summary.high) == (3, 2, 3, 10)
    assert summary.examples == ("3", "10")
    assert summary.distinct_exact


def test_many_distinct_values_are_counted_in_bounded_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("retriever.catalogue.profile._DISTINCT_LIMIT", 5)
    summary = profile(*(f"value {n}" for n in range(9)))
    assert summary.distinct == 5
    assert not summary.distinct_exact


def test_values_take_their_fields_type() -> None:
    assert typed_value("38", profile("36")) == 38.0
    assert typed_value("No", profile("yes")) is False
    assert typed_value("L", profile(["S", "M"])) == ["L"]
    assert typed_value(38, profile("M")) == "38"
    assert typed_value(" ", profile("M")) is None


def test_a_value_that_the_profile_rules_out_is_an_error() -> None:
    with pytest.raises(CatalogueError, match=r"'L', which is no number.*changed"):
        typed_value("L", profile("36"))

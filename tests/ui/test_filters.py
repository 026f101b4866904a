"""Filters of the sidebar: which there are, and what their values mean to the backend."""

from typing import Any

from generator.constraints import Constraints
from ui.filters import constraints_of, filters_of, given_up

CAPABILITIES: dict[str, Any] = {
    "currency": "EUR",
    "products": 10,
    "fields": [
        {"name": "age", "type": "number", "values": [], "minimum": 2.0, "maximum": 2.0},
        {"name": "colour", "type": "keyword", "values": [{"value": "red", "count": 3}, {"value": "blue", "count": 2}], "minimum": None, "maximum": None},
        {"name": "currency", "type": "keyword", "values": [{"value": "eur", "count": 10}], "minimum": None, "maximum": None},
        {"name": "price", "type": "number", "values": [], "minimum": 1.5, "maximum": 90.0},
        {"name": "waterproof", "type": "bool", "values": [{"value": "true", "count": 3}, {"value": "false", "count": 7}], "minimum": None, "maximum": None},
        {"name": "weight", "type": "number", "values": [], "minimum": 0.0, "maximum": 5.0},
    ],
}  # fmt: skip


def test_fields_that_tell_nothing_apart_are_left_out_and_common_ones_are_first() -> None:
    assert [item.name for item in filters_of(CAPABILITIES)] == [
        "price",
        "colour",
        "waterproof",
        "weight",
    ]
    assert filters_of(CAPABILITIES)[0].label == "Price (EUR)"


def test_untouched_filters_are_no_constraints() -> None:
    filters = filters_of(CAPABILITIES)
    untouched = {"price": (1.5, 90.0), "colour": [], "waterproof": None, "weight": (0.0, 5.0)}
    assert constraints_of(filters, untouched) is None


def test_values_become_constraints_that_the_backend_takes() -> None:
    values = {"price": (1.5, 20.0), "colour": ["red"], "waterproof": "no", "weight": (1.0, 5.0)}
    made = constraints_of(filters_of(CAPABILITIES), values)
    taken = Constraints.model_validate(made)
    assert [chip.label for chip in taken.chips()] == [
        "price at most 20.00 EUR",
        "weight at least 1",
        "colour red",
        "waterproof false",
    ]
    filters = {item.name: item.key for item in filters_of(CAPABILITIES)}
    assert {chip.key for chip in taken.chips()} == set(filters.values())


def test_changed_and_dropped_filters_are_given_up() -> None:
    filters = filters_of(CAPABILITIES)
    before = constraints_of(filters, {"price": (1.5, 20.0), "colour": ["red"], "waterproof": "yes"})
    now = constraints_of(filters, {"price": (1.5, 30.0), "waterproof": "yes"})
    assert set(given_up(before, now)) == {"price", "wanted.colour"}
    assert given_up(None, now) == ()
    assert set(given_up(before, None)) == {"price", "wanted.colour", "wanted.waterproof"}

"""Constraints: pushed down whole or refused, and judged alike in Python and in the index."""

import pytest
from pydantic import ValidationError

from generator.constraints import Bound, Constraints, NumberRange
from retriever.capabilities import Capabilities
from retriever.errors import FilterError
from retriever.index import IndexVersion
from tests.generator.conftest import ROWS, product_of


def price(
    low: float | None = None, high: float | None = None, inclusive: bool = True
) -> NumberRange:
    return NumberRange(
        minimum=None if low is None else Bound(value=low, inclusive=inclusive),
        maximum=None if high is None else Bound(value=high, inclusive=inclusive),
        currency="USD",
    )


@pytest.mark.parametrize(
    "constraints",
    [
        Constraints(price=price(high=25)),
        Constraints(price=price(high=25, inclusive=False)),
        Constraints(price=price(12, 60)),
        Constraints(wanted={"base_colour": ["red", "navy blue"]}),
        Constraints(excluded={"material": ["leather"]}),
        Constraints(excluded={"gender": ["women"]}, wanted={"on_sale": ["true"]}),
        Constraints(price=price(high=80), wanted={"brand": ["vela"]}, excluded={"material": ["canvas"]}),
    ],
)  # fmt: skip
def test_the_index_and_admits_agree(
    constraints: Constraints, version: IndexVersion, capabilities: Capabilities
) -> None:
    admitted = [row[0] for row in ROWS if constraints.admits(product_of(row))]
    assert 0 < len(admitted) < len(ROWS)
    assert version.count(constraints.to_where(capabilities)) == len(admitted)


def test_what_the_index_cannot_filter_by_is_refused(capabilities: Capabilities) -> None:
    with pytest.raises(FilterError, match="unknown field"):
        Constraints(wanted={"shine": ["high"]}).to_where(capabilities)
    euro = NumberRange(maximum=Bound(value=5), currency="EUR")
    with pytest.raises(FilterError, match="prices here are in USD, not in EUR"):
        Constraints(price=euro).to_where(capabilities)
    assert Constraints().to_where(capabilities) is None


def test_narrowing_gives_nothing_up(version: IndexVersion, capabilities: Capabilities) -> None:
    first = Constraints(price=price(high=50), wanted={"base_colour": ["red", "black"]})
    other = Constraints(price=price(high=30), wanted={"base_colour": ["black"]})
    assert first.narrowed(other) == Constraints(
        price=price(high=30), wanted={"base_colour": ["black"]}
    )
    clash = first.narrowed(Constraints(wanted={"base_colour": ["white"]}))
    assert version.count(clash.to_where(capabilities)) == 0


def test_a_newer_message_goes_over_an_older_one() -> None:
    older = Constraints(price=price(10, 50), wanted={"base_colour": ["red"], "brand": ["vela"]})
    newer = Constraints(price=price(high=5), excluded={"base_colour": ["red"]})
    merged = older.merged(newer)
    assert merged.price == price(high=5)
    assert merged.wanted == {"brand": ["vela"]}
    assert merged.without(["excluded.base_colour", "price", "nothing"]) == Constraints(wanted={"brand": ["vela"]})  # fmt: skip


def test_constraints_round_trip_and_refuse_nonsense() -> None:
    constraints = Constraints(price=price(1, 2), excluded={"brand": ["vela"]})
    assert Constraints.model_validate_json(constraints.model_dump_json()) == constraints
    with pytest.raises(ValidationError, match="are empty"):
        Constraints(wanted={"brand": []})


def test_capabilities_come_from_the_live_index(
    version: IndexVersion, capabilities: Capabilities
) -> None:
    assert capabilities.products == len(ROWS)
    assert capabilities.currency == "USD"
    assert capabilities.price is not None
    assert (capabilities.price.minimum, capabilities.price.maximum) == (9.5, 120.0)
    colour = capabilities.field("colour")
    assert (colour.name, colour.complete) == ("base_colour", True)
    assert {value.value: value.count for value in colour.values}["navy blue"] == 2
    assert Capabilities.model_validate_json(capabilities.model_dump_json()) == capabilities
    few = Capabilities.read(version, max_values=2)
    assert len(few.field("brand").values) == 2
    assert not few.field("brand").complete

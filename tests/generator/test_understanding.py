"""Reading by rules: a message in its conversation -> query, constraints, references, intent."""

import pytest

from generator.constraints import Constraints
from generator.conversation import Conversation, Message, ShownProduct, Turn
from generator.understanding import Understanding
from generator.understanding.rules import understand
from retriever.capabilities import Capabilities
from retriever.product import Price


def chips(understanding: Understanding) -> list[str]:
    return [chip.label for chip in understanding.constraints.chips()]


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("a mug under $50", "price under 50.00 USD"),
        ("a mug for at most 50 dollars", "price at most 50.00 USD"),
        ("a mug, no more than fifty bucks", "price at most 50.00 USD"),
        ("mugs over 20 USD", "price over 20.00 USD"),
        ("mugs $5-$10", "price 5.00 USD to 10.00 USD"),
        ("mugs between 5 and 10 dollars", "price 5.00 USD to 10.00 USD"),
        ("mugs from $5 to $10", "price 5.00 USD to 10.00 USD"),
        ("a mug, $20 or less", "price at most 20.00 USD"),
        ("a mug, at least $1,200.50", "price at least 1,200.50 USD"),
        ("a mug, my budget is 30", "price at most 30.00 USD"),
        ("a mug costing more than 10 but less than 20", "price over 10.00 USD and under 20.00 USD"),
        ("a mug around $10", "price 8.00 USD to 12.00 USD"),
        ("a mug under 50", "price under 50.00 USD"),
    ],
)
def test_price_limits(text: str, limit: str, capabilities: Capabilities) -> None:
    understood = understand(Message(text=text), Conversation(), capabilities)
    assert limit in chips(understood)
    assert understood.text == "mug" or understood.text == "mugs"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("navy shoes", ["base colour navy blue", "category casual shoes or boots or sports shoes"]),
        ("a tote in black or red", ["base colour black or red"]),
        ("bags for women, not leather", ["gender women", "material not leather"]),
        ("shoes without leather or suede", ["material not leather or suede"]),
        ("anything but red", ["base colour not red"]),
        ("a satchel by Vela", ["brand vela"]),
        ("boots", ["category boots"]),
        ("a boot for her", ["category boots", "gender women"]),
        ("toys on sale", ["category toys", "on sale true"]),
        ("toys not on sale", ["on sale false"]),
        ("a toy box", []),
        ("a toy with red eyes", ["category toys"]),
    ],
)
def test_values_of_the_catalogue(
    text: str, expected: list[str], capabilities: Capabilities
) -> None:
    found = chips(understand(Message(text=text), Conversation(), capabilities))
    for label in expected:
        assert label in found
    if not expected or text.endswith("eyes"):
        assert found == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a mug without stripes", "no field of this catalogue records “stripes”"),
        ("a mug under 20 EUR", "prices here are in USD and are not converted from EUR"),
        ("a mug under 20 cm", "records no such measure"),
    ],
)
def test_what_cannot_be_filtered_by_is_refused_and_not_weakened(
    text: str, reason: str, capabilities: Capabilities
) -> None:
    understood = understand(Message(text=text), Conversation(), capabilities)
    assert reason in str(understood.constraints.refused[0])
    assert understood.text == "mug"
    assert (understood.constraints.price, understood.constraints.excluded) == (None, {})


def test_a_catalogue_without_prices_refuses_limits_on_them(capabilities: Capabilities) -> None:
    fields = tuple(field for field in capabilities.fields if field.name != "price")
    without = capabilities.model_copy(update={"fields": fields})
    understood = understand(Message(text="a mug under $5"), Conversation(), without)
    assert "has no prices" in str(understood.constraints.refused[0])


@pytest.fixture
def conversation(capabilities: Capabilities) -> Conversation:
    """After "red mugs under $30": five shown, three named."""
    read = understand(Message(text="red mugs under $30"), Conversation(), capabilities)
    shown = tuple(
        ShownProduct(
            position=n, product_id=f"p{n}", title=f"Clay mug {n}",
            price=Price(amount=10.0 + n, currency="USD"), named=n < 4,
        )
        for n in range(1, 6)
    )  # fmt: skip
    turn = Turn(text="red mugs under $30", understanding=read, shown=shown)
    return Conversation(turns=[turn], constraints=read.constraints)


@pytest.mark.parametrize(
    ("text", "intent", "query", "references", "limits"),
    [
        ("cheaper ones", "search", "red mugs", (), ["price under 11.00 USD"]),
        ("cheaper than the second one", "search", "red mugs", ("p2",), ["price under 12.00 USD"]),
        ("something more expensive", "search", "red mugs", (), ["price over 13.00 USD and under 30.00 USD"]),
        ("the second one but in black", "more_like", "black", ("p2",), ["base colour black"]),
        ("more like the third", "more_like", "", ("p3",), ["price under 30.00 USD"]),
        ("compare the first two", "compare", "", ("p1", "p2"), []),
        ("what is the difference between #1 and #4?", "compare", "", ("p1", "p4"), []),
        ("tell me more about [3]", "detail", "", ("p3",), []),
        ("is it dishwasher safe?", "detail", "", ("p1",), []),
        ("how about Clay mug 4?", "detail", "", ("p4",), []),
        ("in black", "search", "black mugs", (), ["base colour black", "price under 30.00 USD"]),
        ("what about under $10?", "search", "red mugs", (), ["price under 10.00 USD", "base colour red"]),
        ("not red", "search", "mugs", (), ["base colour not red"]),
        ("thanks!", "other", "", (), []),
        ("the last one in white", "more_like", "white", ("p5",), ["base colour white"]),
    ],
)  # fmt: skip
def test_follow_ups(
    text: str,
    intent: str,
    query: str,
    references: tuple[str, ...],
    limits: list[str],
    conversation: Conversation,
    capabilities: Capabilities,
) -> None:
    understood = understand(Message(text=text), conversation, capabilities)
    assert (understood.intent, understood.text) == (intent, query)
    assert understood.references == references
    assert set(limits) <= set(chips(understood))


def test_a_new_subject_starts_afresh(
    conversation: Conversation, capabilities: Capabilities
) -> None:
    understood = understand(Message(text="a black satchel"), conversation, capabilities)
    assert understood.text == "black satchel"
    assert chips(understood) == ["base colour black"]


def test_removed_chips_and_the_callers_own_constraints(
    conversation: Conversation, capabilities: Capabilities
) -> None:
    message = Message(
        text="in black",
        removed=("price",),
        constraints=Constraints(excluded={"brand": ["koppar"]}),
    )
    found = chips(understand(message, conversation, capabilities))
    assert "price under 30.00 USD" not in found
    assert "brand not koppar" in found


def test_an_ordinal_beyond_what_was_shown_is_said(
    conversation: Conversation, capabilities: Capabilities
) -> None:
    understood = understand(Message(text="the ninth one in black"), conversation, capabilities)
    assert "5 products were shown" in str(understood.constraints.refused[0])
    assert understood.references == ()


def test_a_product_pointed_at_by_id_keeps_the_limits_in_force(capabilities: Capabilities) -> None:
    talked = Conversation(
        turns=[Turn(text="red mugs", understanding=Understanding(text="red mugs"))],
        constraints=Constraints(wanted={"colour": ["red"], "category": ["kitchen"]}),
    )
    understood = understand(Message(like="p9", removed=("wanted.category",)), talked, capabilities)
    assert (understood.intent, understood.references) == ("more_like", ("p9",))
    assert (understood.text, understood.follow_up) == ("", True)
    assert chips(understood) == ["colour red"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a lether satchel", ["material leather"]),
        ("an orenge toy", ["base colour orange", "category toys"]),
        ("a canvsa bag", ["category handbags or backpacks", "material canvas"]),
        ("a bag", ["category handbags or backpacks"]),
        ("shoes", ["category casual shoes or boots or sports shoes"]),
        ("a plain shirt", []),
    ],
)
def test_slips_and_wide_words(text: str, expected: list[str], capabilities: Capabilities) -> None:
    found = chips(understand(Message(text=text), Conversation(), capabilities))
    assert sorted(found) == sorted(expected)


def test_a_present_is_a_new_search(conversation: Conversation, capabilities: Capabilities) -> None:
    message = Message(text="something for my nephew's birthday under 20")
    understood = understand(message, conversation, capabilities)
    assert (understood.text, understood.follow_up) == ("", False)
    assert chips(understood) == ["price under 20.00 USD"]

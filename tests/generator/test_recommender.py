"""Whole replies with the offline writer: events in order, memory, refusals, nothing fits."""

import pytest

from generator.abstention import AbstentionModel
from generator.abstention.model import catalogue_key
from generator.conversation import Conversation, Message
from generator.events import Event
from generator.llama_index import RecommenderQueryEngine, search_tool
from generator.recommender import Recommender
from generator.understanding.kinds import kind_lookup
from retriever.capabilities import Capabilities
from retriever.encoder import Encoder
from retriever.errors import FilterError
from retriever.search import ProductSearch
from tests.generator.conftest import MakeVersion, Talk, picture_of, product_of


async def test_events_come_in_order_and_validate(talk: Talk) -> None:
    from pydantic import TypeAdapter

    reply = await talk("red shoes under $50")
    kinds = [event.type for event in reply.events]
    assert kinds[:2] == ["understood", "products"]
    assert set(kinds[2:-1]) == {"text"}
    assert kinds[-1] == "done"
    adapter: TypeAdapter[Event] = TypeAdapter(Event)
    for event in reply.events:
        assert adapter.validate_json(event.model_dump_json()) == event
    assert reply.ids == ["s1"]
    assert reply.products.items[0].matches[0] == "price 39.99 USD (under 50.00 USD)"
    assert reply.done.seconds.first_sentence is not None
    assert reply.done.tokens_out == 0


async def test_a_conversation_goes_on_and_survives_json(talk: Talk) -> None:
    conversation = Conversation()
    first = await talk("mugs", conversation)
    assert set(first.ids) == {"m1", "m2", "m3"}
    conversation = Conversation.model_validate_json(conversation.model_dump_json())
    second = await talk("cheaper than the second one", conversation)
    limit = first.products.items[1].product.price
    assert limit is not None
    assert all(item.product.price.amount < limit.amount for item in second.products.items if item.product.price)  # fmt: skip
    third = await talk(
        "compare the first two", Conversation.model_validate(conversation.model_dump())
    )
    assert third.understood.understanding.intent == "compare"
    thanks = await talk("thanks", conversation)
    assert thanks.ids == []
    assert (
        thanks.text
        == "Happy to help: tell me what you are looking for, or show me a picture of it."
    )


async def test_the_second_one_in_another_colour(talk: Talk) -> None:
    conversation = Conversation()
    first = await talk("mugs", conversation)
    colour = str(first.products.items[0].product.attributes["base_colour"])
    reply = await talk(f"the second one but in {colour.lower()}", conversation)
    assert reply.understood.understanding.references == (first.ids[1],)
    assert first.ids[1] not in reply.ids
    assert {item.product.attributes["base_colour"] for item in reply.products.items} == {colour}


async def test_a_picture_and_its_follow_up(talk: Talk) -> None:
    conversation = Conversation()
    first = await talk(Message(text="like this picture", picture=picture_of(5)), conversation)
    assert first.ids[0] == "b2"
    assert conversation.picture is not None
    second = await talk("in canvas", conversation)
    assert set(second.ids) == {"s2", "b1"}
    await talk("a red mug", conversation)
    assert conversation.picture is None


async def test_limits_that_nothing_satisfies_are_kept_and_ways_out_are_named(talk: Talk) -> None:
    reply = await talk("white leather shoes")
    assert reply.ids == []
    assert not reply.products.fits
    assert reply.products.relaxations
    assert "No product satisfies every limit" in reply.notices[0]


async def test_refused_limits_are_said(talk: Talk) -> None:
    reply = await talk("mugs without stripes")
    assert "Not applied: “without stripes”" in reply.notices[0]
    assert len(reply.ids) == 3


async def test_constraints_that_the_index_does_not_know_raise(talk: Talk) -> None:
    from generator.constraints import Constraints

    message = Message(text="mugs", constraints=Constraints(wanted={"shine": ["high"]}))
    with pytest.raises(FilterError, match="unknown field"):
        await talk(message)


async def test_a_calibrated_nothing_fits_names_nearest_alternatives(
    talk: Talk, search: ProductSearch, capabilities: Capabilities
) -> None:
    judge = AbstentionModel(
        fingerprint=capabilities.fingerprint, catalogue=catalogue_key(capabilities),
        means=(0,) * 6, scales=(1,) * 6, weights=(0, 0, 0, -8, 0, 0), bias=4, threshold=0.5,
    )  # fmt: skip
    recommender = Recommender(search, capabilities, abstention=judge)
    strange = await talk("a car tyre", recommender=recommender)
    assert not strange.products.fits
    assert strange.products.abstention.unknown == ("car", "tyre")
    assert "only the nearest alternatives" in strange.notices[0]
    assert strange.text.startswith("Nearest to “car tyre” is ")
    known = await talk("a ceramic mug", recommender=recommender)
    assert known.products.fits
    assert known.products.abstention.calibrated
    uncalibrated = await talk("a car tyre")
    assert uncalibrated.products.fits
    assert not uncalibrated.products.abstention.calibrated


async def test_a_reader_that_leaves_early_still_leaves_a_turn(
    search: ProductSearch, capabilities: Capabilities
) -> None:
    conversation = Conversation()
    events = Recommender(search, capabilities).reply(conversation, Message(text="mugs"))
    async for event in events:
        if event.type == "products":
            break
    await events.aclose()  # type: ignore[attr-defined]
    assert [turn.text for turn in conversation.turns] == ["mugs"]


async def test_the_query_engine_and_the_tool_of_llama_index(
    search: ProductSearch, capabilities: Capabilities
) -> None:
    engine = RecommenderQueryEngine(recommender=Recommender(search, capabilities), k=3)
    response = await engine.aquery("red shoes under $50")
    assert "“Ruby court shoe” by Strida [1] at 39.99 USD" in str(response)
    assert [node.node.node_id for node in response.source_nodes] == ["s1"]
    assert response.metadata == {"fits": True, "writer": "offline", "citations": {"1": "s1"}}
    tool = search_tool(search, capabilities)
    assert "price: 9.5 to 120" in (tool.metadata.description or "")
    output = await tool.acall(query="a mug", where="price < 10", limit=2)
    assert '"id": "m1"' in str(output.raw_output)
    with pytest.raises(FilterError, match="unknown field"):
        await tool.acall(query="a mug", where="shine = high")


def test_the_query_engine_without_an_event_loop(
    search: ProductSearch, capabilities: Capabilities
) -> None:
    engine = RecommenderQueryEngine(recommender=Recommender(search, capabilities), k=3)
    assert "[1]" in str(engine.query("a red mug"))


async def test_more_none_of_these_and_stock(talk: Talk) -> None:
    conversation = Conversation()
    first = await talk(Message(text="mugs", k=1), conversation)
    second = await talk(Message(text="show me more", k=1), conversation)
    third = await talk(Message(text="none of these", k=8), conversation)
    assert {*first.ids, *second.ids, *third.ids} == {"m1", "m2", "m3"}
    assert len({*first.ids, *second.ids}) == 2
    assert not {*first.ids, *second.ids} & set(third.ids)
    stock = await talk("do you have it in stock?", conversation)
    assert stock.understood.understanding.intent == "detail"
    assert "records neither stock nor delivery" in stock.notices[0]


async def test_more_after_very_many_products(talk: Talk) -> None:
    conversation = Conversation()
    await talk(Message(text="mugs", k=1), conversation)
    [turn] = conversation.turns
    many = tuple(turn.shown[0].model_copy(update={"product_id": f"old {n}"}) for n in range(1000))
    conversation.turns[:] = [turn.model_copy(update={"shown": (*turn.shown, *many)})]
    reply = await talk(Message(text="show me more", k=8), conversation)
    assert {*reply.ids, turn.shown[0].product_id} == {"m1", "m2", "m3"}


async def test_a_removed_chip_takes_its_words_along(talk: Talk) -> None:
    conversation = Conversation()
    await talk("red mugs", conversation)
    reply = await talk(Message(text="", removed=("wanted.base_colour",)), conversation)
    assert reply.understood.understanding.text == "mugs"
    assert set(reply.ids) == {"m1", "m2", "m3"}


async def test_the_kind_stays_in_a_follow_up(
    make_version: MakeVersion, tiny_encoder: Encoder
) -> None:
    """Categories are departments here, and "handbag" is only in titles."""
    titles = [
        ("Handbag, Canvas", "Bags", 30.0), ("Red handbag", "Bags", 20.0), ("Vela handbag 10L", "Bags", 12.0),
        ("Apple red", "Food", 1.0), ("Cherry box", "Food", 2.0), ("Tomato", "Food", 3.0),
    ]  # fmt: skip
    version = make_version(
        [
            product_of((f"k{n}", title, "Vela", category, price, "Red", "", "", False))
            for n, (title, category, price) in enumerate(titles)
        ]
    )
    search = ProductSearch(version=version, encoder=tiny_encoder)
    recommender = Recommender(search, Capabilities.read(version))
    conversation = Conversation()
    for text in ("a red handbag", "cheaper ones", "in blue"):
        events = [event async for event in recommender.reply(conversation, Message(text=text))]
        shown = next(e for e in events if e.type == "products").items
        assert all(item.product.category == "Bags" for item in shown)
        assert conversation.constraints.wanted["category"] == ["bags"]
    lookup = kind_lookup(version, Capabilities.read(version))
    assert lookup("handbag") == ("category", "bags")
    assert lookup("red") is None  # of two categories
    assert lookup("tomato") is None  # too few to tell


async def test_colours_by_marketing_names_are_not_lost(
    make_version: MakeVersion, tiny_encoder: Encoder
) -> None:
    colours = ["Orange", "Sunset", "", "Red", "Blue", "Green"]
    version = make_version(
        [
            product_of((f"c{n}", f"Toy {n}", "Tumblo", "Toys", 5.0, colour, "", "", False))
            for n, colour in enumerate(colours)
        ]
    )
    capabilities = Capabilities.read(version)
    search = ProductSearch(version=version, encoder=tiny_encoder)
    events = [
        event
        async for event in Recommender(search, capabilities).reply(
            Conversation(), Message(text="an orange toy")
        )
    ]
    understood, products = events[0], events[1]
    assert understood.type == "understood"
    assert products.type == "products"
    assert understood.understanding.text == "orange toy"
    assert "base_colour" not in understood.understanding.constraints.wanted
    assert len(products.items) == len(colours)
    notice = next(event.text for event in events if event.type == "text" and event.notice)
    assert notice == (
        "Not a filter: “orange”: base colour is matched by looks, not filtered, since 33% of the products "
        "give no common name for it."
    )

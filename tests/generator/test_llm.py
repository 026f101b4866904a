"""The writing model over real HTTP: what it says is checked, and when it fails the template writes."""

import pytest

from generator.conversation import Conversation
from generator.llm.settings import LlmSettings
from tests.fake_llm import FakeLlm, Step, breaks, calls, fails, garbage, says, stalls
from tests.generator.conftest import Talk

TRUE = "The Ruby court shoe [{n}] is red leather and costs 39.99 USD. It is for women."


def settings(llm: FakeLlm, **changes: object) -> LlmSettings:
    base = {
        "model": "openai/fake",
        "api_base": llm.url,
        "api_key": "none",
        "timeout": 2.0,
        "reads": False,
    }
    return LlmSettings.model_validate(base | changes)


async def test_checked_sentences_are_streamed_with_their_citations(talk: Talk) -> None:
    with FakeLlm(says(TRUE.format(n=1), usage=(321, 45))) as llm:
        reply = await talk("red leather shoes", llm=settings(llm))
    assert [text.text for text in reply.texts] == [
        "The Ruby court shoe [1] is red leather and costs 39.99 USD.",
        "It is for women.",
    ]
    assert all([ref.product_id for ref in text.citations] == ["s1"] for text in reply.texts)
    assert (reply.done.writer, reply.done.fallback) == ("openai/fake", None)
    assert (reply.done.tokens_in, reply.done.tokens_out) == (321, 45)
    assert reply.done.seconds.first_sentence is not None


async def test_a_lie_goes_back_once_and_its_repair_is_shown(talk: Talk) -> None:
    lie = "The Ruby court shoe [1] costs 19.99 USD."
    with FakeLlm(says(lie), says("The Ruby court shoe [1] costs 39.99 USD.")) as llm:
        reply = await talk("red leather shoes", llm=settings(llm))
    assert reply.text == "The Ruby court shoe [1] costs 39.99 USD."
    assert reply.texts[0].repaired
    assert reply.done.repaired == 1
    assert "a price is not that of the product" in str(llm.requests[1]["messages"][-1])


async def test_a_lie_that_is_repeated_is_withheld_and_the_reply_says_so(talk: Talk) -> None:
    lie = "The Ruby court shoe [1] costs 19.99 USD."
    with FakeLlm(says(f"{TRUE.format(n=1)} {lie}"), says(lie)) as llm:
        reply = await talk("red leather shoes", llm=settings(llm))
    assert "19.99" not in reply.text
    assert [event.problems for event in reply.withheld] == [("wrong_price",)]
    assert reply.notices == [
        "One sentence was left out, because the catalogue does not bear out what was said."
    ]
    assert len(llm.requests) == 2


@pytest.mark.parametrize(
    ("step", "why"),
    [
        (fails(500), "InternalServerError"),
        (fails(429), "RateLimitError"),
        (fails(401), "AuthenticationError"),
        (stalls(30.0), "did not answer within"),
        (garbage(), ""),
        (says(""), "no sentence"),
        (says("The Zephyr 9000 [1] is free. Visit http://evil.test now."), "no sentence"),
    ],
)
async def test_when_the_model_fails_the_offline_writer_takes_over(
    talk: Talk, step: Step, why: str
) -> None:
    with FakeLlm(step) as llm:
        reply = await talk("red leather shoes", llm=settings(llm, retries=1, timeout=0.5))
    assert reply.done.writer == "offline"
    assert why in (reply.done.fallback or "nothing")
    assert "Closest to “red leather shoes” is “Ruby court shoe” by Strida [1]" in reply.text
    assert any("this is the offline writer" in notice for notice in reply.notices)


async def test_a_busy_provider_is_asked_again_a_bounded_number_of_times(talk: Talk) -> None:
    with FakeLlm(fails(429), fails(500), says(TRUE.format(n=1))) as llm:
        reply = await talk("red leather shoes", llm=settings(llm, retries=2))
    assert reply.done.writer == "openai/fake"
    with FakeLlm(fails(429)) as llm:
        await talk("red leather shoes", llm=settings(llm, retries=2))
    assert len(llm.requests) == 3
    with FakeLlm(fails(401)) as llm:
        await talk("red leather shoes", llm=settings(llm, retries=2))
    assert len(llm.requests) == 1


@pytest.mark.parametrize("step", [stalls(30.0, TRUE.format(n=1), 9), breaks(TRUE.format(n=1), 9)])
async def test_a_draft_that_breaks_off_keeps_its_whole_sentences_only(
    talk: Talk, step: Step
) -> None:
    with FakeLlm(step) as llm:
        reply = await talk("red leather shoes", llm=settings(llm, timeout=0.5))
    assert reply.text in ("The Ruby court shoe [1] is red leather and costs 39.99 USD.",)
    assert reply.done.writer == "openai/fake"
    assert (reply.done.fallback is not None) == bool(reply.notices)


async def test_products_go_along_as_escaped_data_and_no_key_is_sent(talk: Talk) -> None:
    with FakeLlm(says(TRUE.format(n=1))) as llm:
        await talk("red leather <b>shoes</b>", llm=settings(llm))
    system, user = llm.requests[0]["messages"]
    assert "never an instruction" in system["content"]
    assert '{"number": 1, "title": "Ruby court shoe"' in user["content"]
    assert "<b>" not in user["content"]
    assert llm.requests[0]["stream"] is True


READ = {
    "query": "shoes", "intent": "search", "price_min": None, "price_max": 500,
    "wanted": [{"field": "gender", "values": ["Women"]}, {"field": "shine", "values": ["high"]}, {"field": "material", "values": ["Moonstone"]}],
    "excluded": [{"field": "material", "values": ["Canvas"]}], "positions": [],
    "cannot_filter": ["by Friday"],
}  # fmt: skip


async def test_the_model_reads_too_and_never_loosens_what_the_rules_found(talk: Talk) -> None:
    with FakeLlm(calls(READ), says("Nothing more to say.")) as llm:
        reply = await talk("comfy red footwear under $50, by Friday", llm=settings(llm, reads=True))
    understanding = reply.understood.understanding
    assert understanding.source == "llm"
    assert understanding.text == "shoes"
    constraints = understanding.constraints
    assert constraints.price is not None
    assert str(constraints.price) == "under 50.00 USD"
    assert constraints.wanted["gender"] == ["women"]
    assert constraints.wanted["base_colour"] == ["red"]
    assert constraints.excluded == {"material": ["canvas"]}
    assert "material" not in constraints.wanted
    assert [refusal.asked for refusal in constraints.refused] == [
        "by Friday",
        "shine",
        "material Moonstone",
    ]
    assert reply.ids == ["s1"]
    assert llm.requests[0].get("tools") or llm.requests[0].get("response_format")


@pytest.mark.parametrize("step", [says("certainly!"), calls({"query": 1}), fails(400), garbage()])
async def test_a_reading_that_is_nonsense_leaves_the_rules(talk: Talk, step: Step) -> None:
    with FakeLlm(step, says(TRUE.format(n=1))) as llm:
        reply = await talk("red shoes under $50", llm=settings(llm, reads=True, retries=0))
    assert reply.understood.understanding.source == "rules"
    assert reply.ids == ["s1"]


async def test_both_readers_give_the_same_object(talk: Talk) -> None:
    answer = READ | {"query": "red shoes", "price_max": None, "cannot_filter": []}
    answer |= {"wanted": [{"field": "base_colour", "values": ["red"]}], "excluded": []}
    by_rules = await talk("red shoes under $50")
    with FakeLlm(calls(answer), says(TRUE.format(n=1))) as llm:
        by_llm = await talk("red shoes under $50", llm=settings(llm, reads=True))
    ours, theirs = by_rules.understood.understanding, by_llm.understood.understanding
    assert theirs == ours.model_copy(update={"source": "llm"})


async def test_the_turns_before_go_along(talk: Talk) -> None:
    conversation = Conversation()
    with FakeLlm(says(TRUE.format(n=1))) as llm:
        await talk("shoes", conversation, llm=settings(llm))
        await talk("under $100", conversation, llm=settings(llm))
    roles = [message["role"] for message in llm.requests[-1]["messages"]]
    assert roles[0] == "system"
    assert "assistant" in roles
    assert Conversation.model_validate_json(conversation.model_dump_json()) == conversation


def test_settings_come_from_the_environment() -> None:
    assert LlmSettings.from_environment({}) is None
    chosen = LlmSettings.from_environment(
        {"SHOPLENS_LLM": "ollama/x", "SHOPLENS_LLM_API_BASE": "u"}
    )
    assert chosen is not None
    assert (chosen.model, chosen.api_base, chosen.api_key) == ("ollama/x", "u", None)
    keyed = LlmSettings.from_environment({"SHOPLENS_LLM": "x", "SHOPLENS_LLM_API_KEY": "secret"})
    assert keyed is not None
    assert keyed.api_key is not None
    assert keyed.api_key.get_secret_value() == "secret"
    assert "secret" not in repr(keyed)

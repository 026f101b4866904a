import random

from training.captions import make_caption

FACTS = (
    "type:t-shirt",
    "group:topwear",
    "colour:navy blue",
    "gender:women",
    "usage:casual",
    "word:striped",
)


def test_a_caption_states_only_facts_of_the_product() -> None:
    rng = random.Random(0)
    for _ in range(500):
        caption = make_caption(FACTS, rng)
        assert caption.text.strip()
        assert caption.facts
        assert set(caption.facts) <= set(FACTS)


def test_what_a_caption_states_is_in_its_text() -> None:
    rng = random.Random(1)
    wordings = {
        "colour:navy blue": ("navy",),
        "gender:women": ("women", "ladies"),
        "word:striped": ("striped",),
        "type:t-shirt": ("shirt", "tee"),
    }
    for _ in range(500):
        caption = make_caption(FACTS, rng)
        for fact, words in wordings.items():
            assert (fact in caption.facts) == any(word in caption.text for word in words), caption


def test_wordings_vary_and_repeat_with_the_seed() -> None:
    many = {make_caption(FACTS, random.Random(seed)).text for seed in range(300)}
    assert len(many) > 200
    assert make_caption(FACTS, random.Random(7)) == make_caption(FACTS, random.Random(7))


def test_a_product_with_one_fact_still_gets_a_caption() -> None:
    rng = random.Random(2)
    texts = [make_caption(("type:sofa",), rng).text for _ in range(50)]
    assert all("sofa" in text for text in texts)

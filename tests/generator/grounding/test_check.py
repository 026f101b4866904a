"""The checker on single sentences; its measured figures are in `benchmarks.grounding`."""

import pytest

from benchmarks.grounding import drawn_products, measure
from generator.constraints import Bound, Constraints, NumberRange
from generator.events import EvidenceItem
from generator.grounding import PROBLEMS, Ground, check
from generator.offline import write_recommendation
from retriever.retrieved import RetrievedProduct

CAP = Constraints(price=NumberRange(maximum=Bound(value=50), currency="USD"))


@pytest.fixture
def ground(evidence: tuple[EvidenceItem, ...]) -> Ground:
    """Foxy [1] 18.00, Bruno bear [2] 22.00, Harvest mug [3] 12.00, Weekend satchel [4] 75.00 USD."""
    return Ground(evidence, query="something soft for my nephew")


TRUE = [
    "“Foxy” [1] is orange and costs 18.00 USD.",
    "Foxy [1] costs $18, Bruno bear [2] $22.00.",
    "The Tumblo bear [2] is made of cotton, e.g. not of polyester.",
    "Of the two, [1] is cheaper than [2].",
    "The least expensive of all is the Harvest mug [3], at USD 12.00.",
    "Both [1] and [2] are toys by Tumblo.",
    "Foxy <t1> and the bear 【2】 are toys.",
    "The satchel [“b2”] is brown leather.",
    "Together Foxy [1] and the Harvest mug [3] cost 30.00 USD.",
    "Bruno bear [2] is 4.00 USD more than Foxy [1].",
    "I found four products.",
    "Would you like to see other colours?",
    "Foxy [1] is just under 19 dollars.",
]
FALSE = [
    ("Foxy [1] costs 17.00 USD.", "wrong_price"),
    ("Foxy [1] costs 18.00 EUR.", "wrong_price"),
    ("Foxy [1] costs 22.00 USD and Bruno bear [2] 18.00 USD.", "wrong_price"),
    ("Foxy [2] is a toy.", "wrong_citation"),
    ("Foxy [7] is a toy.", "unknown_citation"),
    ("Foxy <t99> is a toy.", "unknown_citation"),
    ("The Zephyr Runner [1] is a toy.", "invented_product"),
    ("“Bruno bear” is a toy as well.", "uncited_product"),
    ("Foxy [1] is made of cotton.", "borrowed_attribute"),
    ("Foxy [1] is purple.", "wrong_attribute"),
    ("Foxy [1] is not orange.", "wrong_attribute"),
    ("Foxy [1] is waterproof.", "wrong_attribute"),
    ("Foxy [1] is 30 cm tall.", "wrong_attribute"),
    ("Foxy [1] is 10% off.", "wrong_discount"),
    ("Foxy [1] is in stock.", "wrong_availability"),
    ("I found nine products.", "wrong_count"),
    ("The cheapest of all is Foxy [1].", "wrong_superlative"),
    ("Foxy [1] is the most popular toy.", "wrong_superlative"),
    ("Bruno bear [2] is cheaper than Foxy [1].", "wrong_price"),
    ("Visit shop.test, see [Foxy](http://x.test) [1].", "formatting"),
    ("<b>Foxy</b> [1] is a toy.", "formatting"),
    ("Fоxy [1] is a toy.", "formatting"),  # a Cyrillic letter
    ("Our walnut desks are dangerous.", "unsupported_claim"),
]


@pytest.mark.parametrize("sentence", TRUE)
def test_true_sentences_pass(sentence: str, ground: Ground) -> None:
    assert check(sentence, ground).problems == ()


@pytest.mark.parametrize(("sentence", "problem"), FALSE)
def test_false_sentences_fail_by_name(sentence: str, problem: str, ground: Ground) -> None:
    assert problem in check(sentence, ground).problems
    assert problem in PROBLEMS


def test_citations_come_out_in_one_form(ground: Ground) -> None:
    verdict = check("Foxy 【1】, the bear ［t2］ and **the mug** [product 3].", ground)
    assert verdict.text == "Foxy [1], the bear [2] and the mug [3]."
    assert [(ref.number, ref.product_id) for ref in verdict.citations] == [
        (1, "t1"),
        (2, "t2"),
        (3, "m2"),
    ]


def test_a_pronoun_stands_for_the_products_of_the_sentence_before(ground: Ground) -> None:
    assert check("It costs 18.00 USD.", ground, [1], [1]).ok
    assert check("It costs 22.00 USD.", ground, [1], [1]).problems == ("wrong_price",)
    assert not check("It costs 18.00 USD.", ground).ok


def test_a_product_outside_the_limits_is_not_recommended(
    evidence: tuple[EvidenceItem, ...],
) -> None:
    sentence = "The Weekend satchel [4] costs 75.00 USD."
    assert check(sentence, Ground(evidence, CAP)).problems == ("budget_broken",)
    assert check(sentence, Ground(evidence, CAP, exempt=frozenset({"b2"}))).ok
    assert check("Foxy [1] fits your budget.", Ground(evidence, CAP)).ok


def test_a_discount_counts_only_from_a_field_made_for_it(
    evidence: tuple[EvidenceItem, ...],
) -> None:
    said = "Foxy [1] is on sale."
    assert check(said, Ground(evidence)).ok
    assert check("Harvest mug [3] is on sale.", Ground(evidence)).problems == ("wrong_discount",)
    product = evidence[0].product.model_copy(update={"attributes": {"offer": "on sale"}})
    item = evidence[0].model_copy(update={"product": product})
    assert check(said, Ground((item,))).ok
    boast = evidence[0].product.model_copy(
        update={"description": "It is on sale!", "attributes": {}}
    )
    item = evidence[0].model_copy(update={"product": boast})
    assert check(said, Ground((item,))).problems == ("wrong_discount",)


def test_the_offline_writer_always_passes() -> None:
    products = drawn_products()
    for start in range(0, 600, 7):
        chosen = products[start : start + 21 : 3]
        found = [RetrievedProduct(p, 1.0, n) for n, p in enumerate(chosen, 1)]
        items = tuple(
            EvidenceItem(number=n, product=p, score=1.0, rank=n) for n, p in enumerate(chosen, 1)
        )
        from generator.release import release_draft

        events = list(
            release_draft(write_recommendation("a gift", found).text, Ground(items, query="a gift"))
        )
        assert all(event.type == "text" for event in events), events


def test_the_suite_stays_as_good_as_it_was_measured() -> None:
    products = drawn_products()
    for split in ("development", "held_out"):
        score = measure(products, split, 130).to_dict()  # type: ignore[arg-type]
        assert float(str(score["precision"])) >= 0.97
        assert float(str(score["recall"])) >= 0.95

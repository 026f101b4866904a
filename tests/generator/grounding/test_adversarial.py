"""Planted errors that the checker was not written with: found by attacking it, kept so that none comes back."""

import pytest

from generator.events import EvidenceItem
from generator.grounding import Ground, check


@pytest.fixture
def ground(evidence: tuple[EvidenceItem, ...]) -> Ground:
    """Foxy [1] 18.00, Bruno bear [2] 22.00, Harvest mug [3] 12.00, Weekend satchel [4] 75.00 USD."""
    return Ground(evidence, query="something soft for my nephew")


FALSE = [
    "Foxy [1] costs twenty dollars.",
    "Foxy [1] is twenty dollars.",
    "Bruno bear [2] is half price.",
    "Foxy [1] costs between 10 and 15 USD.",
    "Foxy [1] is in the 20 to 30 dollar range.",
    "Foxy [1] is under 15.",
    "The satchel [4] is under 30.",
    "The satchel [4] stays under thirty dollars.",
    "Foxy [1] costs １７ USD.",
    "Foxy [1] costs ٢٠ USD.",
    "Foxy ⟦7⟧ is a toy.",
    "Foxy ⦗9⦘ is a toy.",
    "Foxy (7) is a toy.",
    "Foxy [1] is the cheapest of all.",
    "Foxy [1], the cheapest of all, is orange.",
    "Foxy [1] is the only one in stock.",
    "Foxy [1] is the only orange one, and the last we have.",
    "Bruno bear [2] is smaller than Foxy [1].",
    "Bruno bear [2] is softer than Foxy [1].",
    "The satchel [4] costs twice as much as Foxy [1].",
    "Bruno bear [2] is five dollars more than Foxy [1].",
    "The satchel [4] is not leather.",
    "Foxy [1] isn't polyester.",
    "The mug [3] is not made of ceramic.",
    "Foxy [1] is orange, and Bruno bear [2] is orange too.",
    "Foxy [1] and Bruno bear [2] are both made of cotton.",
    "Both Foxy [1] and the mug [3] cost 12.00 USD.",
    "Foxy [1] has free delivery.",
    "Foxy [1] can be back on shelves next week.",
    "Foxy [1] will be back soon.",
    "Foxy [1] returns next month.",
    "Foxy [1] is available.",
    "Bruno bear [2] is out until May.",
    "Foxy [1] costs less than the mug [3].",
    "Foxy [1] costs eighteen euros.",
    "Foxy [1] is priced in the teens at 14.",
    "Foxy [1]: $18, was $25.",
    "Foxy [1] used to cost more.",
    "You get two Foxys [1] for 18.00 USD.",
    "Foxy [1] is a bear.",
    "The satchel [4] fits your budget of 80 USD.",
    "Foxy [1] costs 1 8 dollars and 50 cents.",
    "Foxy [1] costs eighteen fifty.",
    "Foxy [1] is $17.99ish.",
    "Every product here is orange.",
    "All of these are made of cotton.",
    "None of these is leather.",
    "We also sell green ones.",
    "Foxy [1] goes for a tenner.",
    "Foxy [1] costs a fifth of the satchel [4].",
    "Foxy [1] is about three times cheaper than Bruno bear [2].",
    "Foxy [1] is small, and returns in May.",
]
AFTER = [
    # (a sentence that begins with a pronoun, the products of the sentence before)
    ("It costs twenty dollars.", [1]),
    ("It is made of cotton.", [1]),
    ("It's the cheapest one.", [1]),
    ("Both are brown.", [1, 2]),
    ("They cost 18.00 USD each.", [1, 2]),
    ("The latter is orange.", [1, 2]),
    ("The second is orange.", [1, 2]),
    ("Also, it is waterproof.", [1]),
    ("And it costs 17.00 USD.", [1]),
    ("That one is not orange.", [1]),
    ("Its price is 12.00 USD.", [1]),
]
TRUE = [
    "Foxy [1] costs eighteen dollars.",
    "Foxy [1] is under 20.",
    "Foxy [1] costs between 10 and 20 USD.",
    "The mug [3] is the cheapest of all.",
    "The satchel [4] is leather, not cotton.",
    "Foxy [1] is orange, and Bruno bear [2] is brown.",
    "Bruno bear [2] is four dollars more than Foxy [1].",
    "Foxy [1] costs less than Bruno bear [2].",
    "Foxy [1] costs １８ USD.",
    "Foxy [1] is on sale.",
    "The mug [3] is available in red.",
    "Foxy [1] is a toy.",
]


@pytest.mark.parametrize("sentence", FALSE)
def test_no_planted_error_passes(sentence: str, ground: Ground) -> None:
    assert check(sentence, ground).problems


@pytest.mark.parametrize(("sentence", "last"), AFTER)
def test_no_planted_error_passes_behind_a_pronoun(
    sentence: str, last: list[int], ground: Ground
) -> None:
    assert check(sentence, ground, last, last).problems


@pytest.mark.parametrize("sentence", TRUE)
def test_true_sentences_of_the_same_kinds_pass(sentence: str, ground: Ground) -> None:
    assert check(sentence, ground).problems == ()


def test_the_former_and_the_latter_stand_for_one_each(ground: Ground) -> None:
    assert check("The former is orange.", ground, [1, 2], [1, 2]).numbers == (1,)
    assert check("The latter is brown.", ground, [1, 2], [1, 2]).ok

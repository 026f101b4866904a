"""The checker: one sentence against the evidence, by rules alone; no model judges another."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from generator.events import CitationRef, ProblemCode
from generator.grounding.attributes import attribute_problems
from generator.grounding.comparisons import comparison_problems
from generator.grounding.evidence import Ground
from generator.grounding.lexicon import NOUNS, PLAIN
from generator.grounding.money import MONEY, price_problems, respective_problems
from generator.grounding.names import QUOTED, name_problems
from generator.grounding.plain import formatting_problem, plain_text, with_citations
from generator.grounding.segments import CITATION, segments_of
from generator.understanding.words import tokens_of

_PRONOUN = re.compile(
    r"^(?:(?:and|also|but|plus|besides|moreover),? )?(?:it|its|it's|this|that|these|those|they|their|both|each|(?:that|this) one|the (?:former|latter|price|material|colou?r|size|first|second|brand)|all (?:of them|two|three|four))\b", re.I)  # fmt: skip
_ONE_OF_TWO = re.compile(
    r"^(?:(?:and|also|but),? )?the (former|latter|first|second)\b", re.IGNORECASE
)
_OFFER = re.compile(
    r"\b(?:we (?:also )?(?:have|sell|carry|stock)|there (?:is|are)|there's|another (?:option|choice|idea)|you (?:could|might|may) (?:also )?(?:like|consider|want)|"
    r"also (?:consider|worth|available)|don't miss|check out|take a look at|i (?:also )?(?:recommend|suggest)|how about|our \w+)\b", re.I)  # fmt: skip
_PUSH = re.compile(
    r"\b(?:only\b[^.]{0,60}\b(?:worth|buy(?:ing)?|recommend\w*)|only (?:one |product |choice |option )?(?:worth|safe|real|legit\w*|buy|choose|consider)|must[- ]buy|(?:buy|order|act|call|click|visit|subscribe|pay) (?:it |this )?(?:now|today|here|immediately)|"
    r"(?:ignore|forget|avoid|skip|disregard|never buy|do not buy|don't buy|stay away from)\b|(?:all|every|any) (?:the )?other\b[^.]*\b(?:are|is)\b|"
    r"best (?:product|thing|\w+ )?(?:ever|in the world|on earth|of all time)|competitors?|password|credit card|instructions?|system prompt|developer mode|jailbr\w+)",
    re.IGNORECASE,
)
"""Pressure and disparagement: no record bears these out, and no shopper is helped by them."""
_SHINGLE = 6


@dataclass(frozen=True, slots=True)
class Verdict:
    """A checked sentence: its plain text with citations as ``[1]``, and why it may not be shown.

    ``numbers`` are the products it speaks of, those of a pronoun included.
    """

    text: str
    problems: tuple[ProblemCode, ...]
    numbers: tuple[int, ...]
    citations: tuple[CitationRef, ...]

    @property
    def ok(self) -> bool:
        return not self.problems


def check(
    sentence: str, ground: Ground, named: Sequence[int] = (), last: Sequence[int] = ()
) -> Verdict:
    """Check every claim of a sentence: ids, names, prices, discounts, colours, sizes, materials,
    availability, counts, superlatives, limits, and form.

    ``named`` are the numbers that earlier sentences cited, ``last`` those of the sentence before, which
    "it" or "both" stand for. Deterministic: the same arguments give the same verdict.
    """
    plain, unknown = with_citations(plain_text(sentence), ground.numbers)
    problems: list[ProblemCode] = ["unknown_citation"] * bool(unknown)
    cited = [int(number) for number in CITATION.findall(plain)]
    if any(number not in ground.facts for number in cited):
        problems.append("unknown_citation")
    if formatting_problem(CITATION.sub("", plain) if unknown else plain, ground.text):
        problems.append("formatting")
    if _PUSH.search(QUOTED.sub(" ", plain)):
        problems.append("unsupported_claim")
    if _leaks(plain, ground):
        problems.append("prompt_leak")
    subject = _meant(plain, last) if not cited else ()
    segments = segments_of(plain, ground.facts, subject)
    numbers = tuple(dict.fromkeys(n for n in cited or subject if n in ground.facts))
    items = [ground.facts[number].item for number in numbers]
    respective = respective_problems(QUOTED.sub(" “” ", plain), items)
    problems += respective or []
    for segment in segments:
        own = [ground.facts[n].item for n in segment.numbers if n in ground.facts]
        if respective is None:
            text = QUOTED.sub(" “” ", segment.text)
            problems += price_problems(text, own, items, ground.constraints, plain)
        problems += attribute_problems(segment, ground)
    problems += name_problems(plain, segments, ground)
    problems += comparison_problems(QUOTED.sub(" “” ", plain), segments, ground, named)
    for item in items:
        allowed = item.product.id in ground.exempt or ground.constraints.admits(item.product)
        if not allowed:
            problems.append("budget_broken")
    if not cited and not subject:
        problems += _uncited(plain, ground)
    refs = tuple(CitationRef(number=n, product_id=ground.facts[n].item.product.id) for n in numbers)
    return Verdict(plain, tuple(dict.fromkeys(problems)), numbers, refs)


def _meant(text: str, last: Sequence[int]) -> tuple[int, ...]:
    """The products of the sentence before that a pronoun at the start stands for."""
    if not _PRONOUN.match(text):
        return ()
    if len(last) > 1 and (which := _ONE_OF_TWO.match(text)):
        return (last[0],) if which[1].casefold() in ("former", "first") else (last[1],)
    return tuple(last)


def _uncited(text: str, ground: Ground) -> list[ProblemCode]:
    """A sentence about no cited product may say nothing of products: only plain words, and echoes."""
    bare = MONEY.sub(" ", QUOTED.sub(" ", text))
    stems = [token.stem for token in tokens_of(bare) if token.word[0].isalpha()]
    unknown = [s for s in stems if s not in PLAIN and s not in ground.asked and len(s) > 1]
    offers = _OFFER.search(text)
    if offers and any(s in NOUNS and s not in ground.asked for s in stems):
        return ["uncited_product"]
    return ["unsupported_claim"] if unknown else []


def _leaks(text: str, ground: Ground) -> bool:
    """Whether six words in a row are the prompt's own and not the evidence's."""
    if not ground.prompt:
        return False
    words = re.findall(r"\w+", text.casefold())
    prompt = " ".join(re.findall(r"\w+", ground.prompt.casefold()))
    records = " ".join(re.findall(r"\w+", ground.text.casefold()))
    for at in range(len(words) - _SHINGLE + 1):
        shingle = " ".join(words[at : at + _SHINGLE])
        if shingle in prompt and shingle not in records:
            return True
    return False

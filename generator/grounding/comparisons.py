"""Superlatives, comparisons and counts: what holds between products, worked out from the evidence."""

import re
from collections.abc import Sequence

from generator.events import ProblemCode
from generator.grounding.evidence import Ground
from generator.grounding.money import MONEY
from generator.grounding.segments import CITATION, Segment
from generator.understanding.words import NUMBER_WORDS

_LOWEST = re.compile(
    r"\b(?:cheapest|least expensive|less expensive of|lowest[- ]priced|lowest price|least costly|most affordable|best price|"
    r"most budget[- ]friendly|most economical|costs (?:the )?least|cheaper of|lower[- ]priced of|easiest on the wallet)\b", re.I)  # fmt: skip
_HIGHEST = re.compile(
    r"\b(?:most expensive|priciest|dearest|highest[- ]priced|highest price|most costly|costliest|costs (?:the )?most|pricier of|"
    r"more expensive of|dearer of)\b", re.I)  # fmt: skip
_NONE_LESS = re.compile(
    r"\b(?:nothing|none|no(?: other)? (?:\w+ )?\w+)\b[^.\[]*?\b(?:costs?|(?:is|are|comes?) (?:any )?)\s*(?:less|cheaper|lower)\b[^\[]*$",
    re.I,
)
_NONE_MORE = re.compile(
    r"\b(?:nothing|none|no(?: other)? (?:\w+ )?\w+)\b[^.\[]*?\b(?:costs?|(?:is|are) )\s*(?:more|dearer|pricier)\b[^\[]*$",
    re.I,
)
_UNPROVEN = re.compile(
    r"\b(?:most popular|best[- ]rated|top[- ]rated|highest[- ]rated|best reviewed|newest|latest|oldest|largest|biggest|smallest|longest|"
    r"shortest|heaviest|lightest|softest|warmest|strongest|most durable|most comfortable|highest quality|best quality|fastest|"
    r"(?:top|best)[ -]sell(?:er|ing)|favou?rite of|number one|no\. ?1 seller|safest|healthiest|widest|tallest|sturdiest|customers' favou?rite|customer favou?rite|most loved)\b", re.I)  # fmt: skip
_UNPROVEN_PAIR = re.compile(
    r"\b(?:smaller|larger|bigger|softer|lighter|heavier|longer|shorter|wider|narrower|warmer|stronger|sturdier|thicker|thinner|"
    r"taller|brighter|darker|newer|older|faster|safer|better|nicer|rounder|roomier|"
    r"(?:more|less) (?!expensive|costly|affordable|pricey|than\b|or\b)\w+)\b[^.;]*?\bthan\b", re.I)  # fmt: skip
_RATIO = re.compile(
    r"\b(?:(?P<double>twice|double)|half|triple|(?:\w+|\d+) times|an? (?:third|quarter|fifth|tenth) of|\d+\s*(?:%|percent) (?:of|cheaper|dearer|less|more))\b"
    r"(?: as (?:much|expensive|dear)| the price| the cost| what| cheaper| dearer| more expensive| pricier| (?:of )?the\b)?", re.I)  # fmt: skip
_BEST = re.compile(
    r"\b(?:closest|best|nearest|strongest|top) (?:match|fit|hit|result)\b|\bmatches best\b", re.I
)
_NOT_FIRST = re.compile(r"\b(?:next|second|also|another|other)\b", re.I)
_CHEAPER = re.compile(
    r"\b(?:cheaper|less expensive|costs less|lower[- ]priced|more affordable|less costly|lower in price)\b(?! of)",
    re.I,
)
_DEARER = re.compile(
    r"\b(?:pricier|more expensive|costs more|dearer|higher[- ]priced|more costly)\b(?! of)", re.I
)
_NUMBER = rf"\d{{1,3}}|{'|'.join(sorted(NUMBER_WORDS, key=len, reverse=True))}|both|a couple of|dozens of|hundreds of"
_COUNT = re.compile(
    rf"\b(?P<count>{_NUMBER})\s+(?:(?:good|great|close|matching|similar|different|other|strong|suitable|possible|such|more|nice|fine|of (?:the|these|them))\s+)*"
    r"(?P<what>products?|items?|options?|results?|matches|picks?|choices?|candidates?|alternatives?|articles?|pieces)\b", re.I)  # fmt: skip
_OF_THE = re.compile(
    rf"\b(?:of|among|all|between) (?:the |these |those )?(?P<count>{_NUMBER})\b(?!\s*(?:%|cm|[A-Z]{{3}}))",
    re.I,
)
_EQUAL = re.compile(
    r"\b(?:same price|equally priced|cost the same|identical(?:ly)? pric|both cost|all (?:three|two|four) cost|priced the same)\b",
    re.I,
)


def comparison_problems(
    sentence: str, segments: Sequence[Segment], ground: Ground, named: Sequence[int]
) -> list[ProblemCode]:
    """Problems with superlatives, comparisons and counts; ``named`` are the numbers cited so far."""
    cited = list(dict.fromkeys(int(number) for number in CITATION.findall(sentence)))
    so_far = list(dict.fromkeys([*named, *cited]))
    problems: list[ProblemCode] = []
    for segment in segments:
        problems += _superlatives(segment, sentence, ground, so_far, cited)
    problems += _pairs(sentence, segments, ground, cited)
    problems += _ratios(sentence, ground, cited)
    if cited and _UNPROVEN_PAIR.search(sentence):
        problems.append("wrong_superlative")
    problems += _counts(sentence, ground, so_far, cited)
    return problems


def _superlatives(
    segment: Segment, sentence: str, ground: Ground, so_far: Sequence[int], cited: Sequence[int]
) -> list[ProblemCode]:
    subjects = segment.numbers
    text = segment.text
    for pattern, lowest in ((_LOWEST, True), (_HIGHEST, False)):
        head = text.split("[")[0]
        match = pattern.search(text) or (_NONE_LESS if lowest else _NONE_MORE).search(head)
        if match is None:
            continue
        if not subjects:
            return ["wrong_superlative"]
        scope = _scope(sentence, match[0], ground, so_far, cited)
        prices = {
            number: price for number in scope if (price := _price(ground, number)) is not None
        }
        if len(prices) < len(scope) or not prices:
            return ["wrong_superlative"]
        end = (min if lowest else max)(prices.values())
        if any(prices.get(number) != end for number in subjects):
            return ["wrong_superlative"]
    if (match := _UNPROVEN.search(text)) is not None:
        records = [
            ground.facts[number].text.casefold() for number in subjects if number in ground.facts
        ]
        if not records or any(match[0].casefold() not in record for record in records):
            return ["wrong_superlative"]
    best = _BEST.search(text) and not _NOT_FIRST.search(text)
    if best and subjects and 1 not in subjects and len(ground.items) > 1:
        return ["wrong_superlative"]
    return []


def _scope(
    sentence: str, phrase: str, ground: Ground, so_far: Sequence[int], cited: Sequence[int]
) -> list[int]:
    """The products that a superlative ranges over: those counted ("of the three"), the two of a
    comparison, else all of the evidence.
    """
    of_the = _OF_THE.search(MONEY.sub(" ", sentence))
    if of_the is not None:
        count = _value(of_the["count"])
        if count == len(so_far):
            return list(so_far)
        if count == len(cited):
            return list(cited)
    if phrase.casefold().endswith(" of") and len(cited) > 1:
        return list(cited)
    return list(ground.facts)


def _pairs(
    sentence: str, segments: Sequence[Segment], ground: Ground, cited: Sequence[int]
) -> list[ProblemCode]:
    prices = {_price(ground, number) for number in cited}
    if _EQUAL.search(sentence) and len(prices) > 1:
        return ["wrong_price"]
    for pattern, less in ((_CHEAPER, True), (_DEARER, False)):
        match = pattern.search(sentence)
        if match is None or len(cited) < 2:
            continue
        than = sentence.find(" than ", match.start())
        if than < 0:
            continue
        before = [int(n) for n in CITATION.findall(sentence[:than])]
        after = [int(n) for n in CITATION.findall(sentence[than:])]
        if before and after:
            first, second = _price(ground, before[-1]), _price(ground, after[0])
            if first is None or second is None or first == second or (first < second) != less:
                return ["wrong_price"]
    return []


def _ratios(sentence: str, ground: Ground, cited: Sequence[int]) -> list[ProblemCode]:
    """ "twice as much as" is worked out; other ratios of two products are not said at all."""
    match = _RATIO.search(CITATION.sub(" ", sentence))
    prices = [price for number in cited if (price := _price(ground, number)) is not None]
    if match is None or len(cited) < 2:
        return []
    told = bool(match["double"]) and len(prices) == 2
    if told and abs(max(prices) - 2 * min(prices)) <= 0.02 * max(prices):
        return []
    return ["wrong_price"]


def _counts(
    sentence: str, ground: Ground, so_far: Sequence[int], cited: Sequence[int]
) -> list[ProblemCode]:
    allowed = {
        len(ground.items),
        len(so_far),
        len(cited),
        len(cited) - 1,
        len(ground.items) - len(so_far),
    }
    bare = MONEY.sub(" ", sentence)
    for number in cited:
        if number in ground.facts:  # "Pack of 3 T-shirts" counts nothing
            title = ground.facts[number].item.product.title
            bare = re.sub(re.escape(title) or "(?!)", " ", bare, flags=re.I)
    for pattern in (_COUNT, _OF_THE):
        for match in pattern.finditer(bare):
            count = _value(match["count"])
            if count is None or count == 1:
                continue
            top = re.search(r"\b(?:top|first|best|closest)\s*$", bare[: match.start()], re.I)
            if count in allowed or (top and count <= len(ground.items)):
                continue
            return ["wrong_count"]
    return []


def _value(word: str) -> int | None:
    word = word.casefold()
    if word.isdigit():
        return int(word)
    if word == "both" or word.startswith("a couple"):
        return 2
    if word in ("dozens of", "hundreds of"):
        return 1_000
    return NUMBER_WORDS.get(word)


def _price(ground: Ground, number: int) -> float | None:
    fact = ground.facts.get(number)
    return (
        None if fact is None or fact.item.product.price is None else fact.item.product.price.amount
    )

"""Prices and other numbers in a message: "under $50", "$5-$10", "at least 20 EUR", "rating above 4"."""

import re
from dataclasses import dataclass, field

from generator.constraints import Bound, NumberRange, Refusal
from generator.understanding.words import NUMBER_WORDS, stem
from retriever.capabilities import Capabilities
from retriever.wording import spaced

_SIGNS = {"$": None, "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR"}
"""A dollar sign names no one currency: it is taken for the shop's own where that is a dollar."""
_DOLLARS = ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN")
_WORDS = {
    "dollar": None, "dollars": None, "buck": None, "bucks": None, "usd": "USD", "eur": "EUR",
    "euro": "EUR", "euros": "EUR", "gbp": "GBP", "pound": "GBP", "pounds": "GBP", "quid": "GBP",
    "jpy": "JPY", "yen": "JPY", "inr": "INR", "rupees": "INR", "rs": "INR", "cad": "CAD", "aud": "AUD",
    "chf": "CHF", "sek": "SEK", "pln": "PLN",
}  # fmt: skip
_UNITS = (
    r"cm|mm|m|km|inch(?:es)?|in\b|\"|ft|feet|foot|kg|g|grams?|lbs?|oz|ml|l|lit(?:er|re)s?|w|watts?|v|"
    r"years?|yrs?|months?|days?|stars?|%|percent|people|persons?|pieces?|pcs|seats?|gb|tb|mph"
)
_CODE = "|".join(sorted(_WORDS, key=len, reverse=True))
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[.,]\d{1,2})?(?!\d)"
_SPELLED = "|".join(sorted(NUMBER_WORDS, key=len, reverse=True))
_MONEY = (
    rf"(?:(?P<sign{{n}}>[$€£¥₹])\s*|(?P<code{{n}}>\b(?:usd|eur|gbp|chf|rs\.?))\s*)?"
    rf"(?P<amount{{n}}>{_NUMBER}|\b(?:a |one )?(?:{_SPELLED})(?:[- ](?:{_SPELLED}))?\b)"
    rf"(?:\s*(?P<after{{n}}>[$€£¥₹]|(?:{_CODE})\b))?(?:\s*(?P<unit{{n}}>{_UNITS})(?![\w]))?"
)


def _money(number: int) -> str:
    return _MONEY.replace("{n}", str(number))


_SHAPES: list[tuple[str, str]] = [
    ("between", rf"(?:between|from|anywhere from)\s+{_money(1)}\s*(?:and|to|-|–|—|until|up to)\s*{_money(2)}"),
    ("between", rf"(?<![\w.]){_money(1)}\s*(?:-|–|—|\bto\b)\s*{_money(2)}"),
    ("at_most", rf"(?:no|not|never|nothing)\s+(?:more|higher|over|above|costing more|pricier|more expensive)\s*(?:than)?\s+{_money(1)}"),
    ("at_least", rf"(?:no|not|nothing)\s+(?:less|lower|under|below|cheaper)\s*(?:than)?\s+{_money(1)}"),
    ("at_most", rf"(?:at most|up to|upto|max(?:imum)?(?: of)?|within(?: a budget of)?|tops|a budget of|budget(?: is|:| of)?|limit(?: is| of|:)?|can spend|i have|i've got|<=|≤)\s*(?:only |about )?{_money(1)}"),
    ("at_least", rf"(?:at least|starting (?:at|from)|min(?:imum)?(?: of)?|from|>=|≥)\s*{_money(1)}"),
    ("below", rf"(?:under|below|beneath|less than|cheaper than|lower than|less expensive than|costs? less than|<)\s*{_money(1)}"),
    ("above", rf"(?:over|above|more than|pricier than|higher than|more expensive than|exceeding|>)\s*{_money(1)}"),
    ("at_most", rf"{_money(1)}\s*(?:or|and)\s+(?:less|under|below|cheaper|lower)\b"),
    ("at_least", rf"{_money(1)}\s*(?:or|and)\s+(?:more|over|above|up|upwards|higher)\b"),
    ("at_most", rf"{_money(1)}\s*(?:max(?:imum)?|tops|at most|budget|limit)\b"),
    ("around", rf"(?:around|about|roughly|approximately|circa|~|close to|some)\s*{_money(1)}"),
    ("exactly", rf"(?:exactly|precisely)\s*{_money(1)}"),
    ("at_most", rf"(?:for|costing|priced at|@)\s*{_money(1)}"),
    ("at_most", rf"(?<![\w.]){_money(1)}"),
]  # fmt: skip
_PATTERNS = [(name, re.compile(shape, re.IGNORECASE)) for name, shape in _SHAPES]
_NEEDS_MONEY = len(_SHAPES) - 4
"""From here on the pattern says too little: a number counts only with a sign or a currency's name."""
_AROUND = 0.2


@dataclass
class Numbers:
    """What a message says in numbers, and which of its characters said it."""

    price: NumberRange | None = None
    numbers: dict[str, NumberRange] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)


def read_numbers(text: str, capabilities: Capabilities) -> Numbers:
    """Every price limit of a message, and limits on the catalogue's other number fields.

    A limit that cannot be pushed down (no price field, another currency, a measure that the catalogue
    does not record) is refused, with what the shop has.
    """
    found = Numbers()
    for place, (shape, pattern) in enumerate(_PATTERNS):
        for match in pattern.finditer(text):
            if not match[0].strip() or _taken(match.span(), found.spans):
                continue
            groups = match.groupdict()
            if groups.get("amount1") is None or not _is_limit(groups, place, match, text):
                continue
            found.spans.append(match.span())
            _add(found, shape, groups, match, text, capabilities)
    return found


def _is_limit(groups: dict[str, str | None], place: int, match: re.Match[str], text: str) -> bool:
    spelled = not any(c.isdigit() for c in groups["amount1"] or "")
    money = any(groups.get(f"{key}{n}") for key in ("sign", "code", "after") for n in (1, 2))
    if money:
        return True
    if place >= _NEEDS_MONEY or spelled:
        return False
    if place == 1:
        return False  # "2-3" alone may be a size, an age or a model
    return not re.search(r"\bsizes?\s*$", text[: match.start()], re.IGNORECASE)


def _add(
    found: Numbers,
    shape: str,
    groups: dict[str, str | None],
    match: re.Match[str],
    text: str,
    capabilities: Capabilities,
) -> None:
    amounts = [_amount(groups[f"amount{n}"] or "") for n in (1, 2) if groups.get(f"amount{n}")]
    limit = _range(shape, amounts)
    asked = " ".join(match[0].split())
    unit = groups.get("unit1") or groups.get("unit2")
    money = any(groups.get(f"{key}{n}") for key in ("sign", "code", "after") for n in (1, 2))
    if not money:
        named = _named_field(text, match, capabilities)
        if named is not None:
            found.numbers[named] = limit
            return
        if unit:
            found.refused.append(_no_measure(asked, capabilities))
            return
    price = capabilities.price
    if price is None:
        found.refused.append(
            Refusal(
                asked=asked, reason="this catalogue has no prices", supported=_has(capabilities)
            )
        )
        return
    code, problem = _currency(groups, capabilities)
    if problem:
        found.refused.append(Refusal(asked=asked, reason=problem))
        return
    limit = limit.model_copy(update={"currency": code})
    found.price = found.price.narrowed(limit) if found.price else limit


def _range(shape: str, amounts: list[float]) -> NumberRange:
    low, high = min(amounts), max(amounts)
    match shape:
        case "between":
            return NumberRange(minimum=Bound(value=low), maximum=Bound(value=high))
        case "below":
            return NumberRange(maximum=Bound(value=low, inclusive=False))
        case "above":
            return NumberRange(minimum=Bound(value=low, inclusive=False))
        case "at_least":
            return NumberRange(minimum=Bound(value=low))
        case "around":
            ends = (round(low * (1 - _AROUND), 2), round(low * (1 + _AROUND), 2))
            return NumberRange(minimum=Bound(value=ends[0]), maximum=Bound(value=ends[1]))
        case "exactly":
            return NumberRange(minimum=Bound(value=low), maximum=Bound(value=low))
    return NumberRange(maximum=Bound(value=high))


def _amount(text: str) -> float:
    if any(c.isdigit() for c in text):
        thousands = re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", text)
        return float(text.replace(",", "") if thousands else text.replace(",", "."))
    total = 0
    for word in re.split(r"[- ]", text.casefold()):
        number = NUMBER_WORDS.get(word)
        if number is None:
            continue
        total = max(total, 1) * number if number >= 100 else total + number
    return float(total)


def _currency(
    groups: dict[str, str | None], capabilities: Capabilities
) -> tuple[str | None, str | None]:
    """The currency to filter in, and why it cannot be; (None, None) where neither side names one."""
    shop = capabilities.currency
    for n in (1, 2):
        for key in ("sign", "code", "after"):
            said = (groups.get(f"{key}{n}") or "").strip().rstrip(".").casefold()
            if not said:
                continue
            code = _SIGNS[said] if said in _SIGNS else _WORDS.get(said)
            if code is None:
                if shop is None or shop in _DOLLARS:
                    return shop, None
                code = "dollars"
            if shop is not None and code != shop:
                return None, f"prices here are in {shop} and are not converted from {code}"
            return shop, None
    return shop, None


def _named_field(text: str, match: re.Match[str], capabilities: Capabilities) -> str | None:
    """The number field whose name stands just before the limit, or just after it."""
    around = text[: match.start()].split()[-4:] + text[match.end() :].split()[:2]
    stems = {stem(word) for word in around}
    for known in capabilities.fields:
        if known.type == "number" and known.name != "price":
            words = [stem(word) for word in spaced(known.name).split()]
            if words and set(words) <= stems:
                return known.name
    return None


def _no_measure(asked: str, capabilities: Capabilities) -> Refusal:
    return Refusal(
        asked=asked,
        reason="this catalogue records no such measure",
        supported=_has(capabilities),
    )


def _has(capabilities: Capabilities) -> str:
    names = [spaced(known.name) for known in capabilities.fields]
    return f"one can filter by {', '.join(names)}" if names else "it has no fields to filter by"


def _taken(span: tuple[int, int], spans: list[tuple[int, int]]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in spans)

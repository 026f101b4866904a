"""What a sentence says of prices, and whether the evidence bears it out."""

import re
from collections.abc import Sequence
from itertools import combinations

from generator.constraints import Constraints
from generator.events import EvidenceItem, ProblemCode
from generator.understanding.words import NUMBER_WORDS
from retriever.product import NO_CURRENCY, Price
from retriever.wording import spaced, spelled

_SIGNS = {"$": "USD CAD AUD NZD SGD HKD MXN", "€": "EUR", "£": "GBP", "¥": "JPY CNY", "₹": "INR"}
_NAMES = {
    "dollars": _SIGNS["$"], "dollar": _SIGNS["$"], "bucks": _SIGNS["$"], "euros": "EUR", "euro": "EUR",
    "pounds": "GBP", "pound": "GBP", "yen": "JPY", "rupees": "INR",
}  # fmt: skip
_SPELLED = "|".join(sorted(NUMBER_WORDS, key=len, reverse=True))
_AMOUNT = rf"(?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?:\.\d+|,\d{{2}}(?!\d))?|(?:{_SPELLED})(?:[- ](?:{_SPELLED}))*"
_CODES = "USD|EUR|GBP|CHF|SEK|NOK|DKK|JPY|INR|CAD|AUD|PLN|CNY"
MONEY = re.compile(
    rf"(?P<sign>[$€£¥₹])\s*(?P<a1>{_AMOUNT})(?:\s*(?P<c1>{_CODES})\b)?"
    rf"|\b(?P<c2>{_CODES})\s*(?P<a2>{_AMOUNT})"
    rf"|\b(?P<a3>{_AMOUNT})\s*(?P<c3>{_CODES}|[€£¥₹]|dollars?|bucks|euros?|pounds?|yen|rupees)(?!\w)"
    rf"|(?<=\bcosts )(?P<a6>(?:{_SPELLED})(?:[- ](?:{_SPELLED}))*)\b(?! (?:times|as)\b)"
    rf"|(?<=\bat )(?P<a4>\d+(?:,\d{{3}})*\.\d{{2}})\b|(?<=\bcosts )(?P<a5>\d+(?:,\d{{3}})*\.\d{{2}})\b",
    re.IGNORECASE,
)
BETWEEN = re.compile(
    rf"\b(?:between|from)\s+[$€£¥₹]?\s*(?P<low>{_AMOUNT})(?:\s*(?:{_CODES}|dollars|euros|pounds))?\s*(?:and|to|-|–)\s*"
    rf"[$€£¥₹]?\s*(?P<high>{_AMOUNT})(?:\s*(?:{_CODES}|dollars?|euros?|pounds?))?(?!\s*(?:cm|mm|m|kg|g|ml|l|inch\w*|years?)\b)(?!\w)",
    re.IGNORECASE,
)
"""A range that a price is said to lie in."""
BOUNDS = re.compile(
    r"\b(?P<side>under|below|less than|cheaper than|at most|up to|over|above|more than|at least)\s+"
    r"(?P<bound>\d+(?:\.\d{1,2})?)(?!\d|[.,]\d)(?!\s*(?:%|cm|mm|m|kg|g|ml|l|w|inch\w*|years?|stars?|of|products?|items?|[$€£¥₹]|[A-Z]{3}\b|dollars?|euros?|pounds?)(?!\w))",
)
"""A bound of a price without a currency: "under 20"."""
_COINS = re.compile(r"\b(?:tenner|fiver|a grand)s?\b", re.I)
_NEAR = re.compile(
    r"(?:about|around|roughly|approximately|close to|nearly|almost|just|some|circa|or so)\s*$", re.I
)
_BELOW = re.compile(
    r"(?:under|below|less than|cheaper than|at most|up to|within|no more than|not more than|inside|beneath|max(?:imum)?(?: of)?|budget(?: of)?|limit(?: of)?|cap(?: of)?|ceiling(?: of)?)\s*(?:your |the |a |that )?$",
    re.I,
)
_ABOVE = re.compile(
    r"(?:over|above|more than|at least|from|exceed(?:s|ing)?)\s*(?:your |the )?$", re.I
)
_DIFFERENCE_AFTER = re.compile(
    r"^\s*(?:less|cheaper|more|dearer|pricier|apart|off|below|above|lower|higher|difference|savings?)\b",
    re.I,
)
_DIFFERENCE_BEFORE = re.compile(
    r"(?:save|saves|saving|difference of|differ by|apart by|cheaper by|less by|more by|by)\s*(?:you )?$",
    re.I,
)
_TOTAL = re.compile(r"\b(?:together|in total|altogether|combined|for both|the pair|sum)\b", re.I)
_DISCOUNT = re.compile(
    r"\b\d+\s*(?:%|percent|per cent)|\b(?:discount|discounted|reduced|on sale|sale price|marked down|mark-?down|clearance|was (?:once )?(?:priced )?(?:at )?[$€£]?\d|"
    r"originally|half[- ]price|special offer|deal|promo\w*|coupon|voucher|rebate|price (?:drop|cut)|knocked off|"
    r"slashed|bargain price|free shipping|no extra cost|buy one|bogo|used to (?:cost|be (?:dearer|pricier|more))|you get (?:two|three|four|\d)|(?:two|three|four|\d) for (?:the price of|one|two|three|\d)|previously|formerly|used to sell)\b", re.I)  # fmt: skip
_LIMIT = re.compile(r"\b(?:limit|between|range)\b", re.I)
_RESPECTIVELY = re.compile(r"\brespectively\b", re.I)
_FREE = re.compile(
    r"\b(?:is|are|for|totally|completely|absolutely) free\b|\bfree of charge\b|\bcosts nothing\b",
    re.I,
)
_BUDGET = re.compile(r"\b(?:budget|price (?:limit|range)|spending limit|price cap)\b", re.I)


def price_problems(
    text: str,
    subjects: Sequence[EvidenceItem],
    sentence_items: Sequence[EvidenceItem],
    constraints: Constraints,
    sentence: str,
) -> list[ProblemCode]:
    """Problems with the money that a segment speaks of; ``sentence_items`` are all cited in the sentence."""
    problems = _bound_problems(text, subjects)
    for match in MONEY.finditer(BETWEEN.sub(lambda m: " " * len(m[0]), text)):
        before, after = text[: match.start()], text[match.end() :]
        amount, currencies = amount_of(match)
        if _DIFFERENCE_AFTER.match(after) or _DIFFERENCE_BEFORE.search(before):
            if not _is_difference(amount, sentence_items):
                problems.append("wrong_price")
            continue
        if _TOTAL.search(sentence) and _is_sum(amount, sentence_items):
            continue
        prices = [item.product.price for item in subjects]
        if not subjects or None in prices:
            if subjects or not _echoes(amount, before, text, constraints):
                problems.append("wrong_price" if subjects else "uncited_product")
            continue
        for price in prices:
            if price is not None and not _agrees(price, amount, currencies, before, after):
                problems.append("wrong_price")
                break
    priced = any(item.product.price is None or item.product.price.amount > 0 for item in subjects)
    if _FREE.search(text) and (priced or not subjects):
        problems.append("wrong_price")
    discount = _DISCOUNT.search(text)
    if discount and not _DENIED.search(text[: discount.start()] + "|" + text[discount.end() :]):
        records = " ".join(_record(item) for item in subjects)
        said = re.sub(r"\s+", " ", discount[0].casefold())
        if not subjects or said not in records:
            problems.append("wrong_discount")
    if _BUDGET.search(text) and subjects:
        if constraints.price is None:
            problems.append("unsupported_claim")
        for item in subjects:
            price = item.product.price
            inside = (
                price is not None and constraints.price and constraints.price.holds(price.amount)
            )
            denied = re.search(
                r"\b(?:not|over|above|outside|beyond|exceed\w*|isn't|doesn't)\b", text, re.I
            )
            if constraints.price is not None and bool(inside) == bool(denied):
                problems.append("budget_broken")
                break
    return problems


def _bound_problems(text: str, subjects: Sequence[EvidenceItem]) -> list[ProblemCode]:
    """Ranges, bounds without a currency, and slang for amounts."""
    wrong: list[ProblemCode] = ["wrong_price"]
    prices = [item.product.price.amount for item in subjects if item.product.price]
    if _COINS.search(text):
        return wrong
    for match in BETWEEN.finditer(text):
        low, high = sorted(_value(match[end]) for end in ("low", "high"))
        if len(prices) < len(subjects) or not all(low <= price <= high for price in prices):
            return wrong
    for match in BOUNDS.finditer(text):
        bound = float(match["bound"])
        if not subjects:
            continue
        above = match["side"].casefold() in ("over", "above", "more than", "at least")
        held = all(price >= bound if above else price <= bound for price in prices)
        if len(prices) < len(subjects) or not held:
            return wrong
    return []


def respective_problems(sentence: str, cited: Sequence[EvidenceItem]) -> list[ProblemCode] | None:
    """Problems of "A and B cost X and Y respectively"; None where a sentence does not say so."""
    matches = list(MONEY.finditer(sentence))
    if not _RESPECTIVELY.search(sentence) or len(matches) != len(cited) or len(cited) < 2:
        return None
    for match, item in zip(matches, cited, strict=True):
        amount, currencies = amount_of(match)
        price = item.product.price
        if price is None or not _agrees(price, amount, currencies, "", ""):
            return ["wrong_price"]
    return []


def amount_of(match: re.Match[str]) -> tuple[float, str | None]:
    """The amount of a `MONEY` match, and the currencies it may be in; None where it names none."""
    text = next(match[f"a{n}"] for n in range(1, 7) if match[f"a{n}"])
    code = match["c1"] or match["c2"] or match["c3"]
    if code:
        currencies: str | None = _NAMES.get(code.casefold()) or _SIGNS.get(code) or code.upper()
    else:
        currencies = _SIGNS[match["sign"]] if match["sign"] else None
    return _value(text), currencies


def _value(text: str) -> float:
    """An amount in digits or in words."""
    if text[0].isdigit():
        if re.search(r",\d{2}$", text):
            text = text.replace(",", ".")
        return float(text.replace(",", ""))
    total = 0
    for word in re.split(r"[- ]", text.casefold()):
        number = NUMBER_WORDS.get(word, 0)
        total = max(total, 1) * number if number >= 100 else total + number
    return float(total)


def _agrees(price: Price, amount: float, currencies: str | None, before: str, after: str) -> bool:
    if currencies and price.currency != NO_CURRENCY and price.currency not in currencies.split():
        return False
    if abs(price.amount - amount) < 0.005:
        return not _BELOW.search(before) or bool(
            re.search(
                r"(?:at most|up to|within|no more than|not more than|max\w*|of)\s*(?:your |the |a )?$",
                before,
                re.I,
            )
        )
    if re.search(
        r"(?:just|a little|slightly|well|comfortably)?\s*(?:under|below|less than)\s*$",
        before,
        re.I,
    ) or _BELOW.search(before):
        return price.amount <= amount
    if _ABOVE.search(before):
        return price.amount >= amount
    if _NEAR.search(before) or re.match(r"\s*or so\b", after, re.I):
        return abs(price.amount - amount) <= 0.1 * price.amount
    return False


def _is_difference(amount: float, items: Sequence[EvidenceItem]) -> bool:
    prices = [item.product.price.amount for item in items if item.product.price]
    return any(abs(abs(a - b) - amount) < 0.005 for a, b in combinations(prices, 2))


def _is_sum(amount: float, items: Sequence[EvidenceItem]) -> bool:
    prices = [item.product.price.amount for item in items if item.product.price]
    return len(prices) > 1 and abs(sum(prices) - amount) < 0.005


def _echoes(amount: float, before: str, text: str, constraints: Constraints) -> bool:
    """Whether an amount said of no product is the shopper's own limit, and spoken of as one."""
    if not (
        _BELOW.search(before)
        or _ABOVE.search(before)
        or _BUDGET.search(text)
        or _LIMIT.search(text)
    ):
        return False
    limit = constraints.price
    ends = [limit.minimum, limit.maximum] if limit else []
    return any(end is not None and abs(end.value - amount) < 0.005 for end in ends)


_DENIED = re.compile(r"(?:\bnot |n't )\|| ?\| ?no\b", re.I)
"""Around "|", where the claim of a discount stood: "not |", or "on sale no" of a record."""
_OFFERS = re.compile(r"discount|sale|offer|promo|original|list_price|msrp|was|reduction|coupon")


def _record(item: EvidenceItem) -> str:
    """What fields made for it say of a discount; a title or a description may say anything."""
    said = [
        f"{spaced(name)} {spelled(value)}"
        for name, value in item.product.attributes.items()
        if _OFFERS.search(name) and value is not False
    ]
    return re.sub(r"\s+", " ", " ".join(said).casefold())

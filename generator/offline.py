"""The offline writer: a recommendation from a template, with no language model."""

import re
import string
from collections.abc import Sequence

from generator.events import Products
from generator.recommendation import CitedProduct, Evidence, Recommendation, evidence_of
from generator.understanding import Understanding
from retriever.product import NO_CURRENCY, Product
from retriever.retrieved import RetrievedProduct
from retriever.wording import listed, shorten, spaced, spelled

_NAMED = 3
"""Products that the text names; more would make a list of it, and the list stands below it anyway."""

_ATTRIBUTES = 3
_TITLE_LENGTH = 60
_QUERY_LENGTH = 80
_VALUE_LENGTH = 40
_PHRASE = 6
_LINK = re.compile(r"(?:https?|ftp|javascript|data|file):\S*|www\.\S+|\S+@\S+\.\w+", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>|&#?\w+;|[*`|~]+|\]\(")
_COUNTED = {2: "two", 3: "three"}


def write_recommendation(query: str, retrieved: Sequence[RetrievedProduct]) -> Recommendation:
    """Two or three sentences on the best of the retrieved products, each cited as ``[1]``, ``[2]``.

    Everything said of a product stands in its title, brand, price or attributes; that it is close is
    the search's own ranking. Prices are compared only where each named product has one and all are
    in one known currency. ``query`` may be empty (a picture alone). The same input gives the same text.
    """
    named = evidence_of(retrieved)[:_NAMED]
    if not named:
        return Recommendation(_nothing(query), (), "offline")
    sentences = [_closest(query, named[0]), _next(named), _last(named)]
    text = " ".join(sentence for sentence in sentences if sentence)
    return Recommendation(text, tuple(item.citation for item in named), "offline")


def write_reply(understanding: Understanding, products: Products) -> str:
    """The offline text for any intent: a recommendation, a comparison, or what a record says."""
    retrieved = [
        RetrievedProduct(item.product, item.score or 0.0, item.rank, item.picture_key)
        for item in products.items
    ]
    if understanding.intent == "other":
        return "Happy to help: tell me what you are looking for, or show me a picture of it."
    if not retrieved:
        return "" if products.relaxations else _nothing(understanding.text)
    evidence = evidence_of(retrieved)
    if understanding.intent == "detail":
        return " ".join(_described(item) for item in evidence)
    if understanding.intent == "compare":
        return _compared(evidence)
    text = write_recommendation(understanding.text, retrieved).text
    if products.fits:
        return text
    return text.replace("Closest", "Nearest", 1)


def _described(item: CitedProduct) -> str:
    """All short facts of one product."""
    product = item.retrieved.product
    facts = _facts(product, "", limit=8)
    listing = f" is listed with {listed(facts)}" if facts else " has no further details"
    text = f"{_mention(item)}{listing}."
    return text if product.price else f"{text} The catalogue gives no price for {item.citation}."


def _compared(evidence: Evidence) -> str:
    """The products one after the other, then the difference in price."""
    text = " ".join(_described(item) for item in evidence)
    if len(evidence) < 2 or any(item.retrieved.product.price is None for item in evidence):
        return text
    return f"{text} {_last(evidence[:_NAMED])}".strip()


def _nothing(query: str) -> str:
    what = f" {_quoted(query, _QUERY_LENGTH)}" if query.strip() else " this search"
    return f"Nothing in the catalogue fits{what}. Other words or a wider filter may find something."


def _closest(query: str, best: CitedProduct) -> str:
    to = f" to {_quoted(query, _QUERY_LENGTH)}" if query.strip() else ""
    facts = _facts(best.retrieved.product, query)
    listing = f"; it is listed with {listed(facts)}" if facts else ""
    return f"Closest{to} is {_mention(best)}{listing}."


def _next(named: Evidence) -> str:
    if len(named) == 1:
        return ""
    names = [_name(item.retrieved.product) for item in named]
    others = [
        ("another " if name in names[:place] else "") + _mention(item)
        for place, (name, item) in enumerate(zip(names, named, strict=True))
    ]
    return f"Next {'come' if len(others) > 2 else 'comes'} {listed(others[1:])}."


def _last(named: Evidence) -> str:
    """A comparison of prices, or which of the products have none."""
    prices = [item.retrieved.product.price for item in named]
    known = [price for price in prices if price is not None]
    if len(known) < len(named):
        missing = [
            str(item.citation) for item, price in zip(named, prices, strict=True) if not price
        ]
        return f"The catalogue gives no price for {listed(missing)}."
    currencies = {price.currency for price in known}
    if len(named) == 1 or len(currencies) > 1 or NO_CURRENCY in currencies:
        return ""
    count, low = _COUNTED[len(named)], min(known, key=lambda price: price.amount)
    cheapest = [
        str(item.citation)
        for item, price in zip(named, known, strict=True)
        if str(price) == str(low)
    ]
    if len(cheapest) == len(named):
        return f"{'Both' if count == 'two' else f'All {count}'} cost {low}."
    verb, each = ("is", "") if len(cheapest) == 1 else ("are", " each")
    extreme = "less expensive" if count == "two" else "least expensive"
    return f"The {extreme} of the {count} {verb} {listed(cheapest)}, at {low}{each}."


def _mention(item: CitedProduct) -> str:
    product = item.retrieved.product
    by = f" by {_clean(product.brand, _VALUE_LENGTH)}" if _adds_brand(product) else ""
    price = f" at {product.price}" if product.price else ""
    return f"{_name(product)}{by} {item.citation}{price}"


def _adds_brand(product: Product) -> bool:
    brand = product.brand or ""
    return _is_phrase(brand) and brand.casefold() not in product.title.casefold()


def _name(product: Product) -> str:
    if not product.title.strip():
        return f"product {_quoted(product.id, _TITLE_LENGTH)}"
    shouted = product.title.isupper() and len(product.title.split()) > 1
    return _quoted(_calmed(product.title) if shouted else product.title, _TITLE_LENGTH)


def _calmed(title: str) -> str:
    """A title in capitals with capitals only at the start of words; words with digits stay."""
    digits = set(string.digits)
    return " ".join(
        word if digits.intersection(word) else word.capitalize() for word in title.split()
    )


def _facts(product: Product, query: str, limit: int = _ATTRIBUTES) -> list[str]:
    """Short attributes, those that share a word with the query first: they are why it was found."""
    asked = set(re.findall(r"\w+", query.casefold()))
    facts = {
        name: _clean(spelled(value), _VALUE_LENGTH + 1)
        for name, value in product.attributes.items()
        if value != "" and value != []
    }
    short = [
        name for name in facts if len(facts[name]) <= _VALUE_LENGTH and _is_phrase(facts[name])
    ]
    short.sort(key=lambda name: asked.isdisjoint(re.findall(r"\w+", facts[name].casefold())))
    return [f"{spaced(name)} {facts[name]}" for name in short[:limit]]


def _is_phrase(text: str) -> bool:
    """A name or a value; a sentence in its place is not repeated as if it were our own."""
    return 0 < len(text.split()) <= _PHRASE and not re.search(r"[!?:;{}]|\.(?:\s|$)", text)


def _quoted(text: str, width: int) -> str:
    return f"“{_clean(text, width)}”"


def _clean(text: str | None, width: int) -> str:
    """One printable line that can neither close our quotes nor pass for a citation."""
    plain = _LINK.sub("(link)", _TAG.sub(" ", text or ""))
    plain = plain.translate(str.maketrans("[]“”<>{}", "()''()()")).replace("\\", "/")
    return shorten("".join(c if c.isprintable() else " " for c in plain), width)

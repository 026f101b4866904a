"""What goes wrong: the class of a query's error, by comparing the best wrong product with the wanted one.

A known-item query fails when nothing relevant is among the first ten, any other query when one of the
first ten is wrong. Of each failed query the top-ranked wrong product is looked at, once.
"""

import re
from collections.abc import Mapping, Sequence

from retriever.product import Product
from training.evaluation.attributes import Attributes, Slot, attributes_of
from training.evaluation.query_types import colour_words
from training.evaluation.ranking import Ranking
from training.evaluation.suites import Query

ERROR_CLASSES: dict[str, str] = {
    "variant": "another product of the same title family: titles alike but for colours and sizes",
    "excluded": "shows just what the query excludes",
    "names what no picture shows": "looks as wanted (type, colour, for whom); only the brand, series or "
    "model in the text tells the two apart",
    "labels suspected": "has all that the query names, by its fields or its title, and the text names "
    "nothing else: the relevant set looks incomplete",
    "right type, wrong colour": "the wanted type in another colour",
    "right look, wrong person": "the wanted type and colour for somebody else",
    "right type, other detail": "the wanted type and colour; some further attribute differs",
    "same shelf, wrong type": "another type of the same category",
    "right colour, wrong type": "the wanted colour on a thing of another category",
    "wrong colour": "the query names a colour but no type, and this is of another colour",
    "wrong use or person": "the query says what or whom for but no type, and the fields say otherwise",
    "wrong category": "neither category, type nor colour are those wanted",
    "not comparable": "the catalogue has no field to compare the two by",
}
"""Name and meaning, in the order in which they are tried."""

_ALIKE = 0.6
"""Titles that share this much of their words (Jaccard, colours and numbers aside) are one family."""
Catalogued = Mapping[str, Product]


def failed(query: Query, ranking: Ranking) -> bool:
    """Whether a ranking is counted as an error; see the module."""
    right = [product in query.relevant for product, _ in ranking[:10]]
    return not any(right) if query.suite == "known-item" else not all(right)


def top_wrong(query: Query, ranking: Ranking) -> str | None:
    """The id of the best-ranked product that is not relevant."""
    return next((product for product, _ in ranking if product not in query.relevant), None)


def error_class(query: Query, wrong: Product, products: Catalogued) -> str:
    """The class of the error; one of `ERROR_CLASSES`."""
    wanted = wanted_attributes(query, products)
    shown = attributes_of(wrong)
    if query.suite == "known-item" and _one_family(products[wanted_id(query)], wrong):
        return "variant"
    same_type = _same("type", wanted, shown)
    if "negation" in query.types and same_type:
        return "excluded"
    same_colour = _same("colour", wanted, shown)
    if same_type is None:
        return _without_type(wanted, shown, same_colour)
    if same_type:
        return _of_right_type(query, wanted, wrong, shown, same_colour)
    if _same("group", wanted, shown):
        return "same shelf, wrong type"
    return "right colour, wrong type" if same_colour else "wrong category"


def wanted_id(query: Query) -> str:
    """The id of the product that a known-item query was made from."""
    return query.id.removeprefix("known-item/")


def wanted_attributes(query: Query, products: Catalogued) -> Attributes:
    """Attributes of the known item, or what all relevant products have in common."""
    if query.suite == "known-item":
        return attributes_of(products[wanted_id(query)])
    every = [attributes_of(products[product]) for product in sorted(query.relevant)]
    shared: dict[Slot, tuple[str, ...]] = {}
    for slot, values in every[0].items():
        common = set(values).intersection(*(other.get(slot, ()) for other in every[1:]))
        if common:
            shared[slot] = tuple(sorted(common))
    return shared


def _of_right_type(
    query: Query, wanted: Attributes, wrong: Product, shown: Attributes, same_colour: bool | None
) -> str:
    if query.suite != "known-item" and _title_says(query, wrong):
        return "labels suspected"
    if same_colour is False:
        return "right type, wrong colour"
    if _same("gender", wanted, shown) is False:
        return "right look, wrong person"
    if query.suite != "known-item":
        return "right type, other detail"
    return "names what no picture shows" if "brand" in query.types else "labels suspected"


def _without_type(wanted: Attributes, shown: Attributes, same_colour: bool | None) -> str:
    if same_colour is False:
        return "wrong colour"
    others: tuple[Slot, ...] = ("gender", "usage", "season")
    if any(_same(slot, wanted, shown) is False for slot in others):
        return "wrong use or person"
    return "not comparable"


def _title_says(query: Query, product: Product) -> bool:
    """Whether the product's title has every word of the query, though its fields say otherwise."""
    title = set(_words(product.title))
    return set(_words(query.text)) <= title


def _same(slot: Slot, wanted: Attributes, shown: Attributes) -> bool | None:
    """Whether two products share a value; None where it is not known of both."""
    a, b = wanted.get(slot), shown.get(slot)
    return None if not a or not b else not set(a).isdisjoint(b)


def _one_family(wanted: Product, wrong: Product) -> bool:
    family = attributes_of(wanted).get("family"), attributes_of(wrong).get("family")
    if None not in family and family[0] != family[1]:
        return False
    a, b = (_family_words(product.title) for product in (wanted, wrong))
    return bool(a and b) and len(a & b) >= _ALIKE * len(a | b)


def _family_words(title: str) -> set[str]:
    return set(_words(title)) - colour_words(title)


def _words(text: str) -> Sequence[str]:
    return [word.removesuffix("s") for word in re.findall(r"[^\W\d_]{2,}", text.casefold())]

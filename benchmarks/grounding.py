"""Precision and recall of the grounding checker on replies with planted errors and on clean ones.

    python -m benchmarks.grounding [--json] [--replies 260] [--catalogue ../shared/catalogues/fashion.parquet]

Evidence is real (six products of the drawn demo shop at a time, or of a catalogue), replies are made of
`benchmarks.phrasings` from a seed, and each planted reply holds one false sentence among true ones. A clean
reply of which any sentence is flagged is a false alarm; a planted one is caught when its false sentence is
flagged, and *named right* when the code is the planted class.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from rich.console import Console
from rich.table import Table

from benchmarks.phrasings import CLEAN, ERRORS, Split
from generator.constraints import Bound, Constraints, NumberRange
from generator.events import EvidenceItem
from generator.grounding import Ground, check
from retriever.catalogue import Catalogue
from retriever.drawn.plan import plan_shop
from retriever.product import Price, Product

_EVIDENCE = 6
_TRIES = 80
_INVENTED = (
    "Zephyr Runner",
    "Aurora Deluxe 300",
    "Montclair Set",
    "Velvetine Pro",
    "Kestrel Classic",
    "Orvika",
)
_ALIEN_COLOURS = ("magenta", "turquoise", "burgundy", "khaki", "lilac", "gold")
_ALIEN_MATERIALS = ("Cashmere", "Titanium", "Bamboo", "Corduroy", "Marble", "Silk")


@dataclass
class Case:
    """A reply: sentences, which of them is false (None for a clean one), and the planted class."""

    ground: Ground
    sentences: list[str]
    false_at: int | None = None
    planted: str = ""
    phrasing: str = ""


@dataclass
class Score:
    """Counts of one split."""

    planted: Counter[str] = field(default_factory=Counter)
    caught: Counter[str] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)
    clean: int = 0
    false_alarms: int = 0
    mistakes: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, object]:
        caught, planted = sum(self.caught.values()), sum(self.planted.values())
        return {
            "planted": planted,
            "clean": self.clean,
            "false_alarms": self.false_alarms,
            "precision": round(caught / max(1, caught + self.false_alarms), 4),
            "recall": round(caught / max(1, planted), 4),
            "classes": {
                name: {
                    "planted": self.planted[name],
                    "recall": round(self.caught[name] / self.planted[name], 4),
                    "named_right": round(self.named[name] / self.planted[name], 4),
                }
                for name in sorted(self.planted)
            },
        }


def drawn_products(seed: int = 0) -> list[Product]:
    """The products of the drawn shop as its catalogue lists them."""
    return [
        Product(
            id=drawn.id,
            title=drawn.title,
            description=drawn.description,
            brand=drawn.brand or None,
            category=drawn.category,
            price=Price(amount=drawn.price, currency=drawn.currency),
            attributes=dict(drawn.attributes),
        )
        for drawn in plan_shop(seed, per_type=24)
    ]


def cases(products: Sequence[Product], split: Split, replies: int, seed: int = 0) -> Iterator[Case]:
    """``replies`` planted replies, classes in turn, then as many clean ones."""
    rng = Random(f"{split}-{seed}")
    planted = {
        name: [p for p in ERRORS[name][split] if _made(products, split, rng, name, p)]
        for name in sorted(ERRORS)
    }
    names = [name for name, phrasings in planted.items() if phrasings]
    clean = [phrasing for phrasing in CLEAN[split] if _made(products, split, rng, "", phrasing)]
    for turn in range(replies):
        name = names[turn % len(names)]
        phrasing = planted[name][(turn // len(names)) % len(planted[name])]
        if (case := _made(products, split, rng, name, phrasing)) is not None:
            yield case
    for turn in range(replies):
        if (case := _made(products, split, rng, "", clean[turn % len(clean)])) is not None:
            yield case


def _made(
    products: Sequence[Product], split: Split, rng: Random, planted: str, phrasing: str
) -> Case | None:
    """A case of that phrasing; None where no evidence of these products can fill it."""
    for _ in range(_TRIES):
        case = _case(products, split, rng, planted, phrasing)
        if case is not None:
            return case
    return None


def _case(
    products: Sequence[Product], split: Split, rng: Random, planted: str, phrasing: str
) -> Case | None:
    slots, ground = _slots(products, rng, planted)
    try:
        special = phrasing.format(**slots)
        others = [template.format(**slots) for template in rng.sample(CLEAN[split], 2)]
    except KeyError:
        return None  # this evidence cannot fill the sentence (no material, all one price)
    spoken = " ".join([special, *others])
    if ground.constraints.price is None and ("budget" in spoken or "limit" in spoken):
        return None  # a budget is spoken of, and the shopper gave none
    at = rng.randrange(len(others) + 1)
    sentences = [*others[:at], special, *others[at:]]
    return Case(ground, sentences, at if planted else None, planted, phrasing)


def _slots(products: Sequence[Product], rng: Random, planted: str) -> tuple[dict[str, str], Ground]:
    chosen = rng.sample(list(products), _EVIDENCE)
    items = tuple(
        EvidenceItem(number=n, product=p, score=0.5, rank=n) for n, p in enumerate(chosen, 1)
    )
    first, second = rng.sample(items, 2)
    titles = [item.product.title.casefold() for item in items]
    slots: dict[str, str] = {
        "count": str(len(items)),
        "beyond": str(len(items) + rng.randint(1, 30)),
    }
    slots["wrong_count"] = str(len(items) + rng.randint(2, 9))
    slots["fake_id"] = f"{chosen[0].id.rsplit('-', 1)[0]}-9{rng.randint(1000, 9999)}"
    slots["invented"] = rng.choice(_INVENTED)
    _about(slots, first, "", rng)
    _about(slots, second, "2", rng)
    if len(set(titles)) == len(titles):
        slots["title"], slots["title2"] = first.product.title, second.product.title
        if len(second.product.title.split()) > 1 and not _shares(first, second):
            slots["name2_full"] = second.product.title
    if first.product.title.casefold() == second.product.title.casefold():
        slots.pop("name", None)
    limit = None
    prices = [item.product.price.amount for item in items if item.product.price]
    if len(prices) == len(items) and len(set(prices)) == len(prices):
        _priced(slots, items, first, second, rng)
        by_price = sorted(items, key=lambda item: item.product.price.amount)  # type: ignore[union-attr]
        cap = max(prices)
        if planted == "budget_broken":
            cap = sorted(prices)[-2]
            _about(slots, by_price[-1], "_over", rng)
            if by_price[-1] in (first, second):
                slots.pop("name", None)
        currency = chosen[0].price.currency if chosen[0].price else None
        limit = NumberRange(maximum=Bound(value=float(cap)), currency=currency)
    _alien(slots, items, first, rng)
    query = "something nice"
    return slots, Ground(items, Constraints(price=limit), query)


def _about(slots: dict[str, str], item: EvidenceItem, end: str, rng: Random) -> None:
    product = item.product
    forms = [product.title, f"“{product.title}”"]
    if product.brand and product.brand.casefold() not in product.title.casefold():
        forms += [f"{product.brand} {product.title}", f"“{product.title}” by {product.brand}"]
    cites = [f"[{item.number}]"] * 6 + [
        f"[{product.id}]", f"<{product.id}>", f"【{item.number}】", f"［{item.number}］", f"[“{product.id}”]", f"[product {item.number}]",
    ]  # fmt: skip
    slots[f"name{end}"], slots[f"cite{end}"] = rng.choice(forms), rng.choice(cites)
    if product.price:
        slots[f"price{end}"] = _money(product.price, rng)
    else:  # any price is a wrong one
        slots["wrong_price"] = _money(Price(amount=19.99, currency="USD"), rng)
    if product.brand:
        slots[f"brand{end}"] = product.brand
    if product.category:
        slots[f"category{end}"] = product.category
    for name in ("colour", "material", "size"):
        value = product.attributes.get(name) or product.attributes.get(f"base_{name}")
        if isinstance(value, str) and value:
            slots[f"{name}{end}"] = value.lower() if name != "material" else value


def _money(price: Price, rng: Random, amount: float | None = None) -> str:
    value = price.amount if amount is None else amount
    forms = [f"{value:,.2f} {price.currency}"] * 3 + [f"{price.currency} {value:.2f}"]
    if price.currency == "USD":
        forms += [f"${value:,.2f}"] * 2
        forms += [f"{value:g} dollars", f"${value:g}"] if float(value).is_integer() else []
    return rng.choice(forms)


def _priced(
    slots: dict[str, str],
    items: Sequence[EvidenceItem],
    first: EvidenceItem,
    second: EvidenceItem,
    rng: Random,
) -> None:
    by_price = sorted(items, key=lambda item: item.product.price.amount)  # type: ignore[union-attr]
    one, two = first.product.price, second.product.price
    if one is None or two is None:
        return
    low, high = sorted((first, second), key=lambda item: item.product.price.amount)  # type: ignore[union-attr]
    _about(slots, low, "_low", rng)
    _about(slots, high, "_high", rng)
    _about(slots, by_price[0], "_min", rng)
    _about(slots, by_price[-1], "_max", rng)
    slots["gap"] = _money(one, rng, round(abs(one.amount - two.amount), 2))
    slots["sum"] = _money(one, rng, round(one.amount + two.amount, 2))
    slots["ceiling"] = _money(one, rng, float(int(one.amount) + 1))
    factor = rng.choice((0.5, 0.8, 0.9, 1.1, 2.0))
    slots["wrong_price"] = _money(one, rng, round(one.amount * factor + 0.37, 2))
    if first.product.title.casefold() == second.product.title.casefold():
        for name in ("name_low", "name_high"):
            slots.pop(name)


def _alien(
    slots: dict[str, str], items: Sequence[EvidenceItem], first: EvidenceItem, rng: Random
) -> None:
    """Values that the first product does not have: of another of the evidence, and of none."""
    from generator.grounding.evidence import facts_of, record_text
    from generator.understanding.words import stem

    everything = " ".join(record_text(item.product) for item in items).casefold()
    slots["alien_colour"] = rng.choice([c for c in _ALIEN_COLOURS if c not in everything])
    slots["alien_material"] = rng.choice(
        [m for m in _ALIEN_MATERIALS if m.casefold() not in everything]
    )
    own = facts_of(first)
    for item in items:
        for name in ("colour", "material"):
            value = item.product.attributes.get(name) or item.product.attributes.get(f"base_{name}")
            if isinstance(value, str) and not any(own.has(stem(word)) for word in value.split()):
                slots[f"{name}_of_other"] = value.lower() if name == "colour" else value
                if name == "colour":
                    slots["not_colour"] = value.lower()
        brand = item.product.brand
        if brand and not any(own.has(stem(word)) for word in brand.split()):
            slots["brand_of_other"] = brand


def _shares(first: EvidenceItem, second: EvidenceItem) -> bool:
    from generator.grounding.evidence import facts_of

    return set(facts_of(second).title) <= facts_of(first).stems


def measure(products: Sequence[Product], split: Split, replies: int) -> Score:
    """Run the checker over the suite of one split."""
    score = Score()
    for case in cases(products, split, replies):
        named: list[int] = []
        last: tuple[int, ...] = ()
        flagged: dict[int, tuple[str, ...]] = {}
        for place, sentence in enumerate(case.sentences):
            verdict = check(sentence, case.ground, named, last)
            if not verdict.ok:
                flagged[place] = verdict.problems
                continue
            named += [number for number in verdict.numbers if number not in named]
            last = verdict.numbers
        if case.false_at is None:
            score.clean += 1
            if flagged:
                score.false_alarms += 1
                place = next(iter(flagged))
                score.mistakes.append(f"false alarm {flagged[place]}: {case.sentences[place]}")
            continue
        score.planted[case.planted] += 1
        codes = flagged.get(case.false_at)
        if codes:
            score.caught[case.planted] += 1
            score.named[case.planted] += case.planted in codes
        else:
            score.mistakes.append(f"missed {case.planted}: {case.sentences[case.false_at]}")
    return score


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument(
        "--replies", type=int, default=260, help="planted replies a split, and clean ones"
    )
    parser.add_argument("--catalogue", type=Path, help="take the evidence from this catalogue")
    parser.add_argument("--mistakes", type=int, default=0, help="print this many mistakes a split")
    options = parser.parse_args()
    products = drawn_products()
    if options.catalogue:
        rows = Catalogue.open(options.catalogue).rows_with_products(check_pictures=False)
        products = [row.product for row in rows][:3000]
    scores = {split: measure(products, split, options.replies) for split in CLEAN}
    if options.json:
        print(json.dumps({split: score.to_dict() for split, score in scores.items()}, indent=2))  # noqa: T201
        return
    console = Console()
    for split, score in scores.items():
        total = score.to_dict()
        table = Table(
            "class",
            "planted",
            "recall",
            "named right",
            title=f"{split}: precision {total['precision']}, recall {total['recall']}, false alarms {score.false_alarms} of {score.clean}",
        )
        for name in sorted(score.planted):
            count = score.planted[name]
            table.add_row(
                name,
                str(count),
                f"{score.caught[name] / count:.3f}",
                f"{score.named[name] / count:.3f}",
            )
        console.print(table)
        for mistake in score.mistakes[: options.mistakes]:
            console.print(mistake, markup=False)


if __name__ == "__main__":
    main()

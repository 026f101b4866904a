"""Generic captions from facts, as people (and alt texts) write them: "a navy blue shirt for men".

Every caption mentions a random part of a product's facts in a random wording; `Caption.facts` says
which, so that the loss knows every other picture that the caption is true of.
"""

import random
from collections import defaultdict
from dataclasses import dataclass

from training.facts import COLOUR_NAMES, TYPE_NAMES, Facts

_BY_CANONICAL = {names[0]: names for names in TYPE_NAMES.values()}
_LEADS = (
    "",
    "",
    "",
    "",
    "a photo of ",
    "a picture of ",
    "product photo of ",
    "i want ",
    "looking for ",
)
_GENDERS = {
    "men": ("for men", "men's", "men", "mens", "for him"),
    "women": ("for women", "women's", "women", "womens", "for ladies", "ladies"),
    "boys": ("for boys", "boys", "kids", "boy's"),
    "girls": ("for girls", "girls", "kids", "girl's"),
    "unisex": ("unisex",),
}
# "men's" and "mens" go before a noun only.
_AS_OBJECT = {"men's": "men", "mens": "men", "women's": "women", "womens": "women"}
_AS_OBJECT |= {"boy's": "boys", "girl's": "girls"}
_USAGES = {
    "casual": ("casual", "everyday"),
    "sports": ("sports", "sporty", "athletic"),
    "formal": ("formal", "office", "smart"),
    "ethnic": ("ethnic", "traditional"),
    "smart casual": ("smart casual",),
    "party": ("party",),
    "travel": ("travel",),
}
_SIZES = {
    "small": ("small", "little", "tiny", "mini"),
    "medium": ("medium sized", "medium"),
    "large": ("large", "big"),
}
# Kinds that people name instead of the type; other kinds stand beside it ("bear plush toy").
_KIND_NAMES = {"polo": ("polo", "polo shirt", "polo t-shirt", "polo tshirt")}
# How often a fact is mentioned. Type nearly always: a caption without a noun is rare in any language.
_KEEP = {
    "type": 0.93,
    "kind": 0.6,
    "colour": 0.75,
    "gender": 0.5,
    "usage": 0.3,
    "word": 0.75,
    "material": 0.35,
    "size": 0.4,
    "part": 0.5,
}
_SYLLABLES = (
    "ka lo mi ra ve tu san dor bel nix pra zo chi ter quo fen gal hu my lux fab tri".split()
)


@dataclass(frozen=True, slots=True)
class Caption:
    """A caption and the facts that it states."""

    text: str
    facts: Facts


def make_caption(facts: Facts, rng: random.Random) -> Caption:
    """A random caption that is true of a product with these facts."""
    slots: dict[str, list[str]] = defaultdict(list)
    for fact in facts:
        slot, _, value = fact.partition(":")
        slots[slot].append(value)
    said: list[str] = []

    def pick(slot: str) -> list[str]:
        chosen = [v for v in slots[slot] if rng.random() < _KEEP[slot]]
        said.extend(f"{slot}:{v}" for v in chosen)
        return chosen

    nouns = pick("type")
    if not nouns and slots["group"]:
        nouns = slots["group"]
        said.append(f"group:{nouns[0]}")
    noun = rng.choice(_BY_CANONICAL.get(nouns[0], (nouns[0],))) if nouns else ""
    kinds = pick("kind")
    if kinds and kinds[0] in _KIND_NAMES:
        noun = rng.choice(_KIND_NAMES[kinds[0]])
    elif kinds:
        noun = rng.choice((f"{kinds[0]} {noun}", f"{noun} {kinds[0]}")) if noun else kinds[0]
    adjectives = [rng.choice(COLOUR_NAMES.get(c, (c,))) for c in pick("colour")]
    adjectives += [rng.choice(_USAGES.get(u, (u,))) for u in pick("usage")]
    adjectives += pick("word") + pick("material")
    rng.shuffle(adjectives)
    adjectives[:0] = [rng.choice(_SIZES[s]) for s in pick("size")]
    gender = next((rng.choice(_GENDERS.get(g, (g,))) for g in pick("gender")), "")
    parts = pick("part")
    rng.shuffle(parts)
    if not (adjectives or noun or parts):
        return make_caption(facts, rng)
    text = _wording(noun, adjectives, gender, parts, rng)
    return Caption(_with_noise(text, rng), tuple(sorted(said)))


def _wording(
    noun: str, adjectives: list[str], gender: str, parts: list[str], rng: random.Random
) -> str:
    style = rng.random()
    if style < 0.3:
        # As shops label things: gender first, then adjectives and noun.
        label = gender.removeprefix("for ").replace("him", "men")
        words = [label, *adjectives, noun, *parts]
        return " ".join(w for w in words if w)
    possessive = bool(gender) and not gender.startswith("for ")
    words = [gender if possessive else "", *adjectives, noun or "one"]
    text = " ".join(w for w in words if w)
    if style < 0.42 and adjectives and noun:
        # The colour behind: "casual heels, brown".
        text = " ".join([*adjectives[:-1], noun]) + f", {adjectives[-1]}"
        possessive = False
    if gender and not possessive:
        text += (
            f" {gender}" if gender.startswith("for ") else f" for {_AS_OBJECT.get(gender, gender)}"
        )
    if parts:
        text += rng.choice((" with ", ", ", " with ")) + rng.choice((" and ", ", ")).join(parts)
    lead = rng.choice(_LEADS)
    if noun and not possessive and not noun.endswith("s") and rng.random() < 0.6:
        article = "an " if text[0] in "aeio" else "a "
        return lead + article + text
    return lead + text


def _with_noise(text: str, rng: random.Random) -> str:
    """Now and then words that mean nothing, as brands and model numbers do in shop titles.

    They are invented afresh each time, so the text tower learns to look past words it does not know.
    """
    if rng.random() > 0.35:
        return text
    words = text.split(" ")
    for _ in range(rng.randint(1, 3)):
        if rng.random() < 0.25:
            made_up = str(rng.randint(1, 9999))
        else:
            made_up = "".join(rng.choice(_SYLLABLES) for _ in range(rng.randint(1, 3)))
        words.insert(rng.choice((0, 0, rng.randint(0, len(words)))), made_up)
    return " ".join(words)

"""Exact phrases for what a picture shows, as a person would say it."""

from typing import Final

from retriever.drawn.spec import Visual

# Materials that go without saying, because the type implies them or nobody names them.
_UNSAID: Final = frozenset(
    {"fruit", "vegetable", "frosting", "wax", "cotton", "nylon", "ceramic", "plastic"}
)
_KIND_NOUNS: Final = {
    "plush toy": "plush {}",
    "toy car": "toy {}",
    "ball": "{}",
    "hat": "{}",
    "candle": "{} candle",
    "vase": "{} vase",
}
_PLURAL: Final = frozenset(
    {"socks", "trousers", "shorts", "sunglasses", "sandals", "building blocks", "stacking rings"}
)
# Parts that are said before the noun, and those that are said after it in words of their own.
_BEFORE: Final = {
    "tufted": "tufted",
    "knee high": "knee-high",
    "ankle high": "ankle-high",
    "high top": "high-top",
    "low top": "low-top",
    "round": "round",
    "square": "square",
    "wide": "wide",
    "narrow": "narrow",
    "long": "long",
    "short": "short",
    "long skirt": "long",
    "short skirt": "short",
    "round top": "round",
    "square top": "square",
}
_AFTER: Final = {
    "one colour": "in one colour",
    "three": "with two more behind it",
    "lit": "that is switched on",
    "filled": "with a drink in it",
    "cut": "cut open",
    "peeled": "half peeled",
    "bunch": "in a bunch",
    "bite": "with a bite taken out of it",
    "tower": "stacked as a tower",
    "jar": "in a glass jar",
    "dish": "on a dish",
    "saucer": "on a saucer",
}
_RENAMED: Final = {
    "velcro": "velcro straps",
    "thong": "thong straps",
    "stars": "stars on them",
    "dots": "dots on them",
    "star": "star on it",
}
_PATTERNS: Final = {"star": "star-print", "polka dot": "polka-dot"}
_GLASSES: Final = {"goblet": "wine glass", "flute": "champagne flute", "martini": "martini glass"}
_UNCOUNTED: Final = frozenset({"piping", "fur trim"})
_SILENT: Final = frozenset({"long legs", "short legs"})


def _article(text: str) -> str:
    return f"{'an' if text[0] in 'aeiou' else 'a'} {text}"


def _noun(visual: Visual) -> str:
    if visual.type == "trousers" and "short legs" in visual.parts:
        return "shorts"
    if visual.type == "wine glass" and visual.kind is not None:
        return _GLASSES[visual.kind]
    if visual.kind is None or visual.type not in _KIND_NOUNS:
        return visual.type
    return _KIND_NOUNS[visual.type].format(visual.kind)


def _thing(part: str, accent: str | None) -> str:
    """A part as a noun with its article; parts in the second colour are named by that colour."""
    text = _RENAMED.get(part, part)
    first, _, rest = text.partition(" ")
    if first in {"coloured", "contrast", "accent"} and accent is not None:
        text = f"{accent} {rest}"
    counted = first in {"one", "two", "three"} or text in _UNCOUNTED
    plural = text.endswith(("s", "on them")) and not text.endswith("ss")
    return text if counted or plural else _article(text)


def describe(visual: Visual) -> list[str]:
    """Two or three exact phrases: the whole, the look alone, and one detail.

    Every word holds for the picture; whatever a phrase leaves out is left open.
    """
    noun = _noun(visual)
    pattern = [] if visual.pattern == "plain" else [_PATTERNS.get(visual.pattern, visual.pattern)]
    said = {"wood": "wooden"}.get(visual.material, visual.material)
    silent = visual.material in _UNSAID or visual.material in noun or visual.type == "wine glass"
    material = [] if silent else [said]
    before = [_BEFORE[part] for part in visual.parts if part in _BEFORE]
    after = [_AFTER[part] for part in visual.parts if part in _AFTER]
    things = [
        _thing(part, visual.accent)
        for part in visual.parts
        if part not in _BEFORE and part not in _AFTER and part not in _SILENT
    ]
    if visual.type == "plant pot" and visual.kind is not None:
        things.insert(0, "a cactus" if visual.kind == "cactus" else f"a {visual.kind} plant")

    def phrase(words: list[str], *rest: str) -> str:
        head = " ".join((*words, noun))
        return " ".join((head if noun in _PLURAL else _article(head), *rest))

    whole = [f"with {' and '.join(things[:2])}"] if things else []
    phrases = [
        phrase([visual.size, *before, visual.colour, *pattern, *material], *whole, *after[:1]),
        phrase([*pattern, visual.colour, *material]),
    ]
    if things:
        phrases.append(phrase([visual.colour], f"with {things[-1]}"))
    elif after:
        phrases.append(phrase([visual.colour], after[-1]))
    else:
        phrases.append(phrase([visual.size, *before, visual.colour]))
    return list(dict.fromkeys(phrases))

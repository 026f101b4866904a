"""Colours, materials, sizes, features and kinds in a sentence, against the records of what it cites."""

import re
from collections.abc import Sequence

from generator.events import ProblemCode
from generator.grounding.evidence import Facts, Ground
from generator.grounding.lexicon import CLAIMS, NOUN_GROUPS, NOUNS, PLAIN
from generator.grounding.money import BETWEEN, BOUNDS, MONEY
from generator.grounding.names import QUOTED
from generator.grounding.segments import CITATION, Segment
from generator.understanding.words import NUMBER_WORDS, Token, stem, tokens_of

_DENIAL = frozenset(
    "not no without isn't aren't doesn't don't never neither nor lacks lacking non wasn't cannot".split()
)
_ASIDE = frozenset("with for under over like to beside alongside matching in".split())
_AVAILABLE = re.compile(
    r"\b(?:in stock|out of stock|sold out|back in stock|low stock|limited stock|few left|only \w+ left|last (?:one|few|pieces?)|"
    r"selling fast|available (?:now|today|for|immediately|in stores?|online|until)|ready to ship|ships?|shipping|deliver(?:y|ed|s)|pre-?order|"
    r"back-?order\w*|restock\w*|discontinued|unavailable|free returns?|next[- ]day|while (?:stocks?|supplies) last|going fast|"
    r"in (?:our )?(?:stores?|warehouse)|can be (?:picked up|collected)|pick-?up|dispatch\w*|arriv\w+ (?:in|by|within|tomorrow)|stock(?:ed|s)?|tomorrow|tonight|hurry|(?:almost|nearly|all) gone|gone soon|(?:be|is) with you|on its way|on back ?order|supplies|last chance|"
    r"back (?:soon|again|on (?:the )?shel\w+|next \w+|in (?:a|\d+|two|three) \w+)|returns? (?:soon|next|in (?:a|\d+)|on \w+day)|"
    r"(?:is|are|now|still|currently|readily|again|becomes?) available(?! (?:in|as|with) )|last (?:we|of (?:its|the))|out until|sells? out)\b",
    re.IGNORECASE,
)
_ASKED = re.compile(
    r"\b(?:you (?:asked|want(?:ed)?|mentioned|described|requested|specified|said|need(?:ed)?)|you're (?:after|looking for)|you are (?:after|looking for)|"
    r"your (?:search|request|query|wish|preference|criteria|brief|requirements?)|as requested|(?:search|request|looking) for|closest to|"
    r"what you)\b[^,;.\[]*",
    re.IGNORECASE,
)
_LITTLE = frozenset("in of the a an is be with within for and on at to by".split())
_PHRASE = 40
_NUMBER = re.compile(
    r"(?<![\w.\[])\d+(?:[.,]\d+)?(?:\s*-\s*|\s)?(?:cm|mm|m|inch(?:es)?|\"|kg|g|ml|l|litres?|liters?|years?|stars?|%|w|mah|gb|days?|hours?|pieces?|pack|x\s*\d+)?(?![\w\]])",
    re.I,
)
_IS_A = re.compile(
    r"\b(?:is|are) an? ((?:[\w-]+ ){0,3}[\w-]+)\s*(?:[.,;!]|$|and\b|at\b|for\b|by\b)", re.IGNORECASE
)
_COUNTED = re.compile(r"\b(?:of the|all|top|these|those|the|first|other|both)\s*$", re.IGNORECASE)


def attribute_problems(segment: Segment, ground: Ground) -> list[ProblemCode]:
    """Problems with what a segment says its products are like."""
    subjects = [ground.facts[number] for number in segment.numbers if number in ground.facts]
    text = CITATION.sub(lambda m: " " * len(m[0]), QUOTED.sub(" ", segment.text))
    echoed = _ASKED.search(text)
    if echoed is not None:
        text = text[: echoed.start()] + _own_words(echoed[0], ground) + text[echoed.end() :]
    problems: list[ProblemCode] = []
    available = _AVAILABLE.search(text)
    if available and not _recorded(text[available.start() : available.start() + _PHRASE], subjects):
        problems.append("wrong_availability")
    tokens = [token for token in tokens_of(text) if token.word[0].isalnum()]
    for place, token in enumerate(tokens):
        problems += _word(
            token,
            tokens[max(0, place - 3) : place],
            tokens[place + 1 : place + 2],
            subjects,
            ground,
        )
    if subjects:
        problems += _numbers(text, subjects)
        problems += _called(text, subjects, ground)
    return problems


def _called(text: str, subjects: Sequence[Facts], ground: Ground) -> list[ProblemCode]:
    """ "... is a bear" where another product is one: the noun stands in its title, and not in this record."""
    match = _IS_A.search(text)
    said = [t for t in tokens_of(match[1]) if t.word[0].isalnum()] if match else []
    if not said or said[-1].stem in PLAIN or said[-1].stem in ground.asked:
        return []
    noun = said[-1].stem
    others = any(noun in fact.title for fact in ground.facts.values())
    wrong = others and not all(fact.has(noun) for fact in subjects)
    return ["borrowed_attribute"] if wrong else []


def _word(
    token: Token,
    before: Sequence[Token],
    after: Sequence[Token],
    subjects: Sequence[Facts],
    ground: Ground,
) -> list[ProblemCode]:
    value = token.stem
    if "-" in token.word and value not in CLAIMS:
        parts = [stem(part) for part in token.word.split("-")]
        value = next((part for part in parts if part in CLAIMS), value)
    claims = value in CLAIMS or _is_value_elsewhere(value, ground)
    kind = value in NOUNS
    if not (claims or kind):
        return []
    if not subjects:
        if value in ground.asked or value in PLAIN:
            return []
        return ["unsupported_claim"]
    if kind and not claims:
        return _kind(value, before, subjects, ground)
    denied = bool(_DENIAL & {word.word for word in before})
    has = [fact.has(value) for fact in subjects]
    if denied:
        return ["wrong_attribute"] if any(has) and value in CLAIMS else []
    if all(has):
        return []
    if value in PLAIN and value not in CLAIMS:
        return []
    if kind and any(
        fact.stems & group for fact in subjects for group in NOUN_GROUPS if value in group
    ):
        return []
    elsewhere = any(fact.has(value) for fact in ground.facts.values())
    return ["borrowed_attribute" if elsewhere else "wrong_attribute"]


def _is_value_elsewhere(value: str, ground: Ground) -> bool:
    """Whether the word is a value of some product's attributes, brand or category."""
    return value in _values(ground) and value not in PLAIN


def _values(ground: Ground) -> frozenset[str]:
    cached: frozenset[str] | None = ground.__dict__.get("_values")
    if cached is None:
        words: set[str] = set()
        for item in ground.items:
            product = item.product
            parts = [product.brand or "", product.category or ""]
            for value in product.attributes.values():
                parts += (
                    value if isinstance(value, list) else [value] if isinstance(value, str) else []
                )
            words |= {
                token.stem
                for part in parts
                if len(part) <= 40
                for token in tokens_of(part)
                if len(token.word) > 2
            }
        cached = frozenset(words)
        ground.__dict__["_values"] = cached
    return cached


def _kind(
    value: str, before: Sequence[Token], subjects: Sequence[Facts], ground: Ground
) -> list[ProblemCode]:
    """A noun for the product itself: wrong where the record names another kind and not this one."""
    if _ASIDE & {word.word for word in before} or value in ground.asked:
        return []
    own = next(group for group in NOUN_GROUPS if value in group)
    for fact in subjects:
        named = [group for group in NOUN_GROUPS if fact.stems & group]
        if fact.has(value) or own in named:
            continue
        if named:
            elsewhere = any(other.has(value) for other in ground.facts.values())
            return ["borrowed_attribute" if elsewhere else "wrong_attribute"]
    return []


def _numbers(text: str, subjects: Sequence[Facts]) -> list[ProblemCode]:
    """Sizes, measures and model numbers must stand in the record; prices are checked elsewhere."""
    bare = BOUNDS.sub(" ", MONEY.sub(" ", BETWEEN.sub(" ", text)))
    for match in _NUMBER.finditer(bare):
        digits = re.findall(r"\d+(?:[.,]\d+)?", match[0])
        if _is_count(bare, match):
            continue
        for number in digits:
            if not any(
                number in fact.stems or re.search(rf"(?<!\d){re.escape(number)}(?!\d)", fact.text)
                for fact in subjects
            ):
                return ["wrong_attribute"]
    return []


def _is_count(text: str, match: re.Match[str]) -> bool:
    counted = re.match(
        r"\s*(?:products?|items?|options?|results?|picks?|choices?|matches|alternatives|of (?:them|these|the))\b",
        text[match.end() :],
        re.I,
    )
    return bool(counted) or bool(_COUNTED.search(text[: match.start()]))


def _recorded(phrase: str, subjects: Sequence[Facts]) -> bool:
    """Whether each record holds the words of the claim, numbers included."""
    words = tokens_of(re.split(r"[.;,!?\[]", phrase)[0])
    stems = [str(NUMBER_WORDS.get(t.word, t.stem)) for t in words if t.word not in _LITTLE]
    return bool(subjects and stems) and all(set(stems) <= fact.stems for fact in subjects)


def _own_words(echo: str, ground: Ground) -> str:
    """An echo of the request without the words that the shopper used; what is new stays to be checked."""
    kept = [
        token.text
        for token in tokens_of(echo)
        if token.stem not in ground.asked
        and token.stem in CLAIMS
        and token.word not in NUMBER_WORDS
    ]
    return " " + " ".join(kept) + " "

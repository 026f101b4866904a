"""Names in a sentence: products quoted, named in part, named without being cited, or made up."""

import re
from collections.abc import Sequence

from generator.events import ProblemCode
from generator.grounding.evidence import Facts, Ground
from generator.grounding.lexicon import PLAIN
from generator.grounding.segments import CITATION, Segment
from generator.understanding.words import stem, tokens_of

QUOTED = re.compile(r"“([^”]*)”|\"([^\"]{2,})\"|«([^»]*)»")
_CODES = frozenset(
    "USD EUR GBP CHF SEK JPY INR CAD AUD PLN CNY I I'm I'd I'll I've OK Monday Tuesday Wednesday Thursday "
    "Friday Saturday Sunday Christmas January February March April June July August September October "
    "November December English".split()
)
_NAME_WORD = re.compile(r"[A-Z][\w'’&-]*|[A-Z0-9]+(?:-[A-Z0-9]+)+")


def name_problems(sentence: str, segments: Sequence[Segment], ground: Ground) -> list[ProblemCode]:
    """Problems with what the sentence calls products."""
    facts = ground.facts
    cited = [int(number) for number in CITATION.findall(sentence)]
    problems: list[ProblemCode] = []
    for match in QUOTED.finditer(sentence):
        problems += _quoted(match, sentence, cited, ground)
    bare = QUOTED.sub(lambda m: " " * len(m[0]), sentence)
    problems += _uncited_titles(bare, cited, segments, facts)
    offset = 0
    for segment in segments:
        plain = QUOTED.sub(" “” ", segment.text)
        problems += _capitals(plain, offset == 0, segment, ground)
        offset += len(segment.text)
    return problems


def _quoted(
    match: re.Match[str], sentence: str, cited: Sequence[int], ground: Ground
) -> list[ProblemCode]:
    inner = next(group for group in match.groups() if group is not None)
    stems = [token.stem for token in tokens_of(inner) if token.word[0].isalnum()]
    if not stems:
        return []
    named = [fact for fact in ground.facts.values() if _is_title(stems, fact)]
    behind = re.match(r"[^“\"\[\].;]{0,45}\[(\d{1,2})\]", sentence[match.end() :])
    if behind is not None:
        own = ground.facts.get(int(behind[1]))
        if own is None or _is_title(stems, own) or set(stems) <= ground.asked:
            return []
        if _is_value(stems, own):
            return []
        return ["wrong_citation" if named else "invented_product"]
    if any(fact.number in cited for fact in named) or set(stems) <= ground.asked:
        return []
    if named:
        return ["uncited_product"]
    if any(_is_value(stems, ground.facts[number]) for number in cited if number in ground.facts):
        return []
    return ["invented_product"]


def _is_title(stems: Sequence[str], fact: Facts) -> bool:
    """A title, whole or cut short; the brand may stand beside it."""
    title = fact.title or (stem(fact.item.product.id),)
    own = set(title) | {stem(word) for word in (fact.item.product.brand or "").split()}
    own |= {token.stem for token in tokens_of(fact.item.product.id)}
    return set(stems) <= own and (len(stems) > 1 or len(title) <= 2 or stems[0] == title[0])


def _is_value(stems: Sequence[str], fact: Facts) -> bool:
    return set(stems) <= fact.stems


def _uncited_titles(
    bare: str, cited: Sequence[int], segments: Sequence[Segment], facts: dict[int, Facts]
) -> list[ProblemCode]:
    """Titles of two words or more that stand in the sentence although nothing so named is cited."""
    words = [token.stem for token in tokens_of(bare) if token.word[0].isalnum()]
    spoken = {*cited, *(number for segment in segments for number in segment.numbers)}
    allowed = {facts[number].title for number in spoken if number in facts}
    for fact in facts.values():
        title = fact.title
        if len(title) < 2 or title in allowed or fact.number in spoken:
            continue
        if any(set(title) <= facts[number].stems for number in spoken if number in facts):
            continue
        size = len(title)
        if any(tuple(words[at : at + size]) == title for at in range(len(words) - size + 1)):
            return ["uncited_product"]
    return []


def _capitals(text: str, leads: bool, segment: Segment, ground: Ground) -> list[ProblemCode]:
    """Capitalised words must be the cited product's own (its title, brand, values) or the shopper's."""
    subjects = [ground.facts[number] for number in segment.numbers if number in ground.facts]
    before_citation = CITATION.search(text)
    tokens = [token for token in tokens_of(text) if token.word[0].isalnum()]
    for place, token in enumerate(tokens):
        if not _NAME_WORD.match(token.text) or token.text in _CODES or token.text.isdigit():
            continue
        if token.start > 0 and text[token.start - 1] == "[":
            continue
        first = leads and place == 0
        following = tokens[place + 1] if place + 1 < len(tokens) else None
        runs_on = (
            following is not None
            and bool(_NAME_WORD.match(following.text))
            and text[token.end : following.start].isspace()
        )
        touches = (
            before_citation is not None
            and text[token.end : before_citation.start()].strip(" ,") == ""
        )
        if first and (token.stem in PLAIN or not (runs_on or touches)):
            continue
        if (
            text[: token.start].rstrip().endswith((":", "!", "?", "."))
            and not runs_on
            and not touches
        ):
            continue
        stems = (
            {token.stem}
            if "-" not in token.text
            else {token.stem, *map(stem, token.text.split("-"))}
        )
        if any(stems & fact.stems or fact.has(token.stem) for fact in subjects):
            continue
        if token.stem in ground.asked or (token.stem in PLAIN and not touches):
            continue
        others = [fact for fact in ground.facts.values() if token.stem in fact.stems]
        if not others:
            return ["invented_product"]
        if not subjects:
            return ["uncited_product"]
        titled = any(token.stem in fact.title for fact in others)
        return ["wrong_citation" if titled else "borrowed_attribute"]
    return []

"""Reading a message by rules, against the catalogue's own values: no model, the same answer each time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from generator.constraints import Bound, Constraints, NumberRange, Refusal
from generator.conversation import Conversation, Message, ShownProduct
from generator.understanding.kinds import KindLookup
from generator.understanding.looks import by_looks
from generator.understanding.more import MORE, more, more_like
from generator.understanding.prices import Numbers, read_numbers
from generator.understanding.query_text import joined, own_text
from generator.understanding.references import find_pronoun, find_references
from generator.understanding.spelling import mended
from generator.understanding.understanding import Intent, Understanding
from generator.understanding.vocabulary import Kind, Match, Vocabulary, kind_of, vocabulary_of
from generator.understanding.words import COLOURS, FILLER, HEAD_ENDS, Token, head_of, tokens_of
from retriever.capabilities import Capabilities
from retriever.wording import listed, spaced

_NEGATION = re.compile(
    r"\b(?:not|no|without|except(?: for)?|excluding|exclude|avoid|never|nothing|other than|anything but|"
    r"don'?t (?:want|like|need)|doesn'?t have|isn'?t|aren'?t|non)\b[\s-]*(?:in|made of|made from|with|any|"
    r"from|by|a|an|have)?\s*",
    re.IGNORECASE,
)
_NEGATED_WORDS = 4
_CHEAPER = re.compile(
    r"\b(?:cheaper|less expensive|lower[- ]priced|less pric[e]?y|more affordable)\b(?:\s+than)?",
    re.I,
)
_DEARER = re.compile(r"\b(?:pricier|more expensive|dearer|higher[- ]priced)\b(?:\s+than)?", re.I)
_COMPARE = re.compile(r"\b(?:compare|comparison|difference between|differ|versus|vs\.?)\b", re.I)
_LIKE = re.compile(r"\b(?:like|similar to|resembl\w+|more of)\b", re.I)
_ASKS = re.compile(
    r"^\s*(?:tell me (?:more )?about|what|how|does|do|is|are|which|describe|details?|more about|who)\b"
    r"|\b(?:tell me more|more details?|details on)\b",
    re.I,
)
_ABOUT_IT = re.compile(
    r"^\s*(?:is|does|has|can|was|will)\s+(?:it|this one|that one)\b"
    r"|^\s*(?:do|can|could|would|will) you\b.*\b(?:it|this one|that one)\b"
    r"|^\s*(?:what|how|which|where)\b.*\b(?:it|this one|that one)\b",
    re.I,
)
_GREETING = re.compile(
    r"^\W*(?:hi|hello|hey|thanks?|thank you|bye|good (?:morning|evening|day)|cheers|ok(?:ay)?|great|cool)"
    r"(?:\s+(?:there|you|so|very|much|again|a|lot))*\W*$",
    re.I,
)
_GIFT = re.compile(
    r"\b(?:something|anything|gift|present|idea)s?\b[^.?!]*\bfor (?:my|our|a|an|his|her|their|the)\b",
    re.I,
)
_SERVICE = re.compile(
    r"\b(?:in stock|availab\w+|deliver\w*|shipping|ship(?:s|ped)?\b|returns?\b|refund\w*|warranty)",
    re.I,
)
_BEFORE_PLACE = frozenset("for my our your his her at in".split())


@dataclass
class _Reading:
    """What the words of one message say, before the conversation is taken into account."""

    wanted: dict[str, list[str]] = field(default_factory=dict)
    excluded: dict[str, list[str]] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    dropped: list[tuple[int, int]] = field(default_factory=list)
    matched: list[Match] = field(default_factory=list)
    has_subject: bool = False


def understand(
    message: Message,
    conversation: Conversation,
    capabilities: Capabilities,
    kinds: KindLookup | None = None,
) -> Understanding:
    """A message in the light of its conversation, by rules alone.

    ``kinds`` finds the category of a noun that is no category itself.
    """
    if message.like is not None:
        return more_like(message.like, message, conversation)
    text = mended(" ".join(message.text.split()), vocabulary_of(capabilities))
    shown = conversation.shown
    if conversation.turns and MORE.search(text):
        return more(message, conversation)
    references, spans = find_references(text, shown)
    numbers = read_numbers(text, capabilities)
    reading = _read_values(
        text, vocabulary_of(capabilities), [*numbers.spans, *spans], capabilities
    )
    if kinds is not None:
        _read_kind(text, [*numbers.spans, *spans], reading, kinds)
    _prefer_looks(text, reading, capabilities)
    _read_relative(text, references, shown, numbers, capabilities)
    if spans and not references:
        reason = (
            f"{len(shown)} products were shown last" if len(shown) != 1 else "one was shown last"
        )
        asked = text[spans[0][0] : spans[0][1]]
        reading.refused.append(Refusal(asked=asked, reason=reason))
    follow_up = _builds_on(text, reading, conversation, references)
    if not references and not message.picture and _points_at_one(text, reading, follow_up):
        pronoun = find_pronoun(text, shown)
        references = [pronoun] if pronoun else []
    new = Constraints(
        price=numbers.price,
        numbers=numbers.numbers,
        wanted=reading.wanted,
        excluded=reading.excluded,
        refused=[*numbers.refused, *reading.refused],
    )
    service = _SERVICE.search(text)
    if (
        service is not None
        and references
        and not any(f.startswith("in_stock") for f in reading.wanted)
    ):
        reading.refused.append(
            Refusal(asked=service[0], reason="the catalogue records neither stock nor delivery")
        )
    new = new.model_copy(update={"refused": [*numbers.refused, *reading.refused]})
    carried = conversation.constraints.without(message.removed)
    only_limits = conversation.turns and not conversation.subject and conversation.picture is None
    constraints = carried.merged(new) if follow_up or only_limits else new
    intent = _intent(text, references, new, reading, message, follow_up)
    if intent in ("compare", "detail", "other"):
        constraints = carried.merged(Constraints(refused=new.refused))
    if intent == "compare" and len(references) < 2:
        named = [product for product in shown if product.named] or list(shown)
        references = list(dict.fromkeys([*references, *named]))[:2]
    if message.constraints:
        constraints = constraints.narrowed(message.constraints)
    own = own_text(text, [*numbers.spans, *spans, *reading.dropped])
    query = own
    if intent in ("compare", "detail", "other"):
        query = ""
    elif intent == "more_like":
        query = own
    elif follow_up and conversation.subject:
        query = joined(own, conversation.subject, _replaced(reading), capabilities, message.removed)
    return Understanding(
        text=query,
        constraints=constraints,
        references=tuple(product.product_id for product in references),
        intent=intent,
        follow_up=bool(follow_up),
    )


def _read_values(
    text: str, vocabulary: Vocabulary, taken: Sequence[tuple[int, int]], capabilities: Capabilities
) -> _Reading:
    reading = _Reading()
    tokens = [t for t in tokens_of(text) if not any(a <= t.start < b for a, b in taken)]
    negated = _read_negations(text, tokens, vocabulary, taken, reading, capabilities)
    inside_with = False
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.word in ("with", "featuring", "having"):
            inside_with = True
        elif token.word in ("in", "under", "for", ",", ".", ";", "from", "by"):
            inside_with = False
        if token in negated:
            at += 1
            continue
        match = (
            None
            if token.word in FILLER and token.word not in _GENDERED
            else vocabulary.match(tokens, at)
        )
        if match is not None and _means(match, tokens, inside_with):
            if match.kind != "other":
                _want(reading, match)
                reading.matched.append(match)
            if match.kind == "category":
                reading.has_subject = True
            at = match.end
            continue
        if token.word not in FILLER | COLOURS and token.word[0].isalpha() and not inside_with:
            known = match is not None and match.kind != "other"
            reading.has_subject = reading.has_subject or not known
        at += 1
    _read_bools(text, capabilities, reading)
    return reading


_GENDERED = frozenset({"her", "him"})


def _read_kind(
    text: str, taken: Sequence[tuple[int, int]], reading: _Reading, kinds: KindLookup
) -> None:
    """The category of the noun that the request is about, where no word of it named a category."""
    if any(match.kind == "category" for match in reading.matched):
        return
    gone = [*taken, *reading.dropped]
    own = "".join(" " if any(a <= at < b for a, b in gone) else c for at, c in enumerate(text))
    head = head_of(own)
    if head is None or any(
        head.stem == token.stem for match in reading.matched for token in tokens_of(match.values[0])
    ):
        return
    found = kinds(head.word)
    if found is not None and found[1] not in reading.excluded.get(found[0], []):
        reading.wanted.setdefault(found[0], [found[1]])


def _prefer_looks(text: str, reading: _Reading, capabilities: Capabilities) -> None:
    """Colours and sizes stay words of the query where the catalogue's values cannot decide them."""
    for name in [*reading.wanted]:
        refusal = by_looks(name, reading.wanted[name], text, capabilities)
        if refusal is not None:
            del reading.wanted[name]
            reading.refused.append(refusal)


def _want(reading: _Reading, match: Match) -> None:
    values = reading.wanted.setdefault(match.field, [])
    values += [value for value in match.values if value not in values]


def _means(match: Match, tokens: Sequence[Token], inside_with: bool) -> bool:
    """Whether words that spell a value stand where they mean it."""
    first, after = tokens[match.start], tokens[match.end : match.end + 1]
    before = [token.word for token in tokens[max(0, match.start - 2) : match.start]]
    one_word = match.end - match.start == 1
    if inside_with and match.kind in ("colour", "material", "size"):
        return False
    if match.kind == "size":
        said = bool({"size", "sized", "sizes"} & set(before))
        return said or (len(first.word) >= 4 and first.word.isalpha())
    if match.kind == "category" and one_word:
        head = not after or after[0].word in HEAD_ENDS or after[0].word in FILLER
        place = bool(before) and (before[-1] in _BEFORE_PLACE)
        return head and not place
    if match.kind == "brand" and one_word:
        capital = first.text[0].isupper() and match.start > 0
        return capital or bool({"by", "from", "brand"} & set(before)) or len(tokens) <= 3
    if match.kind == "gender" and first.word in _GENDERED:
        return bool(before) and before[-1] in ("for", "to")
    return True


def _read_negations(
    text: str,
    tokens: Sequence[Token],
    vocabulary: Vocabulary,
    taken: Sequence[tuple[int, int]],
    reading: _Reading,
    capabilities: Capabilities,
) -> set[Token]:
    negated: set[Token] = set()
    for cue in _NEGATION.finditer(text):
        if any(a <= cue.start() < b for a, b in taken):
            continue
        scope: list[Token] = []
        for token in tokens:
            if token.start < cue.end():
                continue
            joins = token.word in ("or", "nor", "and", ",")
            if not joins and token.word in HEAD_ENDS | {
                "in",
                "just",
                "please",
                "that",
                "something",
            }:
                break
            scope.append(token)
            if len(scope) == _NEGATED_WORDS:
                break
        words = [t for t in scope if t.word[0].isalpha() and t.word not in FILLER]
        if not words:
            continue
        for token in words:
            held = vocabulary.holding(token)
            if held:
                for name, values in held.items():
                    known = reading.excluded.setdefault(name, [])
                    known += [value for value in values if value not in known]
            elif not any(vocabulary.holding(other) for other in words):
                reading.refused.append(_cannot_exclude(token, cue[0], capabilities))
        negated |= {token for token in tokens if cue.start() <= token.start <= words[-1].start}
        reading.dropped.append((cue.start(), words[-1].end))
    suffixed = re.compile(r"\b([a-z]+)[- ]free\b", re.I)
    for match in suffixed.finditer(text):
        token = tokens_of(match[1])[0]
        if held := vocabulary.holding(token):
            for name, values in held.items():
                reading.excluded.setdefault(name, []).extend(values)
            reading.dropped.append(match.span())
    return negated


def _cannot_exclude(token: Token, cue: str, capabilities: Capabilities) -> Refusal:
    names = [spaced(f.name) for f in capabilities.fields if f.type == "keyword"]
    return Refusal(
        asked=f"{cue.split()[0].lower()} {token.word}",
        reason=f"no field of this catalogue records “{token.word}”, so it cannot be ruled out",
        supported=f"one can rule out values of {listed(names)}" if names else "",
    )


def _read_bools(text: str, capabilities: Capabilities, reading: _Reading) -> None:
    for known in capabilities.fields:
        if known.type != "bool":
            continue
        words = re.escape(spaced(known.name)).replace(r"\ ", r"[\s-]+")
        match = re.search(rf"\b(not\s+|isn'?t\s+|no\s+)?{words}\b", text, re.IGNORECASE)
        if match:
            reading.wanted[known.name] = ["false" if match[1] else "true"]
            reading.dropped.append(match.span())


def _read_relative(
    text: str,
    references: Sequence[ShownProduct],
    shown: Sequence[ShownProduct],
    numbers: Numbers,
    capabilities: Capabilities,
) -> None:
    """ "cheaper ones": below the lowest price of those pointed at, else of those the reply named."""
    for pattern, lowest in ((_CHEAPER, True), (_DEARER, False)):
        match = pattern.search(text)
        if match is None or any(a <= match.start() < b for a, b in numbers.spans):
            continue
        numbers.spans.append(match.span())
        among = references or [product for product in shown if product.named] or shown
        prices = [product.price for product in among if product.price]
        if not prices or capabilities.price is None:
            if shown:
                reason = "the products shown have no price to compare with"
                numbers.refused.append(Refusal(asked=match[0], reason=reason))
            continue
        end = (min if lowest else max)(price.amount for price in prices)
        bound = Bound(value=end, inclusive=False)
        limit = NumberRange(
            minimum=None if lowest else bound,
            maximum=bound if lowest else None,
            currency=capabilities.currency,
        )
        numbers.price = numbers.price.narrowed(limit) if numbers.price else limit


def _builds_on(
    text: str, reading: _Reading, conversation: Conversation, references: Sequence[ShownProduct]
) -> bool:
    if not conversation.turns:
        return False
    if references or _ABOUT_IT.search(text):
        return True
    if _GIFT.search(text):
        return False
    return not reading.has_subject or bool(re.search(r"\b(?:ones|those|them|same)\b", text, re.I))


def _points_at_one(text: str, reading: _Reading, follow_up: bool) -> bool:
    if not follow_up:
        return False
    return bool(
        re.search(r"\b(?:this one|that one|like (?:it|this|that)|(?:about|of) it)\b", text, re.I)
        or _ABOUT_IT.search(text)
    )


def _intent(
    text: str,
    references: Sequence[ShownProduct],
    new: Constraints,
    reading: _Reading,
    message: Message,
    follow_up: bool,
) -> Intent:
    if _GREETING.match(text) and not message.picture:
        return "other"
    if follow_up and _COMPARE.search(text):
        return "compare"
    if references:
        relative = _CHEAPER.search(text) or _DEARER.search(text)
        looks = any(refusal.preference for refusal in new.refused)
        if _LIKE.search(text) or ((new or looks) and not relative):
            return "more_like" if not (_ASKS.search(text) and not _LIKE.search(text)) else "detail"
        if relative:
            return "search"
        return "detail" if len(references) == 1 else "compare"
    return "search"


def _replaced(reading: _Reading) -> set[Kind]:
    return {match.kind for match in reading.matched} | set(map(kind_of, reading.excluded))

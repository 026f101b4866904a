"""The filter language of the command line: ``price <= 50 and color = red`` -> `Where`.

    filter   = all {"or" all}
    all      = one {"and" one}
    one      = "not" one | "(" filter ")" | test
    test     = field ("=" | "==" | "!=") value
             | field ("<" | "<=" | ">" | ">=") number
             | field ["not"] "in" "(" value {"," value} ")"
             | field "between" number "and" number
    field    = words | quoted
    value    = words | quoted | number | "true" | "false"
    number   = an optional currency sign, then digits

Words run up to the next keyword, operator, parenthesis or comma, so ``navy blue`` needs no quotes and
``'black and white'`` does. Within quotes a backslash takes the next character as it is. A currency
sign is read as decoration: prices compare by amount, and ``currency = EUR`` is a filter of its own.
"""

import re
from typing import NamedTuple

from retriever.errors import FilterError
from retriever.index.binding import MAX_DEPTH, keyword_of
from retriever.where import And, Eq, In, Not, Or, Range, Scalar, Where

SUPPORTED = (
    "= (or ==), !=, <, <=, >, >=, in (a, b), not in (a, b), between 10 and 20, joined by and, or, not "
    "and parentheses; quote values that hold one of these: 'black and white'"
)

_KEYWORDS = frozenset({"and", "or", "not", "in", "between"})
_BOUNDS = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<quoted>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
      | (?P<unclosed>['"])
      | (?P<sign>==|!=|<=|>=|[=<>(),])
      | (?P<word>[^\s=!<>(),]+)
      | (?P<end>$)
      | (?P<stray>.))""",
    re.VERBOSE | re.DOTALL,
)
_NUMBER = re.compile(r"(-?)([$€£¥₹]?)\s*([0-9]+(?:\.[0-9]*)?|\.[0-9]+)")


class _Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int


def parse_where(text: str) -> Where:
    """Parse a filter. *not* binds tighter than *and*, *and* tighter than *or*.

    ``a != b`` becomes ``Not(Eq(a, b))``. Field names stay as they were typed: the index resolves them
    (`retriever.index.binding.bind`). Raises `FilterError` with the position marked by a caret.
    """
    return _Parser(text).parse()


class _Parser:
    """Recursive descent over the tokens; every method reads from the current one on."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = self.scan()
        self.at = 0
        self.depth = 0

    def parse(self) -> Where:
        where = self.any_of()
        if self.now.text == ",":
            raise self.error("commas separate values in a list only; join conditions with and, or")
        if self.now.kind != "end":
            raise self.error("expected and, or, or the end of the filter")
        return where

    def any_of(self) -> Where:
        parts = [self.all_of()]
        while self.take("keyword", "or"):
            parts.append(self.all_of())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def all_of(self) -> Where:
        parts = [self.one()]
        while self.take("keyword", "and"):
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def one(self) -> Where:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(f"nested more than {MAX_DEPTH} levels deep")
        where: Where
        if self.take("keyword", "not"):
            where = Not(self.one())
        elif self.take("sign", "("):
            where = self.any_of()
            self.expect("sign", ")")
        else:
            where = self.test()
        self.depth -= 1
        return where

    def test(self) -> Where:
        field, _ = self.phrase("a field name")
        for sign, bound in _BOUNDS.items():
            if self.take("sign", sign):
                return Range(field, **{bound: self.number(f"after {sign!r}")})
        if self.take("sign", "="):
            return Eq(field, self.value())
        if self.take("sign", "!="):
            return Not(Eq(field, self.value()))
        if self.take("keyword", "in"):
            return self.listed(field)
        if self.take("keyword", "between"):
            low = self.number("after 'between'")
            self.expect("keyword", "and")
            return Range(field, gte=low, lte=self.number("after 'and' of a 'between'"))
        if self.take("keyword", "not"):
            self.expect("keyword", "in")
            return Not(self.listed(field))
        raise self.error(f"expected an operator after the field {field!r}")

    def listed(self, field: str) -> In:
        self.expect("sign", "(")
        values = [self.value()]
        while self.take("sign", ","):
            values.append(self.value())
        self.expect("sign", ")")
        return In(field, tuple(values))

    def value(self) -> Scalar:
        phrase, quoted = self.phrase("a value")
        number = None if quoted else _NUMBER.fullmatch(phrase)
        if number is not None:
            # Codes such as 007, 38.50 or a 20-digit number would change on their way through a float;
            # they stay text, which binding still accepts for number fields.
            amount = float(number[1] + number[3])
            return amount if number[2] or keyword_of(amount) == phrase else phrase
        if not quoted and phrase.lower() in ("true", "false"):
            return phrase.lower() == "true"
        return phrase

    def number(self, place: str) -> float:
        start = self.now.start
        phrase, _ = self.phrase(f"a number {place}")
        number = _NUMBER.fullmatch(phrase)
        if number is None:
            raise self.error(f"expected a number {place}, not {phrase!r}", start)
        if self.now.text == ",":
            raise self.error("write numbers without a thousands separator")
        return float(number[1] + number[3])

    def phrase(self, what: str) -> tuple[str, bool]:
        """A quoted string, or bare words as they stand; and whether it was quoted."""
        first = self.now
        if first.kind == "quoted":
            self.at += 1
            return re.sub(r"\\(.)", r"\1", first.text[1:-1], flags=re.DOTALL), True
        if first.kind != "word":
            raise self.error(f"expected {what}")
        while self.now.kind == "word":
            self.at += 1
        return " ".join(self.text[first.start : self.tokens[self.at - 1].end].split()), False

    @property
    def now(self) -> _Token:
        return self.tokens[self.at]

    def take(self, kind: str, text: str) -> bool:
        found = self.now[:2] == (kind, text)
        self.at += found
        return found

    def expect(self, kind: str, text: str) -> None:
        if not self.take(kind, text):
            raise self.error(f"expected {text!r}")

    def error(self, problem: str, position: int | None = None) -> FilterError:
        at = self.now.start if position is None else position
        shown = re.sub(r"\s", " ", self.text)
        return FilterError(
            f"the filter cannot be read: {problem}\n"
            f"    {shown}\n    {' ' * at}^\nsupported: {SUPPORTED}"
        )

    def scan(self) -> list[_Token]:
        """The tokens, the last of kind ``end``; a word that is a keyword becomes one in lower case."""
        tokens: list[_Token] = []
        for match in _TOKEN.finditer(self.text):
            kind = match.lastgroup or "end"
            text, start = match[kind], match.start(kind)
            if kind == "stray":
                raise self.error(f"{text!r} stands only in '!='", start)
            if kind == "unclosed":
                raise self.error("this quote is never closed", start)
            if kind == "word" and text.lower() in _KEYWORDS:
                kind, text = "keyword", text.lower()
            tokens.append(_Token(kind, "=" if text == "==" else text, start, match.end()))
        return tokens

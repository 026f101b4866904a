"""Sentences out of a stream: each is handed over as soon as it is certain to have ended."""

import re

_ABBREVIATIONS = frozenset(
    "e.g i.e etc no nr vs mr mrs ms dr st approx ca inc ltd co cf fig max min incl excl pcs u.s u.k a.k.a".split()
)
_MUST_GO_ON = frozenset("e.g i.e no nr vs mr mrs ms dr st approx ca cf fig incl excl a.k.a".split())
"""After these a full stop never ends a sentence; after the other abbreviations a capital letter does."""

_END = re.compile(r"[.!?…]+[\"”’')\]】]*(?:\s*\[\d{1,2}\])*(?=\s)|\n+")
_LONGEST = 1_000
"""Characters without an end after which a sentence is taken as it is: garbage must not pile up."""


class SentenceSplitter:
    """Feed it pieces of text of any size; it gives whole sentences, in order, nothing lost."""

    def __init__(self) -> None:
        self._rest = ""

    def feed(self, piece: str) -> list[str]:
        """The sentences that this piece completes."""
        self._rest += piece
        found: list[str] = []
        while (end := self._end()) is not None:
            found.append(self._rest[:end].strip())
            self._rest = self._rest[end:].lstrip()
        if len(self._rest) > _LONGEST:
            found.append(self._rest.strip())
            self._rest = ""
        return [sentence for sentence in found if sentence]

    def finish(self) -> list[str]:
        """What is left at the end of the stream."""
        rest, self._rest = self._rest.strip(), ""
        return [rest] if rest else []

    def _end(self) -> int | None:
        for match in _END.finditer(self._rest):
            if match[0].startswith("\n"):
                return match.end()
            after = self._rest[match.end() :].lstrip()
            if not after:
                return None  # what follows decides
            if after[0] == "[" and len(after) < 4:
                return None
            if (
                re.match(r"\[\d{1,2}\]\s*[.!?]?(?=\s|$)", after)
                and "[" not in self._rest[: match.start()]
            ):
                continue  # the citation stands behind the full stop
            if self._ends(self._rest[: match.start()], match[0], after):
                return match.end()
        return None

    @staticmethod
    def _ends(before: str, stop: str, after: str) -> bool:
        if before.count("“") > before.count("”") and "”" not in stop:
            return False
        if stop[0] in "!?":
            return True
        last = before.split()[-1].casefold().strip("(“\"'") if before.split() else ""
        if last in _MUST_GO_ON:
            return False
        if last in _ABBREVIATIONS or re.fullmatch(r"[a-z]", last):
            return after[0].isupper() and last != "co"
        return not after[0].islower()


def split_sentences(text: str) -> list[str]:
    """The sentences of a whole text."""
    splitter = SentenceSplitter()
    return [*splitter.feed(text), *splitter.finish()]

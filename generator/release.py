"""Sentence-wise release: what a writer drafts is shown one checked sentence at a time, or not at all."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field

from generator.events import Text, Withheld
from generator.grounding import Ground, SentenceSplitter, Verdict, check, split_sentences
from retriever.errors import LanguageModelError

Repair = Callable[[Verdict], Awaitable[str]]


@dataclass(slots=True)
class Released:
    """What came of a draft: how many sentences were shown, and why it broke off, if it did."""

    texts: int = 0
    failure: str | None = None
    named: list[int] = field(default_factory=list)
    last: tuple[int, ...] = ()

    def judge(self, sentence: str, ground: Ground) -> Verdict:
        return check(sentence, ground, self.named, self.last)

    def show(self, verdict: Verdict, *, repaired: bool = False) -> Text:
        self.texts += 1
        self.named += [number for number in verdict.numbers if number not in self.named]
        self.last = verdict.numbers
        return Text(text=verdict.text, citations=verdict.citations, repaired=repaired)


async def release(
    draft: AsyncIterator[str], ground: Ground, repair: Repair, outcome: Released, repairs: int
) -> AsyncIterator[Text | Withheld]:
    """Check a streamed draft sentence by sentence; each is shown as soon as it has passed.

    A sentence that fails goes back to the writer once, with the reasons, ``repairs`` times in a
    reply; what still fails is withheld. A draft that breaks off ends the stream: ``outcome`` says why.
    """
    splitter = SentenceSplitter()
    async for sentence in _sentences(draft, splitter, outcome):
        verdict = outcome.judge(sentence, ground)
        if verdict.ok:
            if verdict.text.strip(" .!?"):
                yield outcome.show(verdict)
            continue
        if repairs > 0:
            repairs -= 1
            mended = await _mended(verdict, ground, repair, outcome)
            if mended is not None:
                yield outcome.show(mended, repaired=True)
                continue
        yield Withheld(problems=verdict.problems)


def release_draft(text: str, ground: Ground) -> Iterator[Text | Withheld]:
    """Check a whole text that nobody can mend; what fails is withheld."""
    outcome = Released()
    for sentence in split_sentences(text):
        verdict = outcome.judge(sentence, ground)
        yield outcome.show(verdict) if verdict.ok else Withheld(problems=verdict.problems)


async def _sentences(
    draft: AsyncIterator[str], splitter: SentenceSplitter, outcome: Released
) -> AsyncIterator[str]:
    try:
        async for piece in draft:
            for sentence in splitter.feed(piece):
                yield sentence
    except LanguageModelError as error:
        # What stands unfinished in the splitter is dropped: half a sentence may say the opposite.
        outcome.failure = str(error)
        return
    for sentence in splitter.finish():
        yield sentence


async def _mended(
    verdict: Verdict, ground: Ground, repair: Repair, outcome: Released
) -> Verdict | None:
    try:
        sentences = split_sentences(await repair(verdict))
    except LanguageModelError as error:
        outcome.failure = outcome.failure or str(error)
        return None
    if len(sentences) != 1:
        return None
    mended = outcome.judge(sentences[0], ground)
    return mended if mended.ok else None

"""`Recommender`: a message in, a stream of typed events out; every sentence checked before it shows."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from generator.abstention import AbstentionModel, Calibrations, judge
from generator.conversation import Conversation, Message, ShownProduct, Turn
from generator.events import Abstention, Done, Event, Products, Seconds, Text, Understood, Withheld
from generator.grounding import Ground
from generator.llm.client import Llm
from generator.llm.prompt import SYSTEM
from generator.llm.settings import LlmSettings
from generator.llm.writer import LlmWriter
from generator.notices import notices
from generator.offline import write_reply
from generator.release import Released, release, release_draft
from generator.searching import Found, Searcher, find, relaxations
from generator.understanding import Understanding
from generator.understanding.kinds import kind_lookup
from generator.understanding.llm import understand_by_llm
from generator.understanding.rules import understand
from retriever.capabilities import Capabilities
from retriever.picture import Picture
from retriever.thumbnails import ThumbnailStore, thumbnail


@dataclass(slots=True)
class _Reply:
    """What one reply has come to so far."""

    started: float
    seconds: dict[str, float] = field(default_factory=dict)
    first: float | None = None
    texts: list[Text] = field(default_factory=list)
    withheld: int = 0
    repaired: int = 0
    writer: str = "offline"
    fallback: str | None = None

    def mark(self, stage: str, since: float) -> None:
        self.seconds[stage] = time.perf_counter() - since


class Recommender:
    """Recommend products in a conversation.

    ``capabilities`` are those of the index behind ``searcher``, or a function that gives the present
    ones where the index may be swapped. ``abstention`` is when to say "nothing fits" (none: never). ``llm`` names the model that writes and, with it, reads;
    without one, rules read and a template writes. ``thumbnails`` go to models that see.

        async for event in Recommender(search, Capabilities.read(version)).reply(conversation, message):
            ...
    """

    def __init__(
        self,
        searcher: Searcher,
        capabilities: Capabilities | Callable[[], Capabilities],
        *,
        llm: LlmSettings | None = None,
        thumbnails: ThumbnailStore | None = None,
        abstention: AbstentionModel | Calibrations | None = None,
    ) -> None:
        self.searcher = searcher
        self._capabilities = capabilities
        self.llm = llm
        self.thumbnails = thumbnails
        self._abstention = abstention

    @property
    def capabilities(self) -> Capabilities:
        given = self._capabilities
        return given if isinstance(given, Capabilities) else given()

    async def reply(self, conversation: Conversation, message: Message) -> AsyncIterator[Event]:
        """Answer a message: `Understood`, `Products`, checked `Text` (and `Withheld`), `Done`.

        The turn is appended to the conversation when the reply ends, also when its reader stops
        listening. Raises `FilterError`, `PictureError` and what the search raises before any product
        is shown; a model that fails is no error: the offline writer takes over and `Done` says so.
        """
        now = _Reply(started=time.perf_counter())
        capabilities = await asyncio.to_thread(lambda: self.capabilities)
        llm = Llm(self.llm) if self.llm else None
        understanding = await self._understood(conversation, message, capabilities, llm)
        now.mark("understand", now.started)
        yield Understood(
            understanding=understanding, chips=tuple(understanding.constraints.chips())
        )
        since = time.perf_counter()
        found = await find(self.searcher, understanding, conversation, message, capabilities)
        products = await self._judged(found, understanding, message, capabilities)
        now.mark("search", since)
        try:
            yield products
            since = time.perf_counter()
            async for event in self._texts(
                conversation, message, products, found, llm, now, understanding
            ):
                yield event
            now.mark("write", since)
        finally:
            await _remember(conversation, message, understanding, products, now)
        yield Done(
            writer=now.writer,
            fallback=now.fallback,
            withheld=now.withheld,
            repaired=now.repaired,
            tokens_in=llm.tokens_in if llm else 0,
            tokens_out=llm.tokens_out if llm else 0,
            seconds=Seconds(
                **now.seconds,
                first_sentence=now.first,
                total=time.perf_counter() - now.started,
            ),
        )

    async def _understood(
        self,
        conversation: Conversation,
        message: Message,
        capabilities: Capabilities,
        llm: Llm | None,
    ) -> Understanding:
        kinds = kind_lookup(self.searcher.version, capabilities)
        by_rules = await asyncio.to_thread(understand, message, conversation, capabilities, kinds)
        if llm is None or not llm.settings.reads or by_rules.intent == "other" or message.like:
            return by_rules
        read = await understand_by_llm(message, conversation, capabilities, by_rules, llm)
        return read or by_rules

    async def _judged(
        self,
        found: Found,
        understanding: Understanding,
        message: Message,
        capabilities: Capabilities,
    ) -> Products:
        constraints = understanding.constraints
        if understanding.intent == "other" or found.pointed_at:
            return Products(items=found.items)
        if not found.items:
            ways = await relaxations(self.searcher, constraints, capabilities)
            reason = "no product satisfies every constraint" if constraints else "nothing was found"
            if found.missing:
                reason = "the product spoken of is no longer in the catalogue"
            return Products(
                items=(),
                fits=False,
                abstention=Abstention(fits=False, reason=reason),
                relaxations=ways,
            )
        if message.picture is not None or understanding.intent == "more_like":
            return Products(items=found.items)
        verdict = await asyncio.to_thread(self._judge, found, capabilities)
        return Products(items=found.items, fits=verdict.fits, abstention=verdict)

    def _judge(self, found: Found, capabilities: Capabilities) -> Abstention:
        given = self._abstention
        model = given.find(capabilities) if isinstance(given, Calibrations) else given
        return judge(found, self.searcher.version, capabilities, model)

    async def _texts(
        self,
        conversation: Conversation,
        message: Message,
        products: Products,
        found: Found,
        llm: Llm | None,
        now: _Reply,
        understanding: Understanding,
    ) -> AsyncIterator[Event]:
        ground = Ground(
            items=products.items,
            constraints=understanding.constraints,
            query=f"{message.text} {understanding.text}",
            exempt=found.pointed_at,
            prompt=SYSTEM if llm else "",
        )
        for notice in notices(understanding, products, found):
            yield self._said(Text(text=notice, notice=True), now)
        if llm is not None and products.items and products.fits:
            writer = LlmWriter(llm, self.thumbnails)
            draft = writer.draft(conversation, message, understanding, products)
            outcome = Released()
            async for event in release(draft, ground, writer.repair, outcome, llm.settings.repairs):
                now.withheld += isinstance(event, Withheld)
                now.repaired += isinstance(event, Text) and event.repaired
                yield self._said(event, now)
            if outcome.texts:
                now.writer = llm.settings.model
                now.fallback = outcome.failure
                if now.withheld or outcome.failure:
                    yield self._said(
                        Text(text=_left_out(now.withheld, outcome.failure), notice=True), now
                    )
                return
            now.fallback = outcome.failure or "no sentence of the model passed the check"
            yield self._said(
                Text(
                    text=f"The language model could not be used ({now.fallback}); this is the offline writer.",
                    notice=True,
                ),
                now,
            )
        for event in release_draft(write_reply(understanding, products), ground):
            now.withheld += isinstance(event, Withheld)
            yield self._said(event, now)

    @staticmethod
    def _said(event: Event, now: _Reply) -> Event:
        if isinstance(event, Text):
            if now.first is None:
                now.first = time.perf_counter() - now.started
            now.texts.append(event)
        return event


def _left_out(count: int, failure: str | None) -> str:
    parts = []
    if count:
        sentences = "One sentence was" if count == 1 else f"{count} sentences were"
        parts.append(
            f"{sentences} left out, because the catalogue does not bear out what was said."
        )
    if failure:
        parts.append(f"The reply was cut short: {failure}.")
    return " ".join(parts)


async def _remember(
    conversation: Conversation,
    message: Message,
    understanding: Understanding,
    products: Products,
    now: _Reply,
) -> None:
    cited = {ref.product_id for text in now.texts for ref in text.citations}
    shown = tuple(
        ShownProduct(
            position=item.number,
            product_id=item.product.id,
            title=item.product.title,
            price=item.product.price,
            named=item.product.id in cited,
            score=item.score,
            matches=item.matches,
        )
        for item in products.items
        if understanding.intent not in ("compare", "detail")
    )
    if understanding.intent not in ("compare", "detail", "other"):
        conversation.constraints = understanding.constraints.model_copy(update={"refused": []})
        if message.picture is not None:
            conversation.picture = await asyncio.to_thread(_small, message.picture)
        elif not understanding.follow_up:
            conversation.picture = None
    conversation.turns.append(
        Turn(
            text=message.text,
            had_picture=message.picture is not None,
            understanding=understanding,
            shown=shown,
            reply=" ".join(text.text for text in now.texts),
            fits=products.fits,
            writer=now.writer,
        )
    )


def _small(picture: bytes) -> bytes:
    return thumbnail(Picture(picture).open())

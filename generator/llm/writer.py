"""The model as writer: a streamed draft, and one repair of a sentence that failed its check."""

import asyncio
from collections.abc import AsyncIterator

from generator.conversation import Conversation, Message
from generator.events import Products
from generator.grounding import PROBLEMS, Verdict
from generator.llm.client import Llm, Messages
from generator.llm.prompt import escaped, writing_messages
from generator.understanding import Understanding
from retriever.thumbnails import ThumbnailStore


class LlmWriter:
    """Writes one reply; what it writes is a draft until `generator.release` has checked it."""

    def __init__(self, llm: Llm, thumbnails: ThumbnailStore | None) -> None:
        self._llm = llm
        self._thumbnails = thumbnails if thumbnails is not None and llm.sees else None
        self._messages: Messages = []

    async def draft(
        self,
        conversation: Conversation,
        message: Message,
        understanding: Understanding,
        products: Products,
    ) -> AsyncIterator[str]:
        """Pieces of the draft. Raises `LanguageModelError`."""
        self._messages = await asyncio.to_thread(
            writing_messages, conversation, message, understanding, products, self._thumbnails
        )
        async for piece in self._llm.stream(self._messages):
            yield piece

    async def repair(self, verdict: Verdict) -> str:
        """Another version of one sentence, told what is wrong; "" where it has none.

        Raises `LanguageModelError`.
        """
        wrong = "; ".join(PROBLEMS[code] for code in verdict.problems)
        ask = (
            f"This sentence of your reply cannot be shown: {escaped(verdict.text)}\n"
            f"Why: {wrong}. Write that one sentence again so that the data bears out every word, or write NONE."
        )
        answer = (
            await self._llm.answer([*self._messages, {"role": "user", "content": ask}])
        ).strip()
        return "" if answer.upper().strip(".") == "NONE" else answer

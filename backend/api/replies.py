"""One reply in a conversation, with its span and its metrics; what both chat endpoints stream."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

from backend.services import Services
from backend.telemetry import tracer
from generator.conversation import Conversation, Message
from generator.events import Done, Event


async def reply(
    services: Services, conversation: Conversation, message: Message
) -> AsyncGenerator[Event]:
    """The recommender's events; the turn is in the conversation when they end.

    Raises what the search raises before any event (an unsupported filter, an unusable picture).
    """
    model = services.llm.model if services.llm else "offline"
    async with services.recommender() as recommender:
        span = tracer.start_span(
            f"chat {model}",
            attributes={
                "gen_ai.operation.name": "chat",
                "gen_ai.request.model": model,
                "gen_ai.conversation.id": conversation.id,
            },
        )
        events = cast(AsyncGenerator[Event], recommender.reply(conversation, message))
        try:
            async with aclosing(events):
                async for event in events:
                    if isinstance(event, Done):
                        services.metrics.reply(event)
                        span.set_attribute("gen_ai.usage.input_tokens", event.tokens_in)
                        span.set_attribute("gen_ai.usage.output_tokens", event.tokens_out)
                        span.set_attribute("gen_ai.response.model", event.writer)
                    yield event
        finally:
            span.end()

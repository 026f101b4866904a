"""One reply in a conversation, with its span and its metrics; what both chat endpoints stream."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

from opentelemetry.trace import Status, StatusCode, use_span

from backend.services import Services
from backend.telemetry import tracer
from generator.conversation import Conversation, Message
from generator.events import Done, Event
from retriever.errors import ShoplensError


async def reply(
    services: Services, conversation: Conversation, message: Message
) -> AsyncGenerator[Event]:
    """The recommender's events; the turn is in the conversation when they end.

    Raises what the search raises before any event (an unsupported filter, an unusable picture).
    """
    async with services.recommender() as recommender:
        span = tracer.start_span(
            "recommend", attributes={"gen_ai.conversation.id": conversation.id}
        )
        if services.settings.otel_text:
            span.set_attribute("shoplens.text", message.text)
        events = cast(AsyncGenerator[Event], recommender.reply(conversation, message))
        try:
            async with aclosing(events):
                while True:
                    # Current for each step alone: who reads the events may do so from several tasks.
                    with use_span(span, record_exception=False, set_status_on_exception=False):
                        event = await anext(events, None)
                    if event is None:
                        return
                    if isinstance(event, Done):
                        services.metrics.reply(event)
                        span.set_attribute("shoplens.writer", event.writer)
                        span.set_attribute("shoplens.withheld", event.withheld)
                    yield event
        except ShoplensError as error:
            # Its kind alone: the message may repeat what was asked.
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(Status(StatusCode.ERROR))
            raise
        finally:
            span.end()

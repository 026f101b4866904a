"""OpenTelemetry spans of calls of a language model, after the conventions for generative AI.

What is said to the model and what it answers is never on them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from generator.llm.settings import LlmSettings
from retriever.errors import LanguageModelError

_tracer = trace.get_tracer("shoplens.generator")


class _Counting(Protocol):
    settings: LlmSettings
    tokens_in: int
    tokens_out: int


@contextmanager
def model_span(llm: _Counting) -> Iterator[None]:
    """A span of one call, with the tokens that it took. It may stay open across the steps of a generator."""
    model = llm.settings.model
    sent, written = llm.tokens_in, llm.tokens_out
    span = _tracer.start_span(
        f"chat {model}",
        kind=SpanKind.CLIENT,
        attributes={"gen_ai.operation.name": "chat", "gen_ai.request.model": model},
    )
    try:
        yield
    except LanguageModelError as error:
        span.set_attribute("error.type", type(error.__cause__ or error).__name__)
        span.set_status(Status(StatusCode.ERROR, str(error)))
        raise
    finally:
        span.set_attribute("gen_ai.usage.input_tokens", llm.tokens_in - sent)
        span.set_attribute("gen_ai.usage.output_tokens", llm.tokens_out - written)
        span.end()

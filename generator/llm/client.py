"""Calls of a language model: streamed or structured, with time limits and bounded retries."""

import asyncio
import importlib
import json
import logging
import os
import random
import time
import warnings
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from functools import cache
from typing import Any

from generator.llm.settings import LlmSettings
from generator.llm.tracing import model_span
from retriever.errors import LanguageModelError

Messages = list[dict[str, Any]]

_BACKOFF = 0.25
_LONGEST_ANSWER = 20_000
"""Characters after which an answer is cut off: a model that never stops must not fill memory."""


class Llm:
    """One conversation's model; counts the tokens that its provider reports."""

    def __init__(self, settings: LlmSettings) -> None:
        self.settings = settings
        self.tokens_in = 0
        self.tokens_out = 0

    @property
    def sees(self) -> bool:
        """Whether pictures may go along."""
        if self.settings.sees is not None:
            return self.settings.sees
        return bool(_litellm().supports_vision(model=self.settings.model))

    async def stream(self, messages: Messages) -> AsyncIterator[str]:
        """Pieces of an answer as they come. Raises `LanguageModelError`, also in the middle of one."""
        with model_span(self):
            async with aclosing(self._stream(messages)) as pieces:
                async for piece in pieces:
                    yield piece

    async def _stream(self, messages: Messages) -> AsyncGenerator[str]:
        await asyncio.to_thread(_litellm)
        stop = time.monotonic() + self.settings.deadline
        response = await self._call(messages, stream=True, stream_options={"include_usage": True})
        said = 0
        try:
            while True:
                try:
                    chunk = await self._in_time(anext(response), stop)
                except StopAsyncIteration:
                    break
                self._count(getattr(chunk, "usage", None))
                choices = getattr(chunk, "choices", None) or []
                piece = choices[0].delta.content if choices else None
                if piece:
                    said += len(piece)
                    if said > _LONGEST_ANSWER:
                        raise LanguageModelError("the model would not stop; set a lower max_tokens")
                    yield str(piece)
        except LanguageModelError:
            raise
        except Exception as error:
            raise self._named(error) from error

    async def answer(self, messages: Messages) -> str:
        """A whole answer. Raises `LanguageModelError`."""
        return str((await self._asked(messages)).content or "")

    async def structured(self, messages: Messages, schema: dict[str, Any], name: str) -> Any:
        """An answer as JSON of a schema: by the provider's structured output, else by a tool call.

        The value is parsed, not validated. Raises `LanguageModelError` where none can be read.
        """
        if _litellm().supports_response_schema(model=self.settings.model):
            form = {"type": "json_schema", "json_schema": {"name": name, "schema": schema}}
            message = await self._asked(messages, response_format=form)
            text = message.content
        else:
            tool = {"type": "function", "function": {"name": name, "parameters": schema}}
            choice = {"type": "function", "function": {"name": name}}
            message = await self._asked(messages, tools=[tool], tool_choice=choice)
            calls = message.tool_calls or []
            text = calls[0].function.arguments if calls else message.content
        try:
            return json.loads(text or "")
        except ValueError as error:
            raise LanguageModelError(
                f"{self.settings.model} did not answer in JSON; choose a model that can"
            ) from error

    async def _asked(self, messages: Messages, **options: Any) -> Any:
        with model_span(self):
            return self._message(await self._call(messages, **options))

    async def _call(self, messages: Messages, **options: Any) -> Any:
        settings = self.settings
        # Imported off the loop and before the clock runs: the first time takes seconds.
        litellm = await asyncio.to_thread(_litellm)
        stop = time.monotonic() + settings.deadline
        for attempt in range(settings.retries + 1):
            call = litellm.acompletion(
                model=settings.model,
                messages=messages,
                api_base=settings.api_base,
                api_key=settings.api_key.get_secret_value() if settings.api_key else None,
                timeout=settings.timeout,
                max_tokens=settings.max_tokens,
                num_retries=0,
                max_retries=0,
                drop_params=True,
                **options,
            )
            try:
                return await self._in_time(call, stop)
            except Exception as error:
                named = self._named(error)
                if attempt == settings.retries or not _may_pass(error):
                    raise named from error
                await asyncio.sleep(_BACKOFF * 2**attempt * (1 + random.random()))
        raise AssertionError("unreachable")

    async def _in_time(self, awaitable: Any, stop: float) -> Any:
        left = min(self.settings.timeout, stop - time.monotonic())
        return await asyncio.wait_for(awaitable, max(left, 0.001))

    def _message(self, response: Any) -> Any:
        self._count(getattr(response, "usage", None))
        choices = getattr(response, "choices", None)
        if not choices:
            raise LanguageModelError(f"{self.settings.model} gave an empty answer; try again")
        return choices[0].message

    def _count(self, usage: Any) -> None:
        self.tokens_in += getattr(usage, "prompt_tokens", 0) or 0
        self.tokens_out += getattr(usage, "completion_tokens", 0) or 0

    def _named(self, error: Exception) -> LanguageModelError:
        """One error for all that a provider, or litellm, may raise; keys never stand in it."""
        if isinstance(error, LanguageModelError):
            return error
        # litellm wraps what breaks in the middle of a stream; what broke is what one can act on.
        inner = getattr(error, "original_exception", None)
        error = inner if isinstance(inner, Exception) else error
        if isinstance(error, TimeoutError) or type(error).__name__ == "Timeout":
            what = f"did not answer within {self.settings.timeout:g} s"
        else:
            what = f"failed ({type(error).__name__})"
        return LanguageModelError(
            f"the model {self.settings.model} {what}; check its name, its key and its server"
        )


def _may_pass(error: Exception) -> bool:
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(
        names
        & {"RateLimitError", "InternalServerError", "ServiceUnavailableError", "APIConnectionError"}
    )


def preload() -> None:
    """Import litellm, which takes seconds the first time; for a thread beside what has to go on."""
    _litellm()


@cache
def _litellm() -> Any:
    """litellm, imported late (over a second) and without its look at the network for prices."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    # Its own use of pydantic, of which nobody who runs a shop can do anything.
    warnings.filterwarnings("ignore", "Accessing the 'model_(computed_)?fields' attribute")
    warnings.filterwarnings("ignore", "Items? .* on TypedDict class", UserWarning)
    litellm: Any = importlib.import_module("litellm")
    litellm.suppress_debug_info = True
    litellm.telemetry = False
    logging.getLogger("LiteLLM").setLevel(logging.CRITICAL)
    return litellm

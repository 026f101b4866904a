"""Which language model writes, and how long it may take."""

import os
from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class LlmSettings(BaseModel):
    """A model by its litellm name ("gpt-5-mini", "anthropic/claude-…", "ollama/llama3").

    Keys are read by litellm from the provider's own variables unless ``api_key`` is given.
    ``timeout`` (seconds) bounds the wait for the first token and between tokens, ``deadline`` a whole
    answer. ``retries`` are made where a provider is busy or unreachable and nothing has been said yet.
    ``reads`` lets it read messages too; ``repairs`` is how many failed sentences of one reply it may
    mend. ``sees`` overrides what litellm knows of the model.
    """

    model_config = ConfigDict(frozen=True)

    model: str = Field(min_length=1)
    api_base: str | None = None
    api_key: SecretStr | None = None
    timeout: float = Field(default=20.0, gt=0)
    deadline: float = Field(default=90.0, gt=0)
    retries: int = Field(default=2, ge=0, le=5)
    max_tokens: int = Field(default=500, ge=1)
    repairs: int = Field(default=3, ge=0)
    reads: bool = True
    sees: bool | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self | None:
        """By ``SHOPLENS_LLM`` (and ``SHOPLENS_LLM_API_BASE``, ``_API_KEY``); None where no model is named."""
        model = environment.get("SHOPLENS_LLM", "").strip()
        if not model:
            return None
        key = environment.get("SHOPLENS_LLM_API_KEY")
        return cls(
            model=model,
            api_base=environment.get("SHOPLENS_LLM_API_BASE") or None,
            api_key=SecretStr(key) if key else None,
        )

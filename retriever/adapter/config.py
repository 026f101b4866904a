"""What an adapter is made of, apart from its weights."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from retriever.errors import AdapterError

IDENTITY = "identity"
"""Name and fingerprint of the adapter that leaves features as they are."""

Kind = Literal["identity", "residual", "linear", "naive"]
Mix = Literal["add", "convex"]
Towers = Literal["both", "text", "picture"]


class AdapterConfig(BaseModel):
    """The architecture of an adapter.

    ``kind``: *identity* leaves features as they are (zero-shot CLIP); *residual* adds a bottleneck MLP
    f to each feature; *linear* is one matrix, begun at the identity; *naive* replaces features by a
    two-layer MLP begun at random. ``dim`` is the backbone's, for features and embeddings alike.
    ``bottleneck`` is the width inside f and of the naive MLP.

    ``alpha`` and ``mix`` belong to *residual*: ``add`` is ``x + alpha * f(x)``, ``convex`` is
    ``(1 - alpha) * x + alpha * f(x)`` (CLIP-Adapter, Gao et al., IJCV 2024). x has unit length, f(x) the
    length that training gave it (zero before the first step); the sum is normalised.

    ``towers``: which modality's features pass through a head; the other's are left alone. ``centred``:
    whether each modality's mean is subtracted before the head, which closes the modality gap.

    ``vocabulary``, for *residual* with a head on texts: terms of which each adds a learnt vector to f(x) of
    a text (`retriever.adapter.words`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind = "identity"
    dim: Annotated[int, Field(ge=1)]
    bottleneck: Annotated[int, Field(ge=1)] = 128
    alpha: Annotated[float, Field(ge=0, le=1)] = 0.2
    mix: Mix = "add"
    towers: Towers = "both"
    centred: bool = False
    vocabulary: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _words_need_a_residual(self) -> Self:
        if self.vocabulary and (self.kind != "residual" or self.towers == "picture"):
            raise ValueError("a vocabulary belongs to a residual adapter with a head on texts")
        return self

    @property
    def is_identity(self) -> bool:
        """Whether embeddings are the features, unchanged."""
        return self.kind == "identity" and not self.centred


def check_features(shape: Sequence[int], config: AdapterConfig) -> None:
    """Raises `AdapterError` unless features of that shape are [n, dim] of the config."""
    if len(shape) != 2 or shape[1] != config.dim:
        raise AdapterError(
            f"features {list(shape)} do not fit an adapter of dimension "
            f"{config.dim}; use the adapter of this backbone"
        )

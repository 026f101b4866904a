"""What a search asks of an encoder and of an adapter; those that need no PyTorch fit as well as those that do."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from retriever.adapter.config import AdapterConfig

Rows = NDArray[np.float32]


class SearchEncoder(Protocol):
    """Texts and pictures of queries to features: `retriever.encoder.Encoder`, `ExportedEncoder`."""

    spec: str
    dim: int
    fingerprint: str

    def encode_texts(self, texts: Sequence[str]) -> Rows:
        """Unit rows, float32 [n, dim]."""

    def encode_queries(self, texts: Sequence[str]) -> Rows:
        """As `encode_texts`, for what shoppers type."""

    def encode_pictures(self, pictures: Iterable[Image.Image]) -> Rows:
        """Unit rows, float32 [n, dim]."""


class SearchAdapter(Protocol):
    """Features to embeddings: `retriever.adapter.Adapter`, `FrozenAdapter`."""

    spec: str
    backbone: str | None
    config: AdapterConfig

    @property
    def fingerprint(self) -> str:
        """Hash of config and weights, or ``identity``."""

    def embed_pictures(self, features: Rows) -> Rows:
        """Embeddings [n, dim] of features [n, dim]."""

    def embed_texts(self, features: Rows, texts: Sequence[str] | None = None) -> Rows:
        """Embeddings [n, dim] of features [n, dim] and their n texts."""

"""`FrozenAdapter`: what an `Adapter` makes of features, in numpy, for a search that needs no PyTorch."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import Literal, Self

import numpy as np

from retriever.adapter.config import IDENTITY, AdapterConfig, check_features
from retriever.errors import AdapterError
from retriever.features import Features
from retriever.lexical import tokenise

_LEAST_NORM = 1e-12  # as torch.nn.functional.normalize has it
_erf = np.vectorize(math.erf, otypes=[np.float32])


class FrozenAdapter:
    """A saved adapter that is only applied; ``weights`` are those of `Adapter.state_dict`, float32.

    Attributes and embeddings are those of `Adapter`, the embeddings to about 1e-6. Of many rows `Adapter` is
    the faster one.
    """

    def __init__(self, config: AdapterConfig, weights: Mapping[str, Features]) -> None:
        self.config = config
        self.spec = IDENTITY if config.is_identity else ""
        self.backbone: str | None = None
        self._weights = {name: rows.astype(np.float32) for name, rows in weights.items()}
        # Row 0 stands for padding.
        self._rows = {term: row for row, term in enumerate(config.vocabulary, 1)}

    @classmethod
    def identity(cls, dim: int) -> Self:
        """Zero-shot CLIP: embeddings are the features."""
        return cls(AdapterConfig(kind="identity", dim=dim), {})

    @property
    def fingerprint(self) -> str:
        """That of the `Adapter` with this config and these weights."""
        if self.config.is_identity:
            return IDENTITY
        return weights_fingerprint(self.config, self._weights)

    def embed_pictures(self, features: Features) -> Features:
        """Embeddings [n, dim] of picture features [n, dim]."""
        return self._embed(features, "picture")

    def embed_texts(self, features: Features, texts: Sequence[str] | None = None) -> Features:
        """Embeddings [n, dim] of text features [n, dim] and, where the adapter reads them, the n texts.

        Raises `AdapterError` when an adapter that reads words is given none.
        """
        if not self._rows:
            return self._embed(features, "text")
        if texts is None or len(texts) != len(features):
            raise AdapterError(
                f"adapter {self.spec or '(unnamed)'} reads words: give the {len(features)} texts beside "
                "their features"
            )
        return self._embed(features, "text", self._words(texts))

    def _embed(
        self,
        features: Features,
        modality: Literal["picture", "text"],
        words: Features | None = None,
    ) -> Features:
        check_features(features.shape, self.config)
        if self.config.is_identity:
            return features
        if self.config.centred:
            features = _normalised(features - self._weights[f"{modality}_mean"])
        moved = self._head(features, modality) if self._has_head(modality) else features
        return _normalised(moved if words is None else moved + self.config.alpha * words)

    def _has_head(self, modality: str) -> bool:
        return self.config.kind != "identity" and self.config.towers in ("both", modality)

    def _head(self, features: Features, modality: str) -> Features:
        """See `retriever.adapter.heads`."""
        of, config = self._weights, self.config
        if config.kind == "linear":
            return features @ of[f"{modality}.weight"].T
        first, last = ("down", "up") if config.kind == "residual" else ("0", "2")
        hidden = features @ of[f"{modality}.{first}.weight"].T + of[f"{modality}.{first}.bias"]
        hidden = _gelu(hidden) if config.kind == "residual" else np.maximum(hidden, 0)
        found = hidden @ of[f"{modality}.{last}.weight"].T + of[f"{modality}.{last}.bias"]
        if config.kind == "naive":
            return found
        kept = features if config.mix == "add" else (1 - config.alpha) * features
        return kept + config.alpha * found

    def _words(self, texts: Sequence[str]) -> Features:
        """See `retriever.adapter.words.WordVectors`: [n, dim]."""
        table = self._weights["words.table.weight"]
        found = [
            [self._rows[term] for term in tokenise(text) if term in self._rows] for text in texts
        ]
        return np.stack([table[rows].sum(axis=0) / max(len(rows), 1) ** 0.5 for rows in found])


def weights_fingerprint(config: AdapterConfig, weights: Mapping[str, Features]) -> str:
    """Hash (32 hex digits) of an adapter's config and weights, float32."""
    digest = hashlib.blake2b(digest_size=16, person=b"shoplens adapter")
    digest.update(config.model_dump_json().encode())
    for name, rows in sorted(weights.items()):
        digest.update(f"{name} {list(rows.shape)}\n".encode())
        digest.update(np.ascontiguousarray(rows).data)
    return digest.hexdigest()


def _normalised(rows: Features) -> Features:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(norms, _LEAST_NORM), np.float32)


def _gelu(rows: Features) -> Features:
    return np.asarray(0.5 * rows * (1 + _erf(rows / math.sqrt(2))), np.float32)

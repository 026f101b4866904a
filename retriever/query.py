"""Queries: words, a picture, or both, and the one vector they are searched by."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from retriever.embedding import SearchAdapter, SearchEncoder
from retriever.errors import QueryError
from retriever.index.base import Vector
from retriever.picture import Picture

PictureInput = Image.Image | Picture | Path | bytes
"""A picture as callers hold it: decoded, a product's, a file, or the bytes of a file."""

_NO_DIRECTION = 1e-6


@dataclass(frozen=True)
class Query:
    """What a shopper asks with.

    ``text`` is what a lexical search reads. ``phrasings`` are further wordings of it, such as a
    query transform of LlamaIndex writes: where there are any, the mean of their embeddings is
    searched for instead of that of ``text``. ``embedding`` [dim] takes the place of all of them; it lies
    in the index's space, so what the encoder made must have gone through the adapter already.
    """

    text: str = ""
    picture: PictureInput | None = None
    phrasings: tuple[str, ...] = ()
    embedding: Vector | None = None

    @property
    def wordings(self) -> list[str]:
        """The texts to embed, none of them blank."""
        return [text for text in self.phrasings or (self.text,) if text.strip()]


def embed(
    query: Query, encoder: SearchEncoder, adapter: SearchAdapter, picture_weight: float
) -> Vector:
    """The query's embedding [dim], unit length: features of the encoder through the adapter.

    The embeddings of text and picture are combined as ``normalise((1 - w) * text + w * picture)``, the query side of
    WeiMoCIR (Wu, Lin & Yang, "Training-free zero-shot composed image retrieval via weighted modality
    fusion and similarity", arXiv:2409.04918). It needs no training, and it is a baseline: it can ask
    for "like this picture, and blue", not for what must change about the picture. Text beyond the
    encoder's context length (77 tokens for CLIP) is cut off by its tokenizer.

    Raises `QueryError` for a query with neither text nor picture, `PictureError` for a picture that
    cannot be decoded.
    """
    words = _embed_words(query, encoder, adapter)
    if query.picture is None:
        if words is None:
            raise QueryError("the query is empty; give some text, a picture, or both")
        return words
    features = encoder.encode_pictures([open_picture(query.picture)])
    picture: Vector = adapter.embed_pictures(features)[0]
    if words is None:
        return picture
    return _normalise((1 - picture_weight) * words + picture_weight * picture)


def open_picture(picture: PictureInput) -> Image.Image:
    """Decode a query's picture as the catalogue's are decoded. Raises `PictureError`."""
    if isinstance(picture, Image.Image):
        # Through a lossless file: palettes, transparency and orientation are treated in one place.
        buffer = io.BytesIO()
        picture.save(buffer, format="PNG")
        return Picture(buffer.getvalue()).open()
    return (picture if isinstance(picture, Picture) else Picture(picture)).open()


def _embed_words(query: Query, encoder: SearchEncoder, adapter: SearchAdapter) -> Vector | None:
    if query.embedding is not None:
        return _normalise(query.embedding)
    if not query.wordings:
        return None
    wordings = query.wordings
    embeddings = adapter.embed_texts(encoder.encode_queries(wordings), wordings)
    return embeddings[0] if len(embeddings) == 1 else _normalise(embeddings.mean(axis=0))


def _normalise(vector: Vector) -> Vector:
    norm = float(np.linalg.norm(vector))
    if not _NO_DIRECTION < norm < np.inf:
        raise QueryError("the query's embedding is zero or not finite, so it has no direction")
    return (vector / norm).astype(np.float32)

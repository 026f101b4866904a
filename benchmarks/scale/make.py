"""Vectors to index and queries with their exact neighbours, made once and kept in a folder.

*synthetic*: clusters of about 100 on the unit sphere; queries are drawn from the clusters as the vectors
are. *real*: the embeddings of a catalogue's pictures by ``mini``, repeated with noise (a copy's cosine with
its original is about 0.97) until there are so many, and turned isometrically into more dimensions, which
changes no cosine; queries are the embeddings of the catalogue's titles.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.scale.data import K, Matrix
from retriever.catalogue import parse_aspect
from retriever.encoder import Encoder
from training.domains import Caches, catalogue_domain

Kind = Literal["synthetic", "real"]

SPREAD = 0.6
"""Length of what is added to a cluster's unit centre: cosine of two of a cluster is about 0.74."""
NOISE = 0.25
"""Length of the noise added to a unit embedding."""
_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Source:
    """A catalogue whose embeddings are repeated, and where its features are cached."""

    catalogue: Path
    aspect: str | None
    cache: Path


def make_data(
    folder: Path, kind: Kind, products: int, dim: int, queries: int, source: Source | None
) -> Path:
    """The folder of such data, made there unless it is there already."""
    place = folder / f"{kind}-{products}x{dim}"
    if (place / "done.json").exists():
        return place
    place.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    if kind == "real":
        if source is None:
            raise SystemExit("real embeddings need --catalogue")
        origins, asked = _embeddings(source, dim, queries, rng)
        noise = NOISE
    else:
        origins = _unit(rng.normal(size=(max(16, products // 100), dim)))
        asked = _spread(origins[rng.integers(len(origins), size=queries)], SPREAD, rng)
        noise = SPREAD
    vectors = np.lib.format.open_memmap(
        place / "vectors.npy", mode="w+", dtype=np.float32, shape=(products, dim)
    )
    best = np.full((queries, K), -2.0, np.float32)
    rows = np.zeros((queries, K), np.int64)
    for start, stop in blocks(products):
        block = _spread(origins[rng.integers(len(origins), size=stop - start)], noise, rng)
        vectors[start:stop] = block
        scores = np.concatenate([best, asked @ block.T], axis=1)
        known = np.concatenate([rows, np.tile(np.arange(start, stop), (queries, 1))], axis=1)
        few = np.argpartition(-scores, K, axis=1)[:, :K]
        order = np.take_along_axis(
            few, np.argsort(-np.take_along_axis(scores, few, axis=1), axis=1), axis=1
        )
        best = np.take_along_axis(scores, order, axis=1)
        rows = np.take_along_axis(known, order, axis=1)
    vectors.flush()
    np.save(place / "queries.npy", asked)
    np.save(place / "exact.npy", rows)
    (place / "done.json").write_text(json.dumps({"kind": kind}) + "\n", encoding="utf-8")
    return place


def blocks(count: int) -> Iterator[tuple[int, int]]:
    for start in range(0, count, _ROWS):
        yield start, min(start + _ROWS, count)


def _embeddings(
    source: Source, dim: int, queries: int, rng: np.random.Generator
) -> tuple[Matrix, Matrix]:
    encoder = Encoder.load("mini")
    domain = catalogue_domain(
        source.catalogue,
        encoder,
        Caches.of(source.cache, encoder),
        aspect=None if source.aspect is None else parse_aspect(source.aspect),
    )
    if dim < encoder.dim:
        raise SystemExit(f"--dim is {dim}; real embeddings have {encoder.dim} numbers or more")
    turn = np.linalg.qr(rng.normal(size=(dim, encoder.dim)))[0].T.astype(np.float32)
    asked = rng.choice(len(domain.pairs), queries, replace=len(domain.pairs) < queries)
    return domain.features.pictures @ turn, domain.features.texts[asked] @ turn


def _spread(origins: Matrix, length: float, rng: np.random.Generator) -> Matrix:
    noise = rng.standard_normal(origins.shape, np.float32) * (length / origins.shape[1] ** 0.5)
    return _unit(origins + noise)


def _unit(vectors: "NDArray[np.float32] | NDArray[np.float64]") -> Matrix:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)

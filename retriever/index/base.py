"""The one interface behind which every index engine stands.

An *index* has a name and holds *versions*; a version holds the vectors and payloads of products
encoded by one fingerprint. The *alias* is the version that is served; `activate` moves it atomically.
Named vectors of every point: ``image`` (dense, cosine) and ``text`` (sparse BM25).

Payload of a point, the same in every engine::

    {"product": {...Product.model_dump()...},      # what is shown
     "filter": {"base_colour": "navy blue", ...},  # what is filtered by: text case-folded, numbers as
                                                   # floats, bools as "true" and "false"
     "keys": {"picture": "...", "record": "..."}}  # what an incremental update compares
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from retriever.errors import ProductIndexError, SettingsError
from retriever.index.settings import IndexSettings
from retriever.product import Product
from retriever.where import Fields, Where

Vector = NDArray[np.float32]

Embed = Callable[[list[str]], NDArray[np.float32]]
"""Embeddings [n, dim] (unit length) of n pictures, in their order, by `Picture.key`."""


@dataclass(frozen=True, slots=True)
class SparseVector:
    """BM25 terms: ``indices`` [n] uint32, unique; ``values`` [n] float32 weights."""

    indices: NDArray[np.uint32]
    values: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class RecordKeys:
    """What decides whether a product must be written again.

    ``picture`` is `Picture.key`; ``record`` hashes everything else that is stored for the product.
    """

    picture: str
    record: str


@dataclass(frozen=True, slots=True)
class IndexRecord:
    """One product as it is written: its embedding [dim] (unit length), BM25 terms and keys."""

    product: Product
    embedding: Vector
    terms: SparseVector
    keys: RecordKeys


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """One product as it is read back, without its embedding."""

    product: Product
    terms: SparseVector
    keys: RecordKeys


@dataclass(frozen=True, slots=True)
class IndexSpec:
    """What a version is made with; stored beside the vectors and checked whenever it is opened.

    ``encoder`` and ``adapter`` say what to load for searching it (`Encoder.spec`, `Adapter.spec`), and
    ``fingerprint`` that it is still the same. ``settings`` say how its vectors are kept.
    """

    fingerprint: str
    encoder: str
    dim: int
    fields: Fields
    text_template: str = ""
    adapter: str = "identity"
    settings: IndexSettings = field(default_factory=IndexSettings)


@dataclass(frozen=True, slots=True)
class VersionInfo:
    """A stored version: its name (``"v0001"``, ...), spec, whether the load was completed, and how many
    products it holds (as of the last acknowledged write). ``graph_pending``: it is to have a graph, which
    nobody has built yet, so that every search compares all vectors.
    """

    version: str
    spec: IndexSpec
    complete: bool
    count: int
    graph_pending: bool = False


@dataclass(frozen=True, slots=True)
class Mmr:
    """Maximal marginal relevance (Carbonell & Goldstein, SIGIR 1998).

    ``diversity`` 0 ranks by relevance alone, 1 by novelty alone; ``candidates`` are re-ranked. Similarities of
    words to pictures differ less among candidates than those of pictures to each other, so that from 0.4 on
    novelty outweighs relevance (docs/log.md).
    """

    diversity: float = 0.3
    candidates: int = 100


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A search in one version.

    ``embedding`` [dim] alone is a dense search (scores: cosine similarity), ``terms`` alone a lexical
    one (scores: BM25), both a hybrid one (reciprocal rank fusion, scores: sum of 1 / (60 + rank), ranks
    from 0). ``where`` is pushed down into every part. ``exact`` bypasses the approximate graph. ``mmr``
    re-ranks a dense search; scores stay cosine similarities, so they need not fall from hit to hit.
    """

    limit: int
    embedding: Vector | None = None
    terms: SparseVector | None = None
    where: Where | None = None
    mmr: Mmr | None = None
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A found product (without picture bytes), its score (higher is better) and its `Picture.key`."""

    product: Product
    score: float
    picture_key: str = ""


class IndexVersion(ABC):
    """One version, open for reading and writing. Close it (or use ``with``) to release it."""

    @property
    @abstractmethod
    def info(self) -> VersionInfo: ...

    @abstractmethod
    def upsert(self, records: Sequence[IndexRecord]) -> None:
        """Write products, replacing those with the same id. Durable when it returns.

        What is begun after another version took this one's place is written here all the same, and not served.
        """

    @abstractmethod
    def delete(self, product_ids: Iterable[str]) -> int:
        """Remove products; returns how many were there."""

    @abstractmethod
    def keys(self) -> dict[str, RecordKeys]:
        """Keys of every stored product, by product id."""

    @abstractmethod
    def records(self, batch_size: int = 1000) -> Iterator[list[StoredRecord]]:
        """Every stored product, in batches of at most that many, in no order that means anything."""

    @abstractmethod
    def keys_of(self, product_ids: Sequence[str]) -> dict[str, RecordKeys]:
        """Keys of these products, by product id; unknown ids are left out."""

    @abstractmethod
    def get(self, product_ids: Sequence[str]) -> list[Product]:
        """Stored products in the order asked; unknown ids are left out."""

    @abstractmethod
    def vectors(self, product_ids: Sequence[str]) -> dict[str, Vector]:
        """Stored embeddings [dim] by product id; unknown ids are left out."""

    @abstractmethod
    def search(self, request: SearchRequest) -> list[Hit]:
        """The best products, best first. Raises `FilterError`, `QueryError`, `ProductIndexError`."""

    @abstractmethod
    async def asearch(self, request: SearchRequest) -> list[Hit]:
        """As `search`, without blocking the event loop."""

    @abstractmethod
    def count(self, where: Where | None = None) -> int:
        """How many products match."""

    @abstractmethod
    def values(self, field_name: str, limit: int = 100) -> dict[str, int]:
        """Values of a keyword or bool field with how many products have them, most frequent first.

        Raises `FilterError` for an unknown field or one of numbers.
        """

    @abstractmethod
    def bounds(self, field_name: str) -> tuple[float, float] | None:
        """The lowest and the highest number of a number field; None where no product has one.

        Raises `FilterError` for an unknown field or one that holds no numbers.
        """

    @abstractmethod
    def finish(self, *, graph: bool = True) -> None:
        """Mark the load complete and let the engine optimise its storage.

        Without ``graph`` that is left to a later `finish`, in an engine that would keep searches waiting for it;
        until then they compare all vectors.
        """

    @abstractmethod
    def close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class ProductIndex(ABC):
    """A named index: its versions and the alias that says which of them is served."""

    engine: str
    name: str
    copies: bool = False
    """Whether versions can be copied (`copy`), so that a graph is built beside the version that is served."""
    quantises: bool = True
    """Whether vectors can be quantised."""

    @abstractmethod
    def versions(self) -> list[VersionInfo]:
        """Every stored version, oldest first, incomplete ones included."""

    @abstractmethod
    def active(self) -> str | None:
        """The version that the alias names, or None before the first `activate`."""

    def check(self, settings: IndexSettings) -> None:
        """Raises `SettingsError` for what the engine cannot do, as `create` does."""
        if settings.quantisation != "none" and not self.quantises:
            raise SettingsError(
                f"engine {self.engine!r} is used without quantisation; leave it out, or choose engine 'edge' or a "
                "Qdrant server"
            )

    @abstractmethod
    def create(self, spec: IndexSpec) -> IndexVersion:
        """A new, empty, incomplete version with its payload indexes made before the load."""

    @abstractmethod
    def open(self, version: str | None = None) -> IndexVersion:
        """Open a version (the active one by default).

        Raises `IndexMissingError`, `IndexLockedError`.
        """

    @abstractmethod
    def activate(self, version: str) -> None:
        """Serve this version from now on (atomic). Raises `ProductIndexError` if it is incomplete."""

    def copy(
        self, source: IndexVersion, spec: IndexSpec, embed: Embed | None = None
    ) -> IndexVersion:
        """A new version with what an open one holds, by the engine's own files; incomplete until finished.

        ``spec`` is that of the source but for encoder, adapter and fingerprint; where they are others, ``embed``
        makes the embeddings, a batch at a time. The source is searched meanwhile. The copy is listed once it is
        whole, so an interruption leaves nothing of it. Raises `ProductIndexError` in engines that do not
        copy, when the source is written to meanwhile and when there is no space.
        """
        raise ProductIndexError(
            f"engine {self.engine} does not copy versions; build a new one of {source.info.version} as {spec.adapter}"
        )

    def revision(self, version: str) -> int:
        """A number that every change of a version changes before it begins; only in engines that copy."""
        raise ProductIndexError(f"engine {self.engine} does not count the writes to {version}")

    def activate_instead(self, version: str, source: str, revision: int) -> bool:
        """Serve what was made of a source in its place, if that is served and has that revision still (atomic).

        So no write to the source that began before is lost. Whether it did; only in engines that copy.
        Raises `ProductIndexError` if the version is incomplete.
        """
        raise ProductIndexError(f"engine {self.engine} does not count the writes to {source}")

    def take_back(self, version: str) -> bool:
        """Serve a version where nothing but a copy of it, never written to, has taken its place (atomic).

        Whether it is served now; only in engines that copy.
        """
        raise ProductIndexError(f"engine {self.engine} has no copies of {version}")

    @abstractmethod
    def drop(self, version: str) -> None:
        """Delete a version. Raises `ProductIndexError` for the active one."""

    @abstractmethod
    def close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

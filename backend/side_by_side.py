"""Searching the served products with adapters other than the one that they are served with.

The index holds vectors of one adapter. Those of another are one matrix product over the cached features,
as everywhere in shoplens; they are kept for the next query and every product is compared with it.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from retriever.adapter import (
    IDENTITY,
    Adapter,
    find_adapters,
    locate_adapter,
    open_adapter,
    read_record,
)
from retriever.embedding import SearchEncoder
from retriever.errors import AdapterError, QueryError
from retriever.features import FeatureCache, Features
from retriever.index.base import IndexVersion
from retriever.query import Query, embed
from retriever.retrieved import RetrievedProduct
from retriever.search import ProductSearch

_MOST_BYTES = 400_000_000
"""Of embeddings in memory, 4 bytes x dim x products for each adapter, beside what serving takes."""


@dataclass(frozen=True, slots=True)
class FittingAdapter:
    """An adapter for the served encoder; ``in_use`` where the index is served with it.

    Recall@10 as its training measured it, where it did: zero-shot and adapted.
    """

    name: str
    in_use: bool
    trained_on: str = ""
    recall_before: float | None = None
    recall_after: float | None = None


def fitting_adapters(search: ProductSearch, folder: Path) -> list[FittingAdapter]:
    """Zero-shot first, then the adapters of the served encoder's backbone by name.

    Records that cannot be read are left out: `shoplens adapter list` tells what is wrong with them.
    """
    served = search.version.info.spec.adapter
    found = [FittingAdapter(IDENTITY, served == IDENTITY)]
    for name, path in find_adapters(folder).items():
        try:
            record = read_record(path)
        except AdapterError:
            continue
        if record["backbone"] == search.encoder.fingerprint:
            metrics = record["metrics"]
            found.append(
                FittingAdapter(
                    name,
                    name == served,
                    str(record["recipe"].get("trained_on", "")),
                    metrics.get("zero_shot", {}).get("recall@10"),
                    metrics.get("adapted", {}).get("recall@10"),
                )
            )
    return found


class SideBySide:
    """Exact searches of the served products, with any adapter of their encoder. Threads may share it."""

    def __init__(self, *, adapters: Path, features: Path) -> None:
        self._adapters = adapters
        self._features = features
        self._lock = threading.Lock()
        self._pools: OrderedDict[tuple[str, int, str], _Pool] = OrderedDict()

    def search(
        self, search: ProductSearch, text: str, adapter: str, k: int
    ) -> list[RetrievedProduct]:
        """The ``k`` nearest products to some words, through an adapter by name.

        Raises `QueryError` for no words and for more products than memory is set aside for, `AdapterError` for an adapter of another encoder,
        `FeatureCacheError` where the features of some pictures are not kept.
        """
        pool = self._pool(search.version, search.encoder, adapter)
        query = embed(Query(text), search.encoder, pool.adapter, picture_weight=0.0)
        scores = pool.embeddings @ query
        best = np.argsort(-scores, kind="stable")[:k]
        ids = [pool.ids[row] for row in best]
        products = {product.id: product for product in search.version.get(ids)}
        keys = search.version.keys_of(ids)
        return [
            RetrievedProduct(
                products[pool.ids[row]], float(scores[row]), rank, keys[pool.ids[row]].picture
            )
            for rank, row in enumerate(best, 1)
            if pool.ids[row] in products
        ]

    def _pool(self, version: IndexVersion, encoder: SearchEncoder, adapter: str) -> "_Pool":
        info = version.info
        size = 4 * info.spec.dim * info.count
        if size > _MOST_BYTES:
            raise QueryError(
                f"comparing adapters over {info.count:,} products takes {size / 1e9:.1f} GB of the server's "
                "memory for each; compare them with `shoplens eval CATALOGUE --adapter NAME`"
            )
        # By its fingerprint: an adapter may have been trained anew under its name.
        revision = IDENTITY
        if adapter != IDENTITY:
            revision = read_record(locate_adapter(adapter, self._adapters))["fingerprint"]
        # An update in place keeps the version's name; one that keeps the count too is rare enough, and
        # only on a server can it happen while the version is served.
        key = (info.version, info.count, revision)
        with self._lock:
            pool = self._pools.pop(key, None)
            if pool is None:
                pool = self._embed(version, encoder, adapter)
            self._pools[key] = pool
            while sum(kept.embeddings.nbytes for kept in self._pools.values()) > _MOST_BYTES:
                self._pools.popitem(last=False)
            return pool

    def _embed(self, version: IndexVersion, encoder: SearchEncoder, name: str) -> "_Pool":
        adapter = open_adapter(name, encoder, self._adapters)
        keys = version.keys()
        ids = sorted(keys)
        cache = FeatureCache(self._features, encoder.fingerprint, encoder.dim)
        features = cache.get([keys[product_id].picture for product_id in ids])
        return _Pool(ids, adapter.embed_pictures(features), adapter)


@dataclass(frozen=True, slots=True)
class _Pool:
    """Ids of all products and their embeddings [n, dim] in the same order."""

    ids: list[str]
    embeddings: Features
    adapter: Adapter

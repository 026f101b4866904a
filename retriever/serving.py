"""`ServedIndex`: the served version of an index for a long-running process, swapped while it is searched."""

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Unpack

from retriever.adapter import open_adapter
from retriever.alias_follower import AliasFollower
from retriever.encoder import Encoder
from retriever.encoder.runtime import Runtime
from retriever.errors import ProductIndexError
from retriever.features import FeatureCache
from retriever.index import ProductIndex
from retriever.product import Product
from retriever.query import PictureInput, Query
from retriever.readapting import ReadaptingProgress, ReadaptingReport, readapt
from retriever.retrieved import RetrievedProduct
from retriever.search import SearchOptions
from retriever.versions import drop_old_versions
from retriever.where import Where


class ServedIndex(AliasFollower):
    """Searches whatever version the alias names, with the encoder and adapter that built it.

    Each search runs whole on one version, as `AliasFollower` opens them. ``adapters`` and ``features`` are the
    folders of adapters and of the feature cache; ``encoder`` replaces the one that the index names; ``exports``
    and ``runtime`` are for loading it (see `Encoder.load`). Closing it leaves the index itself open.

        with ServedIndex(index, adapters=data / "adapters", features=data / "features") as served:
            served.search("a red handbag", limit=5)
            served.use_adapter("fashion")
    """

    def __init__(
        self,
        index: ProductIndex,
        *,
        adapters: Path | None = None,
        features: Path | None = None,
        encoder: Encoder | None = None,
        exports: Path | None = None,
        runtime: Runtime = "auto",
    ) -> None:
        super().__init__(
            index, adapters=adapters, encoder=encoder, exports=exports, runtime=runtime
        )
        self._features = features
        # Held while a version is built; searches go on.
        self._adapting = threading.Lock()

    # Searching

    def search(
        self,
        text: str | None = None,
        picture: PictureInput | None = None,
        **options: Unpack[SearchOptions],
    ) -> list[RetrievedProduct]:
        """See `ProductSearch.search`."""
        return self.run(Query(text or "", picture), **options)

    async def asearch(
        self,
        text: str | None = None,
        picture: PictureInput | None = None,
        **options: Unpack[SearchOptions],
    ) -> list[RetrievedProduct]:
        """See `ProductSearch.asearch`; a new version is opened without blocking the event loop."""
        return await self.arun(Query(text or "", picture), **options)

    def run(self, query: Query, **options: Unpack[SearchOptions]) -> list[RetrievedProduct]:
        """See `ProductSearch.run`."""
        return self._answer(lambda search: search.run(query, **options))

    async def arun(self, query: Query, **options: Unpack[SearchOptions]) -> list[RetrievedProduct]:
        """See `ProductSearch.arun`."""
        return await self._aanswer(lambda search: search.arun(query, **options))

    def similar(
        self, product_id: str, *, where: Where | None = None, limit: int | None = None
    ) -> list[RetrievedProduct]:
        """See `ProductSearch.similar`."""
        return self._answer(lambda search: search.similar(product_id, where=where, limit=limit))

    async def asimilar(
        self, product_id: str, *, where: Where | None = None, limit: int | None = None
    ) -> list[RetrievedProduct]:
        """See `ProductSearch.asimilar`."""
        return await self._aanswer(
            lambda search: search.asimilar(product_id, where=where, limit=limit)
        )

    def get(self, product_ids: Sequence[str]) -> list[Product]:
        """Stored products in the order asked; unknown ids are left out."""
        return self._answer(lambda search: search.version.get(product_ids))

    async def aget(self, product_ids: Sequence[str]) -> list[Product]:
        """As `get`, without blocking the event loop."""
        return await asyncio.to_thread(self.get, product_ids)

    def values(self, field_name: str, limit: int = 100) -> dict[str, int]:
        """See `IndexVersion.values`."""
        return self._answer(lambda search: search.version.values(field_name, limit))

    async def avalues(self, field_name: str, limit: int = 100) -> dict[str, int]:
        """As `values`, without blocking the event loop."""
        return await asyncio.to_thread(self.values, field_name, limit)

    # Swapping

    def use_adapter(
        self, adapter: str, *, on_progress: ReadaptingProgress | None = None
    ) -> ReadaptingReport:
        """Serve the same products with another adapter; searches run meanwhile. See `readapt`.

        Searches use the adapter from ``served_after`` on, which is before it returns where a graph is built.
        One call at a time is worked on, others wait.
        Raises what `readapt` raises, and `ProductIndexError` without a folder of features.
        """
        if self._features is None:
            raise ProductIndexError(
                "the features that another adapter is applied to are unknown here; give ServedIndex the "
                "folder of the feature cache"
            )
        with self._adapting:
            with self.pinned() as search:
                encoder = search.encoder
                report = readapt(
                    self.index,
                    encoder,
                    open_adapter(adapter, encoder, self._adapters),
                    cache=FeatureCache(self._features, encoder.fingerprint, encoder.dim),
                    source=search.version,
                    on_progress=on_progress,
                )
            self._refresh(at_once=True)
            if report.version != report.previous:
                # What was served for as long as the graph was built could not go before.
                drop_old_versions(self.index, report.previous)
        return report

    async def ause_adapter(
        self, adapter: str, *, on_progress: ReadaptingProgress | None = None
    ) -> ReadaptingReport:
        """As `use_adapter`, in a worker thread, which also calls ``on_progress``."""
        return await asyncio.to_thread(self.use_adapter, adapter, on_progress=on_progress)

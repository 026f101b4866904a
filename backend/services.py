"""`Services`: what a running server holds, made once and handed to every route."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from backend.security.fetching import PictureFetcher
from backend.server_settings import ServerSettings
from backend.side_by_side import SideBySide
from backend.store import Store
from backend.telemetry import Metrics
from generator.abstention import Calibrations
from generator.llm.settings import LlmSettings
from generator.recommender import Recommender
from retriever.capabilities import Capabilities
from retriever.encoder import Encoder
from retriever.index import open_index
from retriever.index.base import IndexVersion
from retriever.product import Product
from retriever.search import ProductSearch
from retriever.serving import ServedIndex
from retriever.thumbnails import ThumbnailStore


@dataclass(slots=True)
class Services:
    """The served index and what goes with it. Used on one event loop; close it in the end."""

    settings: ServerSettings
    served: ServedIndex
    thumbnails: ThumbnailStore
    store: Store
    metrics: Metrics
    llm: LlmSettings | None
    side_by_side: SideBySide
    pictures: PictureFetcher
    busy: set[str] = field(default_factory=set)
    """Ids of conversations that a reply is being written in."""

    closing: set["asyncio.Task[None]"] = field(default_factory=set)
    """What is still cleaned up after clients that went away."""

    warming: "asyncio.Task[None] | None" = None
    """The import of the language model's client, begun with the server; no one is to wait for it."""

    remembered: OrderedDict[str, str] = field(default_factory=OrderedDict)
    """Conversations of OpenAI's clients as JSON, by the hash of their messages; the oldest first."""

    _capabilities: Capabilities | None = None

    @classmethod
    def open(cls, settings: ServerSettings) -> "Services":
        """Raises `SettingsError` for a database or a list of hosts, `EncoderError` for an encoder that cannot be used.

        A missing or locked index is no error here: `/readyz` says so until there is one.
        """
        key = settings.qdrant_api_key
        url = settings.qdrant_url
        folders = settings.folders
        runtime, exports = settings.runtime, folders.exports
        encoder = (
            Encoder.load(settings.encoder, runtime=runtime, exports=exports)
            if settings.encoder
            else None
        )
        index = open_index(
            settings.name,
            path=None if url else folders.index,
            url=url,
            api_key=key.get_secret_value() if key and url else None,
        )
        llm = LlmSettings.from_environment()
        return cls(
            settings=settings,
            served=ServedIndex(
                index,
                adapters=folders.adapters,
                features=folders.features,
                encoder=encoder,
                exports=exports,
                runtime=runtime,
            ),
            thumbnails=ThumbnailStore(folders.pictures),
            store=Store(settings.database),
            metrics=Metrics(),
            side_by_side=SideBySide(adapters=folders.adapters, features=folders.features),
            pictures=PictureFetcher(settings.picture_hosts, max_bytes=settings.max_body_bytes),
            llm=llm and llm.model_copy(update={"timeout": settings.llm_timeout}),
        )

    def close(self) -> None:
        self.served.close()
        self.served.index.close()
        self.store.close()

    @asynccontextmanager
    async def pinned(self) -> AsyncIterator[ProductSearch]:
        """The search of the served version, the same until the block ends; the loop never waits."""
        async with self.served.apinned() as search:
            yield search

    async def capabilities(self, version: IndexVersion) -> Capabilities:
        """What a version can be asked, read again when it or its number of products has changed."""
        info = await asyncio.to_thread(lambda: version.info)
        known = self._capabilities
        if known is None or (known.version, known.products, known.fingerprint) != (
            info.version,
            info.count,
            info.spec.fingerprint,
        ):
            known = self._capabilities = await asyncio.to_thread(Capabilities.read, version)
        return known

    async def product(self, product_id: str) -> tuple[Product, str] | None:
        """A stored product and the key of its picture, or None."""

        def read() -> tuple[Product, str] | None:
            with self.served.pinned() as search:
                found = search.version.get([product_id])
                keys = search.version.keys_of([product_id])
            return (found[0], keys[product_id].picture) if found and keys else None

        return await asyncio.to_thread(read)

    @asynccontextmanager
    async def recommender(self) -> AsyncIterator[Recommender]:
        """A recommender over the served version, which stays the same until the block ends."""
        async with self.pinned() as search:
            capabilities = await self.capabilities(search.version)
            yield Recommender(
                search,
                capabilities,
                llm=self.llm,
                thumbnails=self.thumbnails,
                abstention=Calibrations(self.settings.folders.calibrations),
            )

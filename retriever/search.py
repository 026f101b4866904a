"""`ProductSearch`: queries in, retrieved products out. Knows encoders and indexes, not LlamaIndex."""

import asyncio
from collections.abc import Sequence
from typing import TypedDict, Unpack, get_args

from retriever.adapter import FrozenAdapter, check_backbone
from retriever.embedding import SearchAdapter, SearchEncoder
from retriever.errors import FingerprintError, QueryError, SettingsError
from retriever.fingerprint import fingerprint
from retriever.index.base import (
    Hit,
    IndexVersion,
    Mmr,
    SearchRequest,
    VersionInfo,
)
from retriever.index.request import MAX_LIMIT
from retriever.lexical import query_terms
from retriever.query import PictureInput, Query, embed
from retriever.retrieved import Mode, RetrievedProduct
from retriever.stages import stage
from retriever.where import And, Where


class SearchOptions(TypedDict, total=False):
    """What one search may set for itself; what it leaves out is as the `ProductSearch` has it.

    ``where`` narrows the search's own filter further and never replaces it. ``exact`` compares every
    product with the query, not only those that the index's graph leads to.
    """

    where: Where | None
    limit: int
    mode: Mode
    picture_weight: float
    mmr: Mmr | None
    exact: bool


class ProductSearch:
    """Search one version of an index with the encoder and the adapter (None: the identity) that built it.

    ``top_k``, ``mode``, ``picture_weight`` and ``mmr`` are defaults for every search, ``where`` a
    filter on every search. ``picture_weight`` is the picture's share, 0 to 1, where both text and
    picture are given (see `retriever.query.embed`); ``mmr`` diversifies dense searches.

    Raises `FingerprintError` when the index was built by another encoder or adapter, `AdapterError` when
    the two do not belong together, `SettingsError` for MMR in a mode that has none.
    """

    def __init__(
        self,
        *,
        version: IndexVersion,
        encoder: SearchEncoder,
        adapter: SearchAdapter | None = None,
        top_k: int = 10,
        mode: Mode = "dense",
        where: Where | None = None,
        picture_weight: float = 0.5,
        mmr: Mmr | None = None,
    ) -> None:
        if mmr is not None and mode != "dense":
            raise SettingsError(f"mmr re-ranks dense searches only; leave it out of mode {mode!r}")
        adapter = FrozenAdapter.identity(encoder.dim) if adapter is None else adapter
        check_fingerprint(version.info, encoder, adapter)
        self.version = version
        self.encoder = encoder
        self.adapter = adapter
        self.top_k = top_k
        self.mode: Mode = mode
        self.where = where
        self.picture_weight = picture_weight
        self.mmr = mmr

    def search(
        self,
        text: str | None = None,
        picture: PictureInput | None = None,
        **options: Unpack[SearchOptions],
    ) -> list[RetrievedProduct]:
        """The best products for a text, a picture, or both, best first; for scores see `Mode`.

        Raises `QueryError` for a query with nothing to search by in its mode, `FilterError` for a
        filter that the index cannot apply, `PictureError` for an unusable picture.
        """
        return self.run(Query(text or "", picture), **options)

    async def asearch(
        self,
        text: str | None = None,
        picture: PictureInput | None = None,
        **options: Unpack[SearchOptions],
    ) -> list[RetrievedProduct]:
        """As `search`, without blocking the event loop: encoding runs in a worker thread."""
        return await self.arun(Query(text or "", picture), **options)

    def run(self, query: Query, **options: Unpack[SearchOptions]) -> list[RetrievedProduct]:
        """`search` for a query that is already put together."""
        return _ranked(self.version.search(self._request(query, options)))

    async def arun(self, query: Query, **options: Unpack[SearchOptions]) -> list[RetrievedProduct]:
        """As `run`, without blocking the event loop."""
        with stage("encode", **{"gen_ai.operation.name": "embeddings"}):
            request = await asyncio.to_thread(self._request, query, options)
        with stage("search", **{"shoplens.limit": request.limit}):
            return _ranked(await self.version.asearch(request))

    def similar(
        self, product_id: str, *, where: Where | None = None, limit: int | None = None
    ) -> list[RetrievedProduct]:
        """Products that look like a stored one, by its stored embedding; itself left out.

        Scores are cosine similarities. Raises `QueryError` for an unknown product id.
        """
        request = self._similar_request(product_id, where, limit)
        return _others(self.version.search(request), product_id, request.limit - 1)

    async def asimilar(
        self, product_id: str, *, where: Where | None = None, limit: int | None = None
    ) -> list[RetrievedProduct]:
        """As `similar`, without blocking the event loop."""
        request = await asyncio.to_thread(self._similar_request, product_id, where, limit)
        with stage("search", **{"shoplens.limit": request.limit}):
            hits = await self.version.asearch(request)
        return _others(hits, product_id, request.limit - 1)

    def _request(self, query: Query, options: SearchOptions) -> SearchRequest:
        mode = options.get("mode", self.mode)
        if mode not in get_args(Mode):
            raise QueryError(f"unknown mode {mode!r}; choose from {', '.join(get_args(Mode))}")
        weight = options.get("picture_weight", self.picture_weight)
        if not 0 <= weight <= 1:
            raise QueryError(f"picture_weight is {weight}; it lies between 0 and 1")
        has_words = bool(query.text.strip())
        if mode == "lexical" and query.picture is not None:
            raise QueryError("a lexical search reads words only; use mode dense or hybrid")
        if mode == "hybrid" and not has_words and query.picture is not None:
            raise QueryError("a hybrid search needs text too; use mode dense for a picture alone")
        if mode != "dense" and not has_words:
            raise QueryError(f"a {mode} search needs some text; the query has none")
        return SearchRequest(
            limit=options.get("limit", self.top_k),
            embedding=None
            if mode == "lexical"
            else embed(query, self.encoder, self.adapter, weight),
            terms=None if mode == "dense" else query_terms(query.text),
            where=self._narrowed(options.get("where")),
            mmr=options.get("mmr", self.mmr if mode == "dense" else None),
            exact=options.get("exact", False),
        )

    def _similar_request(
        self, product_id: str, where: Where | None, limit: int | None
    ) -> SearchRequest:
        embedding = self.version.vectors([product_id]).get(product_id)
        if embedding is None:
            raise QueryError(f"no product {product_id!r} in the index; check the id")
        wanted = self.top_k if limit is None else limit
        if not 1 <= wanted < MAX_LIMIT:
            raise QueryError(f"limit is {wanted}; ask for 1 to {MAX_LIMIT - 1} similar products")
        # One more than asked, as the product itself is usually the nearest to its own embedding.
        return SearchRequest(limit=wanted + 1, embedding=embedding, where=self._narrowed(where))

    def _narrowed(self, where: Where | None) -> Where | None:
        if self.where is None or where is None:
            return where or self.where
        return And((self.where, where))


def check_fingerprint(info: VersionInfo, encoder: SearchEncoder, adapter: SearchAdapter) -> None:
    """Raises `FingerprintError` unless the version was built by this encoder and adapter.

    Raises `AdapterError` when the adapter is not of this encoder.
    """
    check_backbone(adapter, encoder)
    spec = info.spec
    current = fingerprint(encoder.fingerprint, adapter.fingerprint)
    if spec.fingerprint != current:
        raise FingerprintError(
            f"version {info.version} of the index was built by encoder {spec.encoder} with adapter "
            f"{spec.adapter or '(unnamed)'} (fingerprint {spec.fingerprint}), but encoder {encoder.spec} "
            f"with adapter {adapter.spec or '(unnamed)'} here has the fingerprint {current}: their vectors "
            "do not compare; run `shoplens index` again with these, or load the other ones"
        )


def _ranked(hits: Sequence[Hit]) -> list[RetrievedProduct]:
    return [
        RetrievedProduct(hit.product, hit.score, rank, hit.picture_key)
        for rank, hit in enumerate(hits, 1)
    ]


def _others(hits: Sequence[Hit], product_id: str, limit: int) -> list[RetrievedProduct]:
    return _ranked([hit for hit in hits if hit.product.id != product_id][:limit])

"""`ProductRetriever`: product search as a retriever of LlamaIndex."""

from pathlib import Path

import numpy as np
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.callbacks.base import CallbackManager
from llama_index.core.schema import NodeWithScore, QueryBundle
from llama_index.core.vector_stores.types import MetadataFilters

from retriever.adapter import Adapter
from retriever.encoder import Encoder
from retriever.index.base import IndexVersion, Mmr
from retriever.node import to_node
from retriever.query import Query
from retriever.retrieved import Mode
from retriever.search import ProductSearch
from retriever.where import And, Where
from retriever.where_llama_index import where_from_metadata_filters


class ProductRetriever(ProductSearch, BaseRetriever):
    """Retrieve products in any query engine of LlamaIndex; `search` and `similar` work here too.

    Of a `QueryBundle`, ``query_str`` is the text and ``image_path`` a file with a picture, either may
    be empty; ``custom_embedding_strs`` (which query transforms such as HyDE write) are embedded in
    place of the text and averaged, and ``embedding`` [dim] takes the place of all text in a dense
    search. Nodes are `retriever.node.ProductNode` with the product id as node id; for scores see
    `retriever.retrieved.Mode`.

    ``filters`` and ``where`` both hold when both are given; they are pushed down into the index, and
    what cannot be is refused with a `FilterError`. For the other arguments and errors see
    `ProductSearch`.

        retriever = ProductRetriever(version=index.open(), encoder=encoder, top_k=5)
        RetrieverQueryEngine.from_args(retriever, llm=llm).query("a small orange plush toy")
    """

    def __init__(
        self,
        *,
        version: IndexVersion,
        encoder: Encoder,
        adapter: Adapter | None = None,
        top_k: int = 10,
        mode: Mode = "dense",
        where: Where | None = None,
        filters: MetadataFilters | None = None,
        picture_weight: float = 0.5,
        mmr: Mmr | None = None,
        callback_manager: CallbackManager | None = None,
        verbose: bool = False,
    ) -> None:
        given = where, None if filters is None else where_from_metadata_filters(filters)
        parts = tuple(part for part in given if part is not None)
        ProductSearch.__init__(
            self,
            version=version,
            encoder=encoder,
            adapter=adapter,
            top_k=top_k,
            mode=mode,
            where=And(parts) if len(parts) > 1 else next(iter(parts), None),
            picture_weight=picture_weight,
            mmr=mmr,
        )
        BaseRetriever.__init__(self, callback_manager=callback_manager, verbose=verbose)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [to_node(retrieved) for retrieved in self.run(_query(query_bundle))]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [to_node(retrieved) for retrieved in await self.arun(_query(query_bundle))]


def _query(bundle: QueryBundle) -> Query:
    return Query(
        text=bundle.query_str,
        picture=None if bundle.image_path is None else Path(bundle.image_path),
        phrasings=tuple(bundle.custom_embedding_strs or ()),
        embedding=None if bundle.embedding is None else np.asarray(bundle.embedding, np.float32),
    )

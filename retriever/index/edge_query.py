"""A checked search -> the query objects of Qdrant Edge."""

from typing import cast

import qdrant_edge as edge

from retriever.index.base import SearchRequest, SparseVector
from retriever.index.filters import Dialect, to_filter
from retriever.index.payload import HIT_PAYLOAD
from retriever.index.request import RRF_K, fusion_depth, has_terms
from retriever.index.settings import IndexSettings

EDGE = Dialect(
    filter=edge.Filter,
    condition=edge.FieldCondition,
    match_value=edge.MatchValue,
    match_any=edge.MatchAny,
    range=edge.RangeFloat,
)

# The stub does not say that Rrf is a Fusion, as which the engine takes it.
_RRF = cast(edge.Fusion, edge.Fusion.Rrf(k=RRF_K))


def edge_sparse(terms: SparseVector) -> edge.SparseVector:
    return edge.SparseVector(terms.indices.tolist(), terms.values.tolist())


def edge_query(
    request: SearchRequest, settings: IndexSettings, products: int = 0
) -> edge.QueryRequest:
    """Dense, lexical, hybrid or MMR, by what the request holds; the filter is in every part.

    ``products`` are those of the version.
    """
    where = None if request.where is None else to_filter(request.where, EDGE)
    params = edge.SearchParams(
        hnsw_ef=settings.width(products=products, filtered=where is not None),
        exact=request.exact,
        quantization=edge.QuantizationSearchParams(
            ignore=request.exact, rescore=settings.rescore, oversampling=settings.candidates
        ),
    )
    dense = lexical = None
    if request.embedding is not None:
        dense = edge.Query.Nearest(request.embedding.tolist(), using="image")
    if request.terms is not None and has_terms(request):
        lexical = edge.Query.Nearest(edge_sparse(request.terms), using="text")
    if request.embedding is not None and request.terms is not None:
        depth = fusion_depth(request.limit)
        return edge.QueryRequest(
            limit=request.limit,
            query=_RRF,
            prefetches=[
                edge.Prefetch(limit=depth, query=part, filter=where, params=params)
                for part in (dense, lexical)
                if part is not None
            ],
            with_payload=HIT_PAYLOAD,
        )
    query: edge.Query | edge.Mmr | None = dense or lexical
    if request.mmr is not None and request.embedding is not None:
        query = edge.Mmr(
            request.embedding.tolist(),
            lambda_=1.0 - request.mmr.diversity,
            candidates_limit=max(request.mmr.candidates, request.limit),
            using="image",
        )
    return edge.QueryRequest(
        limit=request.limit, query=query, filter=where, params=params, with_payload=HIT_PAYLOAD
    )

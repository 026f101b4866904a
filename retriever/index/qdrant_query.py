"""A checked search -> the arguments of qdrant-client's ``query_points``, sync and async alike."""

from typing import Any

from qdrant_client import models

from retriever.index.base import SearchRequest, SparseVector
from retriever.index.filters import Dialect, to_filter
from retriever.index.payload import HIT_PAYLOAD
from retriever.index.request import RRF_K, fusion_depth, has_terms
from retriever.index.settings import IndexSettings

QDRANT = Dialect(
    filter=models.Filter,
    condition=models.FieldCondition,
    match_value=models.MatchValue,
    match_any=models.MatchAny,
    range=models.Range,
)


def qdrant_sparse(terms: SparseVector) -> models.SparseVector:
    return models.SparseVector(indices=terms.indices.tolist(), values=terms.values.tolist())


def qdrant_query(request: SearchRequest, settings: IndexSettings) -> dict[str, Any]:
    """Dense, lexical, hybrid or MMR, by what the request holds; the filter is in every part."""
    where = None if request.where is None else to_filter(request.where, QDRANT)
    params = models.SearchParams(
        hnsw_ef=settings.width(filtered=where is not None), exact=request.exact
    )
    if settings.quantisation != "none":
        params.quantization = models.QuantizationSearchParams(
            ignore=request.exact, rescore=settings.rescore, oversampling=settings.candidates
        )
    shared: dict[str, Any] = {"limit": request.limit, "with_payload": HIT_PAYLOAD}
    dense = None if request.embedding is None else request.embedding.tolist()
    lexical = None
    if request.terms is not None and has_terms(request):
        lexical = qdrant_sparse(request.terms)
    if dense is not None and request.terms is not None:
        depth = fusion_depth(request.limit)
        prefetches = [
            models.Prefetch(query=query, using=using, limit=depth, filter=where, params=params)
            for query, using in ((dense, "image"), (lexical, "text"))
            if query is not None
        ]
        fusion = models.RrfQuery(rrf=models.Rrf(k=RRF_K))
        return shared | {"prefetch": prefetches, "query": fusion}
    shared |= {"query_filter": where, "search_params": params}
    if dense is None:
        return shared | {"query": lexical, "using": "text"}
    if request.mmr is None:
        return shared | {"query": dense, "using": "image"}
    mmr = models.Mmr(
        diversity=request.mmr.diversity,
        candidates_limit=max(request.mmr.candidates, request.limit),
    )
    return shared | {"query": models.NearestQuery(nearest=dense, mmr=mmr), "using": "image"}

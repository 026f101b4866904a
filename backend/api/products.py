"""Products by id, what looks like them, and their pictures."""

import asyncio
import time
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from starlette.exceptions import HTTPException

from backend.api.deps import ProductId, ServicesDep
from backend.api.models import Found, ProductView, Words, product_view, retrieved_view
from backend.problems import problem_responses
from retriever.where_parser import parse_where

router = APIRouter(tags=["products"])


# Before the product itself: an id may hold slashes, so that route takes everything.
@router.get(
    "/v1/products/{product_id:path}/similar",
    operation_id="similar_products",
    responses=problem_responses(404, 422, 503),
)
async def similar(
    product_id: ProductId,
    services: ServicesDep,
    k: Annotated[int, Query(ge=1, le=100)] = 10,
    where: Annotated[Words | None, Query(description="A filter as text.")] = None,
) -> Found:
    """Products that look like one of the catalogue, itself left out."""
    started = time.perf_counter()
    narrowed = parse_where(where) if where is not None and where.strip() else None
    if await services.product(product_id) is None:
        raise _unknown(product_id)
    retrieved = await services.served.asimilar(product_id, where=narrowed, limit=k)
    return Found(
        products=[retrieved_view(found) for found in retrieved],
        mode="dense",
        seconds=round(time.perf_counter() - started, 4),
    )


@router.get(
    "/v1/products/{product_id:path}",
    operation_id="get_product",
    responses=problem_responses(404, 422, 503),
)
async def product(product_id: ProductId, services: ServicesDep) -> ProductView:
    """One product by its id."""
    found = await services.product(product_id)
    if found is None:
        raise _unknown(product_id)
    return product_view(*found)


@router.get(
    "/v1/pictures/{key}.jpg",
    operation_id="get_picture",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}, **problem_responses(404, 422)},
)
async def picture(
    key: Annotated[str, Path(pattern="^[0-9a-f]{32}$")], services: ServicesDep
) -> Response:
    """A small picture of a product. Its key is a hash of its content, so it may be cached for good."""
    kept = await asyncio.to_thread(services.thumbnails.read, key)
    if kept is None:
        raise HTTPException(404, "no picture of that key was kept; `shoplens index` keeps them")
    headers = {
        "Cache-Control": "private, max-age=31536000, immutable",
        "ETag": f'"{key}"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(kept, media_type="image/jpeg", headers=headers)


def _unknown(product_id: str) -> HTTPException:
    return HTTPException(404, f"no product {product_id!r} in the index; check the id")

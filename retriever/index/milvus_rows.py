"""A product as a row of Milvus, and its terms read back."""

from typing import Any

import numpy as np

from retriever.errors import ProductIndexError
from retriever.index.base import IndexRecord, SparseVector
from retriever.index.milvus_calls import ARRAY_ITEMS, TEXT_BYTES
from retriever.index.milvus_filters import column
from retriever.index.payload import filter_payload, point_id
from retriever.where import Fields

_NO_TERMS = 2**32 - 2
"""Stands for a product without terms, because Milvus stores no empty sparse vector. It is also the highest
term that Milvus takes; the one above it, of 4 billion, is stored as the one below."""


def row_of(record: IndexRecord, fields: Fields) -> dict[str, Any]:
    """Raises `ProductIndexError` for what Milvus cannot hold."""
    product, terms = record.product, record.terms
    indices = [min(term, _NO_TERMS - 1) for term in terms.indices.tolist()]
    weights = dict(zip(indices, terms.values.tolist(), strict=True))
    row: dict[str, Any] = {
        "id": point_id(product.id),
        "product_id": product.id,
        "product": product.model_dump_json(),
        "picture": record.keys.picture,
        "record": record.keys.record,
        "image": record.embedding.tolist(),
        "text": weights or {_NO_TERMS: 1.0},
        "terms": list(weights),
    }
    filters = filter_payload(product, fields)
    for field, kind in fields.items():
        value = filters.get(field)
        if kind != "number":
            row[column(field)] = _listed(value)
        elif isinstance(value, list) and len(value) > 1:
            raise _too_much(product.id, f"several numbers in field {field!r}", "one")
        else:
            row[column(field)] = value[0] if isinstance(value, list) else value
    for name, value in row.items():
        if isinstance(value, str) and len(value.encode()) > TEXT_BYTES:
            raise _too_much(
                product.id, f"a {name} of {len(value.encode()):,} bytes", f"{TEXT_BYTES:,}"
            )
        if name != "image" and isinstance(value, list) and len(value) > ARRAY_ITEMS:
            raise _too_much(product.id, f"{len(value):,} {name}", f"{ARRAY_ITEMS:,}")
    return row


def terms_of(text: dict[int, float]) -> SparseVector:
    kept = {int(term): weight for term, weight in text.items() if int(term) != _NO_TERMS}
    return SparseVector(
        np.fromiter(kept, np.uint32, len(kept)), np.fromiter(kept.values(), np.float32, len(kept))
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _too_much(product_id: str, what: str, most: str) -> ProductIndexError:
    return ProductIndexError(
        f"product {product_id!r} has {what}, and Milvus holds at most {most}; shorten it, or use another "
        "engine"
    )

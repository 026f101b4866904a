"""What is stored beside the vectors of a product, the same in every engine."""

import uuid
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, cast

import numpy as np
from pydantic import ValidationError

from retriever.errors import ProductIndexError, SettingsError
from retriever.index.base import (
    Hit,
    IndexRecord,
    IndexSpec,
    RecordKeys,
    SparseVector,
    StoredRecord,
)
from retriever.index.binding import fold, keyword_of, number_of
from retriever.index.settings import IndexSettings
from retriever.product import AttributeValue, Product
from retriever.where import Fields, FieldType

PRODUCT_ID = "product.id"
"""Path of the product id in the payload; indexed as a keyword."""

HIT_PAYLOAD = ["product", "keys"]
"""What a search reads of the payload of each point; `stored_hit` makes a hit of it, `stored_record` with
the terms a record."""

_POINTS = uuid.UUID("6d1c1f0e-2f0b-5c39-9f6e-0b8b4a5d7c11")


def point_id(product_id: str) -> str:
    """Id of a product's point: UUIDv5 of the product id, so that writing it again replaces it."""
    return str(uuid.uuid5(_POINTS, product_id))


def filter_payload(product: Product, fields: Fields) -> dict[str, Any]:
    """What a product can be filtered by: only fields that the index knows.

    Attributes, and over them ``brand``, ``category``, ``price`` (the amount) and ``currency``. Text
    is stripped and case-folded, numbers are floats, bools the keywords ``true`` and ``false``; a list
    matches by any of its values. Raises `ProductIndexError` for a value that is not of its field's
    type.
    """
    values: dict[str, AttributeValue | None] = dict(product.attributes)
    values |= {name: value for name, value in _own_fields(product).items() if value is not None}
    payload: dict[str, Any] = {}
    for name, value in values.items():
        if name not in fields or value is None:
            continue
        items = value if isinstance(value, list) else [value]
        stored = [_stored(product.id, name, item, fields[name]) for item in items]
        if present := [item for item in stored if item != ""]:
            payload[name] = present if isinstance(value, list) else present[0]
    return payload


def record_payload(record: IndexRecord, fields: Fields) -> dict[str, Any]:
    """The payload of a point; see `retriever.index.base`."""
    return {
        "product": record.product.model_dump(mode="json"),
        "filter": filter_payload(record.product, fields),
        "keys": {"picture": record.keys.picture, "record": record.keys.record},
    }


def stored_product(payload: Mapping[str, Any] | None) -> Product:
    """The product in a point's payload. Raises `ProductIndexError` for a payload of another program."""
    try:
        return Product.model_validate((payload or {})["product"])
    except (KeyError, ValidationError) as error:
        raise _unusable(error) from error


def stored_hit(payload: Mapping[str, Any] | None, score: float) -> Hit:
    """A point that a search found. Raises `ProductIndexError` as `stored_product` does."""
    return Hit(stored_product(payload), score, stored_keys(payload)[1].picture)


def stored_keys(payload: Mapping[str, Any] | None) -> tuple[str, RecordKeys]:
    """Product id and keys in a point's payload. Raises `ProductIndexError` as `stored_product` does."""
    try:
        return stored_id(payload), RecordKeys(**(payload or {})["keys"])
    except (KeyError, TypeError) as error:
        raise _unusable(error) from error


def stored_record(payload: Mapping[str, Any] | None, terms: Any) -> StoredRecord:
    """A point without its embedding; ``terms`` is the engine's sparse vector, None for a point without.

    Raises `ProductIndexError` as `stored_product` does.
    """
    indices, values = ([], []) if terms is None else (terms.indices, terms.values)
    sparse = SparseVector(np.asarray(indices, np.uint32), np.asarray(values, np.float32))
    return StoredRecord(stored_product(payload), sparse, stored_keys(payload)[1])


def stored_id(payload: Mapping[str, Any] | None) -> str:
    """Product id in a point's payload. Raises `ProductIndexError` as `stored_product` does."""
    try:
        return cast(str, (payload or {})["product"]["id"])
    except (KeyError, TypeError) as error:
        raise _unusable(error) from error


def spec_to_json(spec: IndexSpec) -> dict[str, Any]:
    return asdict(spec) | {"fields": dict(spec.fields)}


def spec_from_json(data: Mapping[str, Any], where: str) -> IndexSpec:
    """Raises `ProductIndexError` naming ``where`` it was read when the spec is not one.

    Specs from before there were settings have the default ones.
    """
    try:
        settings = IndexSettings(**data.get("settings", {}))
        return IndexSpec(**{**data, "settings": settings})
    except (AttributeError, SettingsError, TypeError) as error:
        raise ProductIndexError(
            f"{where} does not hold an index spec that this version of shoplens reads ({error}); "
            "index the catalogue again"
        ) from error


def _unusable(error: Exception) -> ProductIndexError:
    return ProductIndexError(
        f"a stored point is not one of shoplens ({type(error).__name__}: {error}); the index was written "
        "by another program or another version: index the catalogue again"
    )


def _own_fields(product: Product) -> dict[str, AttributeValue | None]:
    price = product.price
    return {
        "brand": product.brand,
        "category": product.category,
        "price": None if price is None else price.amount,
        "currency": None if price is None else price.currency,
    }


def _stored(product_id: str, name: str, value: str | float | bool, kind: FieldType) -> str | float:
    if kind == "keyword":
        return keyword_of(value)
    if kind == "number":
        number = number_of(value)
        if number is not None:
            return number
    elif isinstance(value, bool) or (isinstance(value, str) and fold(value) in ("true", "false")):
        return keyword_of(value)
    raise ProductIndexError(
        f"product {product_id!r}: field {name!r} is {value!r}, but the index holds it as a {kind} "
        "field; correct the catalogue, or index it into a new version with other field types"
    )

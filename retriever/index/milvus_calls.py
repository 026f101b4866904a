"""Calls to Milvus, its names and its schema: what `MilvusIndex` and `MilvusVersion` share."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pymilvus import DataType, MilvusClient
from pymilvus.exceptions import MilvusException

from retriever.errors import ProductIndexError
from retriever.index.base import IndexSpec
from retriever.index.milvus_filters import column

TEXT_BYTES = 65_535
"""Longest text that Milvus stores in a column."""

ARRAY_ITEMS = 4_096
"""Longest array that Milvus stores in a column."""

# Its client prints every failed request with a stack, and Milvus Lite's server every request that it does
# not know, which the client then does without; shoplens reports failures itself.
for _logger in ("pymilvus", "grpc._server"):
    logging.getLogger(_logger).setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class MilvusCalls:
    """Where calls go, in words, and how their failures are reported."""

    place: str

    @contextmanager
    def reported(self) -> Iterator[None]:
        """Turn the client's errors into `ProductIndexError` that name the place and what to do."""
        try:
            yield
        except MilvusException as error:
            raise ProductIndexError(
                f"{self.place} refused a request or cannot be reached ({error.message}); check the URL "
                "and the token, and that the server runs"
            ) from error


def collection_name(name: str, suffix: str) -> str:
    """Milvus takes letters, digits and _ alone; ``__`` is in no index name, so it begins what is not."""
    return f"shoplens_{name.replace('-', '__h')}__{suffix}"


def alias_name(name: str) -> str:
    return f"shoplens_{name.replace('-', '__h')}"


def make_collection(client: MilvusClient, collection: str, spec: IndexSpec) -> None:
    """The columns of a version; `make_indexes` makes the rest."""
    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=36)
    schema.add_field("product_id", DataType.VARCHAR, max_length=TEXT_BYTES)
    schema.add_field("product", DataType.VARCHAR, max_length=TEXT_BYTES)
    schema.add_field("picture", DataType.VARCHAR, max_length=TEXT_BYTES)
    schema.add_field("record", DataType.VARCHAR, max_length=TEXT_BYTES)
    schema.add_field("image", DataType.FLOAT_VECTOR, dim=spec.dim)
    schema.add_field("text", DataType.SPARSE_FLOAT_VECTOR)
    _add_array(schema, "terms", DataType.INT64)
    for field, kind in spec.fields.items():
        if kind == "number":
            schema.add_field(column(field), DataType.DOUBLE, nullable=True)
        else:
            _add_array(schema, column(field), DataType.VARCHAR, max_length=TEXT_BYTES)
    client.create_collection(collection, schema=schema, consistency_level="Strong")


def make_indexes(client: MilvusClient, collection: str, spec: IndexSpec) -> None:
    """The indexes that a collection does not have yet, as after an interruption; then load it."""
    made = set(client.list_indexes(collection))
    for field, kind, metric in (
        ("image", "FLAT", "COSINE"),
        ("text", "SPARSE_INVERTED_INDEX", "IP"),
    ):
        if field not in made:
            indexes = MilvusClient.prepare_index_params()
            indexes.add_index(field, index_type=kind, metric_type=metric)
            client.create_index(collection, indexes)
    for field in ("terms", *(column(field) for field in spec.fields)):
        if field not in made:
            _index_scalar(client, collection, field)
    client.load_collection(collection)


def make_graph(client: MilvusClient, collection: str, spec: IndexSpec) -> None:
    """Replace the exact index of the vectors by a graph; searches wait. After an interruption there may be
    neither, which `make_indexes` sets right.
    """
    client.release_collection(collection)
    client.drop_index(collection, "image")
    indexes = MilvusClient.prepare_index_params()
    parameters = {"M": spec.settings.m, "efConstruction": spec.settings.ef_construct}
    indexes.add_index("image", index_type="HNSW", metric_type="COSINE", params=parameters)
    client.create_index(collection, indexes)
    client.load_collection(collection)


def count_in(client: MilvusClient, collection: str, expression: str = "") -> int:
    """How many rows of a loaded collection fit an expression."""
    rows = client.query(collection, filter=expression, output_fields=["count(*)"])
    return int(rows[0]["count(*)"])


def has_graph(client: MilvusClient, collection: str) -> bool:
    return bool(client.describe_index(collection, "image")["index_type"] == "HNSW")


def _add_array(schema: Any, name: str, kind: DataType, **limits: int) -> None:
    schema.add_field(name, DataType.ARRAY, element_type=kind, max_capacity=ARRAY_ITEMS, **limits)


def _index_scalar(client: MilvusClient, collection: str, field: str) -> None:
    indexes = MilvusClient.prepare_index_params()
    indexes.add_index(field, index_type="INVERTED")
    try:
        client.create_index(collection, indexes)
    except MilvusException as error:
        # Milvus Lite indexes no arrays: it compares every product instead, with the same result.
        if "does not support scalar index" not in error.message:
            raise

"""Parquet, read by record batches: a file of pictures is never in memory as a whole."""

import datetime
import decimal
from collections.abc import Collection, Iterator
from functools import cached_property

import pyarrow as pa
import pyarrow.parquet as pq

from retriever.catalogue.jsonl import flatten
from retriever.catalogue.reader import RawRow, Reader
from retriever.catalogue.values import Cell
from retriever.errors import CatalogueError

_BATCH = 64  # rows; at the largest picture of 50 MB that is the worst case, usually a few MB


class ParquetReader(Reader):
    """Pictures may be bytes, text paths, or the ``{bytes, path}`` struct that ``datasets`` writes."""

    format = "parquet"
    suffixes = (".parquet", ".pq")
    row_word = "row"

    def columns(self) -> list[str]:
        return [
            dotted
            for name, kind in zip(self._schema.names, self._schema.types, strict=True)
            for dotted in _dotted(name, kind)
        ]

    def binary_columns(self) -> frozenset[str]:
        kinds = zip(self._schema.names, self._schema.types, strict=True)
        return frozenset(name for name, kind in kinds if _is_binary(kind))

    def rows(self, skip: Collection[str] = ()) -> Iterator[RawRow]:
        wanted = [name for name in self._schema.names if name not in skip]
        number = 0
        try:
            with pq.ParquetFile(self.path) as file:
                for batch in file.iter_batches(_BATCH, columns=wanted):
                    for record in _microseconds(batch).to_pylist():
                        number += 1
                        yield RawRow(number, flatten({k: _plain(v) for k, v in record.items()}))
        except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
            # ValueError, OverflowError: dates that Python has no value for; invalid UTF-8.
            raise CatalogueError(f"{self.path}, after row {number}: {error}") from error

    @cached_property
    def _schema(self) -> pa.Schema:
        try:
            schema = pq.read_schema(self.path)
        except (pa.ArrowException, OSError) as error:
            raise CatalogueError(f"{self.path} cannot be read as Parquet: {error}") from error
        for name in schema.names:
            if schema.names.count(name) > 1:
                raise CatalogueError(
                    f"{self.path} has two columns {name!r}; give each its own name"
                )
        return schema


def _dotted(name: str, kind: pa.DataType) -> list[str]:
    """The columns that `flatten` makes of a Parquet column."""
    if not pa.types.is_struct(kind) or _is_binary(kind):
        return [name]
    parts = [kind.field(position) for position in range(kind.num_fields)]
    sample = {part.name: None for part in parts}
    if flatten({name: sample}) == {name: sample}:
        return [name]
    return [dotted for part in parts for dotted in _dotted(f"{name}.{part.name}", part.type)]


def _is_binary(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        return any(_is_binary(kind.field(position).type) for position in range(kind.num_fields))
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
    )


def _microseconds(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with times cut to microseconds: Python has none that are finer."""
    columns = []
    for column in batch.columns:
        kind = column.type
        if pa.types.is_timestamp(kind) and kind.unit == "ns":
            column = column.cast(pa.timestamp("us", kind.tz), safe=False)
        elif pa.types.is_duration(kind) and kind.unit == "ns":
            column = column.cast(pa.duration("us"), safe=False)
        elif pa.types.is_time64(kind) and kind.unit == "ns":
            column = column.cast(pa.time64("us"), safe=False)
        columns.append(column)
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _plain(value: Cell) -> Cell:
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return value

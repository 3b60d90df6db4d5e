"""Parquet: the same columns, with unit and meaning in the metadata of each field."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from neckrom.exports.tables import Column

_TYPES = {
    "time": pa.float64(),
    "trial": pa.int32(),
    "trials": pa.int32(),
    "pain": pa.int32(),
    "lower_bound": pa.bool_(),
    "near": pa.bool_(),
}

_NUMBERS = frozenset({"deg", "s", "%", "0 to 1", "leg lengths", "shoulder widths", "unit beside it"})
"""Units of numbers; what has another one, or none, is text."""


def parquet_bytes(columns: Sequence[Column]) -> bytes:
    """A table; what is not measured is null."""
    arrays = [pa.array(column.values, type=_type(column)) for column in columns]
    fields = [
        pa.field(column.name, array.type, metadata={"unit": column.unit, "meaning": column.meaning})
        for column, array in zip(columns, arrays, strict=True)
    ]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(arrays, schema=pa.schema(fields)), sink, compression="zstd")
    return bytes(sink.getvalue().to_pybytes())


def _type(column: Column) -> pa.DataType:
    if column.name in _TYPES:
        return _TYPES[column.name]
    return pa.float64() if column.unit in _NUMBERS else pa.string()

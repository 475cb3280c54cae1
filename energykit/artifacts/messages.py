"""Readings and reports as protobuf messages: which field holds what.

Unusual rows are left to the official runtime.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import polars.selectors as cs
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError

from energykit._proto import energy_pb2
from energykit.artifacts.columns import READINGS, REPORT, Table, recognise
from energykit.artifacts.csv_text import moments
from energykit.artifacts.number_text import number_texts
from energykit.artifacts.pb_decode import decode_rows
from energykit.artifacts.pb_encode import DOUBLE, FLAG, FLOAT, TEXT, TEXTS, Field, encode_rows
from energykit.errors import ArtifactError
from energykit.readings.carried import CARRIED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "Encoder",
    "columns_of",
    "encoder_for",
    "message_frame",
    "said_by_record",
    "said_columns",
]

_MESSAGES: dict[str, Any] = {
    READINGS.name: energy_pb2.RawEnergyData,
    REPORT.name: energy_pb2.ProcessedEnergyReport,
}
_SHAPES = {
    FieldDescriptor.TYPE_STRING: (2, TEXT),
    FieldDescriptor.TYPE_DOUBLE: (1, DOUBLE),
    FieldDescriptor.TYPE_FLOAT: (5, FLOAT),
    FieldDescriptor.TYPE_BOOL: (0, FLAG),
}
"""Wire type and shape of a field, by its type in the contract."""


def _message_fields(table: Table) -> tuple[Field, ...]:
    """Return the fields of a table's message that are columns, in the order of their numbers."""
    fields = []
    for field in _MESSAGES[table.name].DESCRIPTOR.fields:
        wire_type, shape = _SHAPES[field.type]
        if field.name in table.schema:
            tag = chr(field.number << 3 | wire_type)
            fields.append(Field(field.name, tag, TEXTS if field.is_repeated else shape))
    return tuple(fields)


_FIELDS = {table.name: _message_fields(table) for table in (READINGS, REPORT)}


class Encoder:
    """Turns batches of one table into one message: ``GenerateResponse`` or ``ProcessedDataReport``.

    Parameters
    ----------
    table
        Readings or report, with the columns that the file is to have.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._fields = _fields_of(table)

    def rows(self, batch: pl.DataFrame) -> bytes:
        """Return a batch as elements of the repeated field; a reading's quantities become text."""
        typed = pl.DataFrame([_field_values(batch, field) for field in self._fields])
        fast = encode_rows(typed, self._fields)
        return _serialise(typed, self._table) if fast is None else fast

    def end(self, skipped_rows: int) -> bytes:
        """Return what follows the last row: a report's ``skipped_rows``, if it is not 0."""
        if self._table.name == READINGS.name:
            return b""
        return energy_pb2.ProcessedDataReport(skipped_rows=skipped_rows).SerializeToString()


def encoder_for(names: Sequence[str], *, where: str) -> Encoder:
    """Return the encoder for a table with these columns.

    Raises
    ------
    ArtifactError
        The columns are neither those of readings nor those of a report.
    """
    return Encoder(recognise(names, where=where))


def columns_of(
    buffer: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64], table: Table
) -> pl.DataFrame:
    """Return rows of protobuf bytes as columns: text for readings, text and numbers for a report.

    Parameters
    ----------
    buffer
        Bytes that hold the rows' messages.
    starts, ends
        Where each message starts and ends.
    table
        Readings or report, with the columns that the file has.

    Raises
    ------
    google.protobuf.message.DecodeError
        A row is another message.
    ArtifactError
        A row says what the file's first rows do not, such as how long it stands.
    """
    fields = _fields_of(table)
    fast = decode_rows(buffer, starts, ends, fields)
    if fast is not None:
        return fast.select(table.schema.names())
    kind = _MESSAGES[table.name]
    rows: list[Any] = [
        kind.FromString(buffer[start:end])
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
    ]
    late = [name for name in said_columns(rows) if name not in table.schema]
    if late:
        raise ArtifactError(
            f"records say {late[0]}, and the file's first ones do not",
            where="",
            hint=f"write {late[0]} in every record (NaN where it is not known), or in none",
        )
    return message_frame(rows, table)


def said_columns(rows: Iterable[Any]) -> list[str]:
    """Return which of the columns that a file need not have some messages say.

    Parameters
    ----------
    rows
        ``RawEnergyData`` or ``ProcessedEnergyReport``.
    """
    messages = list(rows)
    return [name for name in CARRIED if any(row.HasField(name) for row in messages)]


def said_by_record(record: bytes, table: Table) -> list[str]:
    """Return which of these columns a record says; none of one that is not such a message."""
    try:
        return said_columns([_MESSAGES[table.name].FromString(record)])
    except DecodeError:
        return []


def message_frame(rows: Iterable[Any], table: Table = REPORT) -> pl.DataFrame:
    """Return messages as a frame: text for readings, the types of `scan` for a report.

    Parameters
    ----------
    rows
        ``RawEnergyData`` or ``ProcessedEnergyReport``.
    table
        The columns that the frame is to have.
    """
    messages = list(rows)
    types = {
        name: pl.String() if table.name == READINGS.name and name not in CARRIED else dtype
        for name, dtype in table.schema.items()
    }
    columns = {name: [_value_of(row, name) for row in messages] for name in table.schema}
    frame = pl.DataFrame(columns, schema=types)
    return frame.with_columns(cs.by_name(*CARRIED, require_all=False).fill_nan(None))


def _fields_of(table: Table) -> tuple[Field, ...]:
    """Return the fields of a table's message; the carried ones depend on the file."""
    return tuple(
        field
        for field in _FIELDS[table.name]
        if field.name not in CARRIED or field.name in table.schema
    )


def _value_of(row: Any, name: str) -> Any:
    """Return a field's value, repeated texts joined, None for an optional one that is absent."""
    if name in CARRIED and not row.HasField(name):
        return None
    value = getattr(row, name)
    return value if isinstance(value, (str, float, bool)) else ";".join(value)


def _field_values(batch: pl.DataFrame, field: Field) -> pl.Series:
    """Return a column in the type of its field, the field's default where the batch lacks it."""
    if field.name not in batch.columns:
        return pl.Series(field.name, [""], dtype=pl.String).new_from_index(0, batch.height)
    values = batch[field.name]
    if field.shape == DOUBLE:
        return values.cast(pl.Float64).fill_null(float("nan"))
    if field.shape == FLOAT:
        return values.cast(pl.Float32).fill_null(float("nan"))
    return values.cast(pl.Boolean) if field.shape == FLAG else _text(values)


def _text(values: pl.Series) -> pl.Series:
    """Return a column as the contract's text."""
    if values.dtype.is_float():
        return number_texts(values)
    if values.dtype == pl.Datetime:
        return moments(values).rename(values.name)
    return values.cast(pl.String) if values.dtype != pl.String else values


def _serialise(typed: pl.DataFrame, table: Table) -> bytes:
    """Return rows as the official runtime writes them."""
    is_readings = table.name == READINGS.name
    texts = typed.with_columns(cs.string().fill_null(""))
    messages = []
    for row in texts.iter_rows(named=True):
        if not is_readings:
            row["reasons"] = [reason for reason in row["reasons"].split(";") if reason]
        messages.append(_MESSAGES[table.name](**row))
    if is_readings:
        return energy_pb2.GenerateResponse(data=messages).SerializeToString()
    return energy_pb2.ProcessedDataReport(processed=messages).SerializeToString()

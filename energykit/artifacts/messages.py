"""Readings and reports as protobuf messages: which field holds what, and the official runtime for unusual rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from energykit._proto import energy_pb2
from energykit.artifacts.columns import READINGS, REPORT, Table, recognise
from energykit.artifacts.csv_text import as_text, moments
from energykit.artifacts.pb_decode import decoded
from energykit.artifacts.pb_encode import FLAG, NUMBER, TEXT, TEXTS, Field, encoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Encoder", "columns_of", "encoder_for", "report_frame"]

_READING_FIELDS = tuple(
    Field(name, tag, TEXT)
    for name, tag in zip(READINGS.schema, "\x0a\x12\x1a\x22\x2a", strict=True)
)
_REPORT_FIELDS = (
    Field("timestamp", "\x0a", TEXT),
    Field("household_id", "\x12", TEXT),
    Field("power", "\x1d", NUMBER),
    Field("efficiency", "\x25", NUMBER),
    Field("status", "\x2a", TEXT),
    Field("anomaly_detected", "\x30", FLAG),
    Field("reasons", "\x3a", TEXTS),
)


class Encoder:
    """Turns batches of one table into the bytes of one message: ``GenerateResponse`` or ``ProcessedDataReport``.

    Parameters
    ----------
    table
        Readings or report.
    """

    def __init__(self, table: Table) -> None:
        self._is_readings = table.name == READINGS.name

    def rows(self, batch: pl.DataFrame) -> bytes:
        """Return a batch as elements of the message's repeated field; a reading's quantities become text."""
        if self._is_readings:
            fields, typed = (
                _READING_FIELDS,
                batch.select(_text(batch[field.name]) for field in _READING_FIELDS),
            )
        else:
            fields, typed = _REPORT_FIELDS, _complete(batch)
        fast = encoded(typed, fields)
        return _serialised(typed, is_readings=self._is_readings) if fast is None else fast

    def end(self, skipped_rows: int) -> bytes:
        """Return what follows the last row: a report's ``skipped_rows``, if it is not 0."""
        if self._is_readings:
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
    buffer: bytes, starts: Sequence[int], ends: Sequence[int], table: Table
) -> pl.DataFrame:
    """Return rows of protobuf bytes as columns: text for readings, text, Float64 and Boolean for a report.

    Parameters
    ----------
    buffer
        Bytes that hold the rows' messages.
    starts, ends
        Where each message starts and ends.
    table
        Readings or report.

    Raises
    ------
    google.protobuf.message.DecodeError
        A row is no such message.
    """
    fields = _READING_FIELDS if table.name == READINGS.name else _REPORT_FIELDS
    fast = decoded(buffer, np.array(starts, dtype=np.int64), np.array(ends, dtype=np.int64), fields)
    if fast is not None:
        return fast
    kind = (
        energy_pb2.RawEnergyData
        if table.name == READINGS.name
        else energy_pb2.ProcessedEnergyReport
    )
    rows: list[Any] = [
        kind.FromString(buffer[start:end]) for start, end in zip(starts, ends, strict=True)
    ]
    types = {
        name: dtype if table.name == REPORT.name else pl.String()
        for name, dtype in table.schema.items()
    }
    return pl.DataFrame(_columns(rows, table), schema=types)


def report_frame(rows: Iterable[energy_pb2.ProcessedEnergyReport]) -> pl.DataFrame:
    """Return messages of a report as a frame, in the columns and types that `scan` gives."""
    return pl.DataFrame(_columns(list(rows), REPORT), schema=REPORT.schema)


def _columns(rows: Sequence[Any], table: Table) -> dict[str, list[Any]]:
    """Return fields of messages as columns."""
    return {name: [_plain(getattr(row, name)) for row in rows] for name in table.schema}


def _plain(value: Any) -> Any:
    """Return a field's value, repeated texts joined."""
    return value if isinstance(value, (str, float, bool)) else ";".join(value)


def _text(values: pl.Series) -> pl.Series:
    """Return a column of readings as the contract's text."""
    if values.dtype.is_float():
        return as_text(values.cast(pl.Float64))
    if values.dtype == pl.Datetime:
        return moments(values).rename(values.name)
    return values.cast(pl.String) if values.dtype != pl.String else values


def _complete(batch: pl.DataFrame) -> pl.DataFrame:
    """Return all columns of a report in the types of its message."""
    blank = pl.Series(["" for _ in range(batch.height)], dtype=pl.String)
    columns = {name: batch[name] if name in batch.columns else blank for name in REPORT.schema}
    numbers = {"power": pl.Float32(), "efficiency": pl.Float32(), "anomaly_detected": pl.Boolean()}
    return pl.DataFrame(
        {
            name: values.cast(numbers[name]) if name in numbers else _text(values)
            for name, values in columns.items()
        }
    )


def _serialised(typed: pl.DataFrame, *, is_readings: bool) -> bytes:
    """Return rows as the official runtime writes them."""
    if is_readings:
        readings = [
            energy_pb2.RawEnergyData(**row) for row in typed.fill_null("").iter_rows(named=True)
        ]
        return energy_pb2.GenerateResponse(data=readings).SerializeToString()
    rows = []
    for row in typed.iter_rows(named=True):
        reasons = [reason for reason in (row.pop("reasons") or "").split(";") if reason]
        rows.append(energy_pb2.ProcessedEnergyReport(**row, reasons=reasons))
    return energy_pb2.ProcessedDataReport(processed=rows).SerializeToString()

"""Readings and reports as protobuf messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from energykit._proto import energy_pb2
from energykit.artifacts.columns import READINGS, REPORT, recognise
from energykit.artifacts.csv_text import as_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

__all__ = ["Encoder", "encoder_for"]


class Encoder(Protocol):
    """Turns batches into the bytes of one message."""

    def rows(self, batch: pl.DataFrame) -> bytes:
        """Return a batch as elements of the message's repeated field."""

    def end(self, skipped_rows: int) -> bytes:
        """Return what follows the last row."""


def encoder_for(names: Sequence[str], *, where: str) -> Encoder:
    """Return the encoder for a table with these columns.

    Raises
    ------
    ArtifactError
        The columns are neither those of readings nor those of a report.
    """
    table = recognise(names, where=where)
    return ReadingsEncoder() if table.name == READINGS.name else ReportEncoder()


class ReadingsEncoder:
    """Readings as ``energy.GenerateResponse``."""

    def rows(self, batch: pl.DataFrame) -> bytes:
        """Return a batch as elements of ``data``; the quantities become text, as the contract has them."""
        columns = [
            batch[c.name] if c.dtype.is_(READINGS.schema["timestamp"]) else as_text(batch[c.name])
            for c in READINGS.columns
        ]
        message = energy_pb2.GenerateResponse()
        for values in zip(*columns, strict=True):
            message.data.append(energy_pb2.RawEnergyData(**dict(zip(READINGS.schema, values, strict=True))))
        return message.SerializeToString()

    def end(self, skipped_rows: int) -> bytes:  # noqa: ARG002 - readings have no such field
        """Return nothing."""
        return b""


class ReportEncoder:
    """A report as ``energy.ProcessedDataReport``."""

    def rows(self, batch: pl.DataFrame) -> bytes:
        """Return a batch as elements of ``processed``."""
        message = energy_pb2.ProcessedDataReport()
        names = [name for name in REPORT.schema if name in batch.columns]
        for row in batch.select(names).iter_rows(named=True):
            reasons = (row.pop("reasons", "") or "").split(";")
            message.processed.append(
                energy_pb2.ProcessedEnergyReport(**row, reasons=[reason for reason in reasons if reason])
            )
        return message.SerializeToString()

    def end(self, skipped_rows: int) -> bytes:
        """Return the field ``skipped_rows``, if it is not 0."""
        return energy_pb2.ProcessedDataReport(skipped_rows=skipped_rows).SerializeToString()

"""What a service counted while it executed a stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from energykit.artifacts import Skipped

__all__ = ["FileRecord", "RowAdjustment", "StageMetrics"]


@dataclass(frozen=True, kw_only=True)
class FileRecord:
    """The bytes of one file."""

    path: str
    """As the configuration or the service names it, inside the data root."""
    sha256: str
    """Hexadecimal; empty where it is not known."""
    bytes: int = 0
    """Size of the file [byte]; 0 also where it is not known."""


@dataclass(frozen=True, kw_only=True)
class RowAdjustment:
    """What was done to rows before they could be used: sorted, dropped as stored twice, ..."""

    what: str
    """As a sentence."""
    rows: int
    """How many."""
    first_line: int = 0
    """Line (text) or record (other formats) of the first of them, from 1."""


@dataclass(frozen=True, kw_only=True)
class StageMetrics:
    """What a stage did, as its service counted it."""

    rows_in: int = 0
    """Rows read: those used plus those skipped."""
    rows_out: int = 0
    """Rows written."""
    rows_skipped: int = 0
    """Rows that could not be used."""
    skipped: tuple[Skipped, ...] = ()
    """The same by reason; adds up to `rows_skipped`."""
    bytes_in: int = 0
    """Size of the input [byte]."""
    bytes_out: int = 0
    """Size of the output [byte]."""
    seconds: float = 0.0
    """Time inside the service [s]."""
    output_sha256: str = ""
    """Digest of the output, hexadecimal."""
    outputs: tuple[str, ...] = ()
    """Every file written, as paths inside the data root."""
    inputs: tuple[FileRecord, ...] = ()
    """Every file read, with the digest of the bytes that the stage saw."""
    output_digests: tuple[FileRecord, ...] = ()
    """Every file in `outputs` with its digest, in the same order."""
    adjustments: tuple[RowAdjustment, ...] = ()
    """What was done to rows before they were used."""

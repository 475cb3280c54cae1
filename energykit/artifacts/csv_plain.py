"""Plain text of a CSV file: lines of as many separators, without quotes, which polars splits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Parsed", "count_letter", "is_plain", "parse_plain"]


@dataclass(frozen=True)
class Parsed:
    """Rows of plain text, typed."""

    frame: pl.DataFrame
    """The wanted columns; null where there is nothing, or a text that is not of the type."""
    is_exact: bool
    """Whether every null is a blank in the file."""


def parse_plain(
    text: bytes, schema: Mapping[str, pl.DataType], places: list[int], separator: str
) -> Parsed | None:
    """Parse plain text.

    Texts that cannot be parsed become null only if there are any: that costs a quarter more.
    """
    for has_odd_texts in (False, True):
        try:
            frame = pl.read_csv(
                text,
                has_header=False,
                schema=schema,
                columns=places,
                separator=separator,
                quote_char=None,
                ignore_errors=has_odd_texts,
            )
        except pl.exceptions.PolarsError:
            continue
        return Parsed(frame, is_exact=not has_odd_texts)
    return None


def count_letter(text: bytes, letter: bytes) -> int:
    """Return how often a letter stands in a text; four times as fast as ``bytes.count``."""
    return int(np.count_nonzero(np.frombuffer(text, dtype=np.uint8) == letter[0]))


def is_plain(text: bytes) -> bool:
    """Whether a block holds nothing that splitting by lines and separators could get wrong."""
    if b"\r" in text or b"\0" in text or b'"' in text:
        return False
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True

"""Rows of a delimited text file: columns as text, each row's line, rows that cannot be split."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from energykit.meters.heading import COMMENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from energykit.meters.heading import Heading
    from energykit.meters.source import TextFile

__all__ = ["TextPart", "text_parts"]

_QUOTE = b'"'
_BLANKS = re.compile(rb"[ \t]+")
_EMPTY_FIELDS = 8
"""How many empty fields behind the last column a row may have."""


@dataclass(frozen=True, kw_only=True)
class TextPart:
    """A part of a table as text."""

    texts: pl.DataFrame
    """Wanted columns, String, named ``"0"``, ``"1"``, … after their place in the file."""
    lines: pl.Series
    """Physical line of each row, Int64."""
    broken: list[tuple[int, str]] = field(default_factory=list)
    """Line and reason of rows that cannot be split into columns."""
    elapsed: pl.Series | None = None
    """How long after its stamp each row begins [µs]; None: at its stamp."""
    span_us: int | None = None
    """How long every row stands [µs]; None: not known yet."""


def text_parts(
    file: TextFile, heading: Heading, places: Sequence[int], size: int
) -> Iterator[TextPart]:
    """Yield a table's columns as text, part by part.

    Parameters
    ----------
    file
        The file.
    heading
        Where its table begins.
    places
        Places of the wanted columns, from 0.
    size
        Bytes of a part, about.

    Raises
    ------
    ArtifactError
        The text cannot be read.
    """
    splitter = _Splitter(heading, sorted(set(places)))
    line = 1
    for block in file.blocks(size):
        count = int(np.count_nonzero(np.frombuffer(block, dtype=np.uint8) == ord("\n")))
        height = count + (not block.endswith(b"\n"))
        skip = min(max(heading.first_row - line, 0), height)
        rows = block.split(b"\n", skip)[skip] if skip else block
        if rows:
            yield splitter.split(rows, line + skip, height - skip)
        line += height


class _Splitter:
    """Splits blocks of whole lines into columns."""

    def __init__(self, heading: Heading, places: list[int]) -> None:
        self._mark = heading.separator
        self._names = heading.names
        self._places = places
        self._width = heading.width
        """Fields of a row; grows by the empty ones that every row has behind the last column."""

    def split(self, text: bytes, first_line: int, height: int) -> TextPart:
        """Split a block: at once where its marks and lines add up, row by row where they do not."""
        if self._mark == " ":
            text = b"\n".join(line.strip() for line in _BLANKS.sub(b" ", text).split(b"\n"))
        plain = self._plain(text)
        table = None if plain is None else self._parsed(plain, height)
        if table is not None:
            lines = pl.int_range(first_line, first_line + height, eager=True)
            return TextPart(texts=table, lines=lines)
        return self._by_row(text, first_line)

    def _plain(self, text: bytes) -> bytes | None:
        """Return text without quotes that plain splitting gets right, None where it would not."""
        letters = np.frombuffer(text, dtype=np.uint8)
        ends = np.flatnonzero(letters == ord("\n"))
        begin = letters[np.append(0, ends[: -1 if text.endswith(b"\n") else None] + 1)]
        if ((begin == ord("\n")) | (begin == ord(COMMENT))).any() or b"\0" in text:
            return None
        if _QUOTE not in text:
            return text
        mark = self._mark.encode()
        at_edges = (
            sum(text.count(pair) for pair in (mark + _QUOTE, _QUOTE + mark, b'\n"', b'"\n'))
            + text.startswith(_QUOTE)
            + text.endswith(_QUOTE)
        )
        return text.replace(_QUOTE, b"") if at_edges == text.count(_QUOTE) else None

    def _parsed(self, text: bytes, height: int) -> pl.DataFrame | None:
        """Split plain text, None where its rows have different numbers of fields."""
        letters = np.frombuffer(text, dtype=np.uint8)
        marks = int(np.count_nonzero(letters == ord(self._mark)))
        width = marks // height + 1
        if marks != height * (width - 1) or not 0 <= width - self._width <= _EMPTY_FIELDS:
            return None
        extra = list(range(self._width, width))
        table = self._read(text, width, [*self._places, *extra])
        if table is None or table.height != height:
            return None
        if extra and any((table[str(place)].fill_null("") != "").any() for place in extra):
            return None
        return table.select(str(place) for place in self._places)

    def _read(self, text: bytes, width: int, places: list[int]) -> pl.DataFrame | None:
        try:
            return pl.read_csv(
                text,
                has_header=False,
                schema={str(place): pl.String for place in range(width)},
                columns=places,
                separator=self._mark,
                quote_char=None,
            )
        except pl.exceptions.PolarsError:
            return None

    def _by_row(self, text: bytes, first_line: int) -> TextPart:
        """Split a block row by row: right for quotes, comments, blank lines and ragged rows."""
        rows: list[list[str]] = []
        lines: list[int] = []
        broken: list[tuple[int, str]] = []
        for line, fields, why in _records(text.decode("utf-8", "replace"), self._mark):
            reason = why or self._wrong_width(fields)
            if reason:
                broken.append((first_line + line, reason))
            else:
                rows.append(fields)
                lines.append(first_line + line)
        columns = {
            str(place): pl.Series([row[place] for row in rows], dtype=pl.String)
            for place in self._places
        }
        numbers = pl.Series(lines, dtype=pl.Int64)
        return TextPart(texts=pl.DataFrame(columns), lines=numbers, broken=broken)

    def _wrong_width(self, fields: Sequence[str]) -> str:
        """Say what is wrong with a row's number of fields; empty ones at its end are not."""
        missing = self._width - len(fields)
        if missing <= 0 and not any(map(str.strip, fields[self._width :])):
            return ""
        if missing > 0 and len(fields) > max(self._places) and not any(self._names[len(fields) :]):
            return ""
        return f"number of fields differs from the header's {self._width}"


def _records(text: str, mark: str) -> Iterator[tuple[int, list[str], str]]:
    """Yield line (from 0), fields, and why a row cannot be split.

    Comments and blank lines are not rows. A row ends with its line: a quote that is not closed
    costs its own row and no other.
    """
    for number, line in enumerate(text.removesuffix("\n").split("\n")):
        if line.lstrip().startswith(COMMENT) or not line.strip(f"{mark} \t"):
            continue
        if "\0" in line:
            yield number, [], "row holds a NUL byte"
        elif line.count('"') % 2:
            yield number, [], "row has a quote that is not closed"
        else:
            yield number, _fields(line, mark), ""


def _fields(line: str, mark: str) -> list[str]:
    """Return a line's fields as they stand."""
    if '"' not in line:
        return line.split(mark)
    return next(csv.reader([line], delimiter=mark, skipinitialspace=mark != " "), [])

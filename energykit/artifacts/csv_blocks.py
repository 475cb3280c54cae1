"""Text of a CSV file, block by block: columns as text, each row's line, rows that cannot be split.

A block of whole lines is split by polars where it is plain: as many separators as its lines must
have, no stray bytes. Any other block is split record by record by Python's csv module, which knows
the physical line of each record. Both give the same rows.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

import polars as pl

from energykit.artifacts.content import check_content
from energykit.artifacts.csv_plain import Parsed, count_letter, is_plain, parse_plain
from energykit.artifacts.skipped import BrokenRow
from energykit.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["BLOCK_BYTES", "LINE_BYTES", "Block", "CsvBlocks", "TextRows"]

BLOCK_BYTES = 1 << 20
"""How much text is split at a time."""
LINE_BYTES = 1 << 20
"""Longest line, or quoted field over several lines, that is taken for text rather than for another
kind of file.
"""

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class TextRows:
    """Rows of a block as text."""

    texts: pl.DataFrame
    """The wanted columns, String; null or blank where there is nothing."""
    lines: pl.Series
    """Physical line of each row, Int64."""
    broken: list[BrokenRow] = field(default_factory=list)
    """Rows that cannot be split into columns, or hold a line end in one that is wanted."""


@dataclass
class Block:
    """Whole lines of a file."""

    raw: bytes
    """The lines as the file has them; grows where a quoted field goes on behind the block."""
    first_line: int
    """Line of the first of them."""
    _counted: tuple[int, int] = field(default=(0, 0), init=False, repr=False)
    """Bytes and lines when they were counted last."""

    @property
    def height(self) -> int:
        """Number of lines."""
        if self._counted[0] != len(self.raw):
            self._counted = (
                len(self.raw),
                count_letter(self.raw, b"\n") + (not self.raw.endswith(b"\n")),
            )
        return self._counted[1]

    @property
    def next_line(self) -> int:
        """Line behind the block."""
        return self.first_line + self.height

    def text_of(self, line: int) -> str:
        """Return one of the lines."""
        lines = self.raw.split(b"\n", line - self.first_line + 1)
        return lines[line - self.first_line].decode(errors="replace")


class CsvBlocks:
    """Splits one CSV file.

    Parameters
    ----------
    stream
        The file, at its start.
    path
        Its path, for errors.
    separator
        The character between fields.

    Raises
    ------
    ArtifactError
        The file is empty or no CSV text in UTF-8.
    """

    def __init__(self, stream: BinaryIO, path: Path, separator: str = ",") -> None:
        self._stream = stream
        self._path = path
        self._separator = separator
        check_content(path, stream.read(4096))
        stream.seek(0)
        self.names = self._header()
        """Names of the file's columns."""

    def blocks(self) -> Iterator[Block]:
        """Yield whole lines, about a block of them at a time.

        Raises
        ------
        ArtifactError
            A line has no end within a megabyte.
        """
        line = 2
        while raw := self._stream.read(BLOCK_BYTES):
            block = Block(raw if raw.endswith(b"\n") else raw + self._rest_of_line(raw, line), line)
            yield block
            line = block.next_line

    def plain(self, block: Block) -> bytes | None:
        """Return a block with LF line ends, None if splitting it by line and separator is wrong."""
        text = block.raw.replace(b"\r\n", b"\n") if b"\r" in block.raw else block.raw
        separators = count_letter(text, self._separator.encode())
        if separators != block.height * (len(self.names) - 1) or not is_plain(text):
            return None
        return text if len(self.names) > 1 or b"\n\n" not in text else None

    def parsed(self, text: bytes, height: int, wanted: Mapping[str, pl.DataType]) -> Parsed | None:
        """Split plain text, None where one row has more fields than the header and another less.

        Parameters
        ----------
        text
            What `plain` returned.
        height
            Lines in it.
        wanted
            Type by column: String, Float64 or Boolean; null where the text is none of it.
        """
        places = {self.names.index(name): name for name in wanted}
        schema = {
            str(place): wanted.get(places.get(place, ""), pl.String())
            for place in range(len(self.names))
        }
        table = parse_plain(text, schema, list(places), self._separator)
        if table is None or table.frame.height != height:
            return None
        columns = [pl.col(str(place)).alias(name) for place, name in places.items()]
        return Parsed(table.frame.select(columns), table.is_exact)

    def texts(self, block: Block, wanted: Sequence[str]) -> TextRows:
        """Split a block into columns of text.

        Raises
        ------
        ArtifactError
            A quoted field has no end within a megabyte.
        """
        text = self.plain(block)
        table = (
            None
            if text is None
            else self.parsed(text, block.height, dict.fromkeys(wanted, pl.String()))
        )
        if table is None:
            return self.records(block, wanted)
        end = block.first_line + table.frame.height
        return TextRows(table.frame, pl.int_range(block.first_line, end, eager=True))

    def column_of(self, text: str, name: str) -> int:
        """Return the character, from 1, at which a column's field starts in a line."""
        place, quoted, found = self.names.index(name) if name in self.names else 0, False, 0
        for position, letter in enumerate(text):
            if found == place:
                return position + 1
            quoted ^= letter == '"'
            found += letter == self._separator and not quoted
        return len(text) + 1 if found == place else 1

    def _header(self) -> list[str]:
        """Read the first line and split it into columns."""
        line = self._stream.readline(LINE_BYTES).removeprefix(_BOM)
        if len(line) >= LINE_BYTES - len(_BOM):
            raise self._endless(1)
        try:
            text = line.decode().rstrip("\r\n")
        except UnicodeDecodeError as exc:
            where = f"{self._path}:1:{exc.start + 1}"
            raise ArtifactError(
                "the header is not UTF-8", where=where, hint="save the file as UTF-8"
            ) from exc
        if "\r" in text:
            hint = "save it with LF or CRLF line ends"
            raise ArtifactError(
                "lines end in a carriage return alone", where=f"{self._path}:1:1", hint=hint
            )
        return next(csv.reader([text], delimiter=self._separator), [])

    def _rest_of_line(self, raw: bytes, first_line: int) -> bytes:
        """Read to the end of the line that a block cuts."""
        rest = self._stream.readline(LINE_BYTES)
        if len(rest) == LINE_BYTES and not rest.endswith(b"\n"):
            raise self._endless(first_line + raw.count(b"\n"))
        return rest

    def _endless(self, line: int) -> ArtifactError:
        """Describe a line that has no end."""
        return ArtifactError(
            f"the line is longer than {LINE_BYTES >> 20} MiB",
            where=f"{self._path}:{line}:1",
            hint="this is not a CSV file of readings: check what wrote it",
        )

    def records(self, block: Block, wanted: Sequence[str]) -> TextRows:
        """Split a block record by record: slower than `texts`, and right for any text.

        Raises
        ------
        ArtifactError
            A quoted field has no end within a megabyte.
        """
        width, rows, lines, broken = len(self.names), [], [], []
        places = {name: self.names.index(name) for name in wanted}
        for row, fields in self._split(block):
            if fields is None:
                broken.append(row)
            elif len(fields) != width:
                reason = f"number of fields differs from the header's {width}"
                broken.append(row._replace(reason=reason))
            elif row.lines > 1 and (name := _with_line_end(fields, places)):
                reason = f"{name} holds a line end: is a quote left open?"
                broken.append(row._replace(reason=reason))
            else:
                rows.append(fields)
                lines.append(row.line)
        columns = {
            name: pl.Series([row[place] for row in rows], dtype=pl.String)
            for name, place in places.items()
        }
        return TextRows(pl.DataFrame(columns), pl.Series(lines, dtype=pl.Int64), broken)

    def _split(self, block: Block) -> Iterator[tuple[BrokenRow, list[str] | None]]:
        """Yield each record's lines and fields, no fields with a reason; blank lines are none."""
        reader = csv.reader(self._lines(block), delimiter=self._separator)
        end = block.next_line
        while (line := block.first_line + reader.line_num) < end:
            reason, fields = "", None
            try:
                fields = next(reader)
            except csv.Error:
                reason = "row holds a stray carriage return or an overlong field"
            if fields is not None and not all(map(_is_text, fields)):
                reason, fields = "row is not UTF-8 text", None
            if fields or reason:
                yield BrokenRow(line, reason, block.first_line + reader.line_num - line), fields

    def _lines(self, block: Block) -> Iterator[str]:
        """Yield a block's lines, and where a quoted field goes on, the file's next lines."""
        size = len(block.raw)
        for line in block.raw.removesuffix(b"\n").split(b"\n"):
            yield line.decode(errors="surrogateescape") + "\n"
        first = block.next_line - 1
        while True:  # asked for more: the last record is not at its end
            line = self._stream.readline(LINE_BYTES)
            block.raw += line
            if not line or len(block.raw) - size >= LINE_BYTES:
                hint = 'close the quote (")'
                raise ArtifactError(
                    "a quoted field has no end", where=f"{self._path}:{first}:1", hint=hint
                )
            yield line.decode(errors="surrogateescape")


def _is_text(field: str) -> bool:
    """Whether a field was UTF-8: other bytes stand in it as surrogates."""
    return field.isascii() or not any("\udc80" <= letter <= "\udcff" for letter in field)


def _with_line_end(fields: Sequence[str], places: Mapping[str, int]) -> str:
    """Return the name of the first wanted column that holds a line end, empty for none."""
    return next((name for name, place in places.items() if "\n" in fields[place]), "")

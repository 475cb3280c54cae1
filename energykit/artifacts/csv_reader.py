"""Readings and reports from CSV text, block by block.

A block of whole lines is parsed by polars where it is plain: as many separators as its lines must have, no stray bytes. Any other block
is parsed record by record by Python's csv module, which knows the physical line of each record. Both give the same rows.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, BinaryIO

import polars as pl

from energykit.artifacts.columns import Table, recognise
from energykit.artifacts.content import check_content
from energykit.artifacts.usable import Pass, finish, is_clean, use
from energykit.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["BLOCK_BYTES", "LINE_BYTES", "CsvReader", "parse_block"]

BLOCK_BYTES = 4 << 20
"""How much text is parsed at a time."""
LINE_BYTES = 1 << 20
"""Longest line, or quoted field over several lines, that is taken for text rather than for another kind of file."""

_BOM = b"\xef\xbb\xbf"


class CsvReader:
    """Reads one CSV file of readings or of a report.

    Parameters
    ----------
    stream
        The file, at its start.
    path
        Its path, for errors.

    Raises
    ------
    ArtifactError
        The file is empty, no CSV text in UTF-8, or lacks columns.
    """

    def __init__(self, stream: BinaryIO, path: Path) -> None:
        self._stream = stream
        self._path = path
        self._block = b""
        self._block_line = 2
        head = stream.read(4096)
        check_content(path, head)
        stream.seek(0)
        self._names = self._header()
        self.table: Table = recognise(self._names, where=f"{path}:1:1")

    def read(self, run: Pass, *, strict: bool = False) -> Iterator[pl.DataFrame]:
        """Yield the usable rows, block by block.

        Raises
        ------
        ArtifactError
            A line or a quoted field has no end within a megabyte, or, if `strict`, a row cannot be used.
        """
        if strict:
            run.on_bad = self._refuse
        while block := self._next_block():
            text = block.replace(b"\r\n", b"\n") if b"\r" in block else block
            typed = parse_block(text, self._names, self._block_line, run)
            if typed is None:
                typed = self._records(block, run)
            self._block_line += self._block.count(b"\n")
            yield typed

    def _header(self) -> list[str]:
        """Read the first line and split it into columns."""
        line = self._stream.readline(LINE_BYTES).removeprefix(_BOM)
        if len(line) >= LINE_BYTES - len(_BOM):
            raise self._endless(1)
        try:
            text = line.decode().rstrip("\r\n")
        except UnicodeDecodeError as exc:
            raise ArtifactError(
                "the header is not UTF-8", where=f"{self._path}:1:{exc.start + 1}", hint="save the file as UTF-8"
            ) from exc
        if "\r" in text:
            raise ArtifactError(
                "lines end in a carriage return alone",
                where=f"{self._path}:1:1",
                hint="save it with LF or CRLF line ends",
            )
        return next(csv.reader([text]), [])

    def _next_block(self) -> bytes:
        """Read whole lines, about a block of them."""
        block = self._stream.read(BLOCK_BYTES)
        if block and not block.endswith(b"\n"):
            rest = self._stream.readline(LINE_BYTES)
            if len(rest) == LINE_BYTES and not rest.endswith(b"\n"):
                raise self._endless(self._block_line + block.count(b"\n"))
            block += rest
        self._block = block
        return block

    def _endless(self, line: int) -> ArtifactError:
        """Describe a line that has no end."""
        return ArtifactError(
            f"the line is longer than {LINE_BYTES >> 20} MiB",
            where=f"{self._path}:{line}:1",
            hint="this is no CSV file of readings: check what wrote it",
        )

    def _records(self, block: bytes, run: Pass) -> pl.DataFrame:
        """Parse a block record by record."""
        width, rows, lines, broken = len(self._names), [], [], []
        for line, fields, reason in self._split(block):
            if fields is None or len(fields) != width:
                broken.append((line, reason or f"number of fields differs from the header's {width}"))
            else:
                rows.append(fields)
                lines.append(line)
        run.tally.rows_in += len(rows) + len(broken)
        places = [self._names.index(column.name) for column in run.table.columns]
        texts = pl.DataFrame(
            {self._names[place]: [row[place] for row in rows] for place in places},
            schema=dict.fromkeys((self._names[place] for place in places), pl.String),
        )
        used = use(texts, pl.Series(lines, dtype=pl.Int64), run, broken)
        run.tally.rows_used += used.height
        return used

    def _split(self, block: bytes) -> Iterator[tuple[int, list[str] | None, str]]:
        """Yield physical line, fields and, where a record cannot be split, why; blank lines are no records."""
        reader = csv.reader(self._lines(block))
        while True:
            line = self._block_line + reader.line_num
            try:
                fields = next(reader, None)
            except csv.Error:
                yield line, None, "row holds a stray carriage return or an overlong field"
                continue
            if fields is None:
                return
            if any("\udc80" <= letter <= "\udcff" for field in fields if not field.isascii() for letter in field):
                yield line, None, "row is not UTF-8 text"
            elif fields:
                yield line, fields, ""

    def _lines(self, block: bytes) -> Iterator[str]:
        """Yield a block's lines, and where a quoted field goes on, the file's next lines."""
        for line in block.splitlines(keepends=True) if b"\r" not in block else _keep_lines(block):
            yield line.decode(errors="surrogateescape")
        first = self._block_line + self._block.count(b"\n")
        while len(self._block) - len(block) < LINE_BYTES and (line := self._stream.readline(LINE_BYTES)):
            self._block += line
            yield line.decode(errors="surrogateescape")
        if len(self._block) - len(block) >= LINE_BYTES:
            raise ArtifactError(
                "a quoted field has no end", where=f"{self._path}:{first}:1", hint='close the quote (")'
            )

    def _refuse(self, line: int, column: str, reason: str) -> None:
        """Refuse a row that cannot be used."""
        place = self._names.index(column) if column in self._names else 0
        start = self._block_line
        text = self._block.split(b"\n", line - start + 1)[line - start].decode(errors="replace")
        raise ArtifactError(
            reason,
            where=f"{self._path}:{line}:{_column_of(text, place)}",
            hint="repair the row, or leave strict mode to skip and count such rows",
        )


def parse_block(
    text: bytes, names: list[str], first_line: int, run: Pass, separator: bytes = b","
) -> pl.DataFrame | None:
    """Return a block's usable rows if polars can be trusted with it, None if it must be read record by record.

    Parameters
    ----------
    text
        Whole lines, LF.
    names
        The file's columns.
    first_line
        Line of the first row.
    run
        The pass.
    separator
        One byte that separates fields.
    """
    rows = text.count(b"\n") + (not text.endswith(b"\n"))
    if text.count(separator) != rows * (len(names) - 1) or not _is_plain(text):
        return None
    typed = _parsed(text, names, run.table, separator, rows, texts_only=False)
    if typed is None:
        return None
    run.tally.rows_in += rows
    if is_clean(typed, run):
        used = finish(typed, run.table)
    else:
        texts = _parsed(text, names, run.table, separator, rows, texts_only=True)
        assert texts is not None, "the same text was split before"  # noqa: S101
        lines = pl.int_range(first_line, first_line + rows, eager=True)
        used = use(texts, lines, run)
    run.tally.rows_used += used.height
    return used


def _is_plain(text: bytes) -> bool:
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


def _parsed(
    text: bytes, names: list[str], table: Table, separator: bytes, rows: int, *, texts_only: bool
) -> pl.DataFrame | None:
    """Parse plain text, None where a row has more fields than the header."""
    wanted = {column.name: column.dtype for column in table.columns}
    types = {name: dtype if dtype == pl.Float64 and not texts_only else pl.String() for name, dtype in wanted.items()}
    schema = {
        name if name in wanted else f"\0{place}": types.get(name, pl.String()) for place, name in enumerate(names)
    }
    try:
        typed = pl.read_csv(
            text,
            has_header=False,
            schema=schema,
            columns=[names.index(name) for name in wanted],
            separator=separator.decode(),
            quote_char=None,
            ignore_errors=True,
        )
    except pl.exceptions.PolarsError:
        return None
    return typed.select(list(wanted)) if typed.height == rows else None


def _keep_lines(block: bytes) -> list[bytes]:
    """Split at line feeds alone."""
    return [line + b"\n" for line in block.removesuffix(b"\n").split(b"\n")]


def _column_of(text: str, place: int) -> int:
    """Return the column, from 1, at which a field starts."""
    quoted, found = False, 0
    for position, letter in enumerate(text):
        if found == place:
            return position + 1
        quoted ^= letter == '"'
        found += letter == "," and not quoted
    return len(text) + 1 if found == place else 1

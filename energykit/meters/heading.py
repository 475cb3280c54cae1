"""Where a table begins in a text file: lines before it, its header, its separator, its columns."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

from energykit.errors import ArtifactError, ParameterError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from energykit.meters.columns import Reference

__all__ = ["COMMENT", "SEPARATORS", "Heading", "fields_of", "find_heading"]

SEPARATORS = (",", ";", "\t", "|", " ")
"""What may separate fields, in the order in which they are tried."""
COMMENT = "#"
"""What a line that is not a row begins with."""
_MOST_LINES = 200
"""How far down a header is looked for."""


@dataclass(frozen=True, kw_only=True)
class Heading:
    """Where a table begins."""

    line: int
    """Line of the header, from 1; 0 where there is none."""
    first_row: int
    """Line of the first row of data."""
    names: tuple[str, ...]
    """Names of the columns, stripped; without a header, their first values."""
    separator: str
    """What separates the fields."""

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.names)

    def place(self, reference: Reference, path: Path) -> int:
        """Return the place, from 0, of a column.

        Raises
        ------
        ArtifactError
            There is no such column, or there are several of that name.
        """
        if isinstance(reference, int):
            if reference > self.width:
                raise self._no_column(f"there is no column {reference}", path)
            return reference - 1
        count = self.names.count(reference)
        if count == 1:
            return self.names.index(reference)
        if count > 1:
            places = [str(n) for n, name in enumerate(self.names, 1) if name == reference]
            raise ArtifactError(
                f"there are {count} columns {reference!r}",
                where=f"{path}:{max(self.line, 1)}:1",
                hint=f"name it by its place, as a number: {' or '.join(places)}",
            )
        raise self._no_column(f"there is no column {reference!r}", path, reference)

    def _no_column(self, what: str, path: Path, name: str = "") -> ArtifactError:
        found = ", ".join(map(repr, self.names)) or "none"
        close = nearest(name, self.names) if name else ""
        hint = "name a column that the file has, or its place as a number; check the separator"
        return ArtifactError(
            f"{what}; columns found: {found}",
            where=f"{path}:{max(self.line, 1)}:1",
            hint=f"{close} {hint}" if close.startswith("did") else hint,
        )


def find_heading(
    lines: Sequence[str],
    wanted: Sequence[Reference],
    *,
    separator: str | None = None,
    header: int | None = None,
    is_data: Callable[[Sequence[str]], bool] = lambda _fields: False,
) -> Heading:
    """Find where a table begins: the first line that holds every wanted name.

    Parameters
    ----------
    lines
        The file's first lines.
    wanted
        Columns that are needed.
    separator
        What separates the fields; None: the first of `SEPARATORS` that gives the wanted names.
    header
        Line of the header, 0 where there is none; None: found.
    is_data
        Whether fields are a row of data rather than a header.

    Returns
    -------
    Heading
        Where no line holds the wanted names, the one with the most fields, so that a message can
        list them.

    Raises
    ------
    ParameterError
        The file has no such line.
    """
    if header is not None and header > len(lines):
        raise ParameterError(
            f"the file has no line {header} among its first {len(lines)}",
            where="parameters.header",
            hint="give the number of the header's line, or leave it out",
        )
    marks = (separator,) if separator else SEPARATORS
    for mark in marks:
        heading = _with_separator(lines, wanted, mark, header, is_data)
        if heading is not None:
            return heading
    return _likeliest(lines, marks, header)


def _with_separator(
    lines: Sequence[str],
    wanted: Sequence[Reference],
    mark: str,
    header: int | None,
    is_data: Callable[[Sequence[str]], bool],
) -> Heading | None:
    """Return the heading that one separator gives, None where it gives none."""
    names = {name for name in wanted if isinstance(name, str)}
    least = max([2, *(place for place in wanted if isinstance(place, int))])
    candidates = list(_candidates(lines, mark, header))
    if header == 0:  # lines of another width before the first row of data are not rows
        width = next((len(fields) for _, fields in candidates if is_data(fields)), None)
        candidates = [(n, f) for n, f in candidates if width in {None, len(f)}]
    for number, fields in candidates:
        if header == 0 or (is_data(fields) and names <= set(fields)):
            return _heading(fields, 0, number, mark) if len(fields) >= least else None
        if names <= set(fields) and len(fields) >= least and (names or header or len(fields) > 1):
            return _heading(fields, number, number + 1, mark)
    return None


def _candidates(
    lines: Sequence[str], mark: str, header: int | None
) -> Iterable[tuple[int, list[str]]]:
    """Yield the lines that may be the header, with their fields."""
    if header:
        yield header, fields_of(lines[header - 1], mark)
        return
    for number, line in enumerate(lines[:_MOST_LINES], 1):
        if line.strip() and not line.lstrip().startswith(COMMENT):
            yield number, fields_of(line, mark)


def fields_of(line: str, mark: str) -> list[str]:
    """Return a line's fields without blanks around them."""
    if mark == " ":
        return line.split()
    fields = next(csv.reader([line], delimiter=mark, skipinitialspace=True), [])
    return [field.strip() for field in fields]


def _heading(fields: Sequence[str], line: int, first_row: int, mark: str) -> Heading:
    return Heading(line=line, first_row=first_row, names=tuple(fields), separator=mark)


def _likeliest(lines: Sequence[str], marks: Sequence[str], header: int | None) -> Heading:
    """Return the line with the most fields, for the message about columns that are not there."""
    options = [
        (len(fields), -number, mark, fields)
        for mark in marks
        for number, fields in _candidates(lines, mark, header)
    ]
    if not options:
        return Heading(line=1, first_row=2, names=(), separator=marks[0])
    _, number, mark, fields = max(options, key=lambda option: option[:2])
    return _heading(fields, -number, 1 - number, mark)

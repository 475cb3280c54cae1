"""Tables in spreadsheets: .xlsx, .xls, .ods, through python-calamine."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from energykit.errors import ArtifactError, MissingPackageError, ParameterError, nearest
from energykit.meters.data_row import data_test
from energykit.meters.delimited import TextPart
from energykit.meters.heading import Heading, find_heading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from energykit.meters.parameters import MeterParameters

__all__ = ["WorkbookTable", "sheet_lines"]

_SEPARATOR = "\x1f"
_PART_ROWS = 1 << 16
_DAY_S = 86_400
_DRIFT_US = 50_000
"""How far times may be from a whole second, all of a sheet's, that are taken for it [µs]."""
_WHOLE_DAY = date(1900, 1, 1)
"""What a spreadsheet's 1, a whole day, is in a column of times of day: its 24:00."""


class WorkbookTable:
    """A sheet of a spreadsheet, as text.

    Parameters
    ----------
    path
        The file.
    parameters
        How it is read; ``sheet`` names the sheet.

    Raises
    ------
    MissingPackageError
        python-calamine is not installed.
    ArtifactError
        The file is not a spreadsheet.
    ParameterError
        There is no such sheet.
    """

    def __init__(self, path: Path, parameters: MeterParameters) -> None:
        self._rows = _texts(_cells(path, parameters.sheet))
        lines = [_SEPARATOR.join(row) for row in self._rows]
        self.heading: Heading = find_heading(
            lines,
            parameters.columns.wanted,
            separator=_SEPARATOR,
            header=parameters.header,
            is_data=data_test(parameters),
        )

    def parts(self, places: Sequence[int]) -> Iterator[TextPart]:
        """Yield the columns at some places, part by part."""
        first = self.heading.first_row
        filled = [(n, row) for n, row in enumerate(self._rows[first - 1 :], first) if any(row)]
        for begin in range(0, len(filled), _PART_ROWS):
            part = filled[begin : begin + _PART_ROWS]
            columns = {str(p): [row[p] if p < len(row) else "" for _, row in part] for p in places}
            schema = dict.fromkeys(columns, pl.String)
            lines = pl.Series([number for number, _ in part], dtype=pl.Int64)
            yield TextPart(texts=pl.DataFrame(columns, schema=schema), lines=lines)


def sheet_lines(path: Path, sheet: str | None = None) -> list[str]:
    """Return the rows of a sheet as lines, cells apart by the unit separator.

    Raises
    ------
    MissingPackageError
        python-calamine is not installed.
    ArtifactError
        The file is not a spreadsheet.
    """
    return [_SEPARATOR.join(row) for row in _texts(_cells(path, sheet))]


def _cells(path: Path, sheet: str | None) -> list[list[Any]]:
    """Return the cells of a sheet."""
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError:
        raise MissingPackageError(
            "python-calamine", extra="meters", needed_for=f"reading {path.suffix}"
        ) from None
    try:
        book = CalamineWorkbook.from_path(str(path))
    except (CalamineError, OSError) as exc:
        what = f"is not a spreadsheet that can be read: {exc}"
        raise ArtifactError(
            what, where=str(path), hint="save it again, or export it as CSV"
        ) from exc
    if sheet is not None and sheet not in book.sheet_names:
        raise ParameterError(
            f"there is no sheet {sheet!r}",
            where="parameters.sheet",
            hint=nearest(sheet, book.sheet_names),
        )
    found = book.get_sheet_by_name(sheet or book.sheet_names[0])
    return list(found.to_python(skip_empty_area=False))


def _texts(rows: list[list[Any]]) -> list[list[str]]:
    """Return cells as text.

    A spreadsheet keeps times as fractions of a day, and a column that adds 1/96 to the cell above
    is a millisecond early after some weeks: 23:59:59.999 of the day before. Where every time of
    the sheet is that close to a whole second, it means the second.
    """
    times = [cell for row in rows for cell in row if isinstance(cell, (datetime, time))]
    is_whole = all(_from_second_us(each) <= _DRIFT_US for each in times)
    return [[_text(_whole_second(cell) if is_whole else cell) for cell in row] for row in rows]


def _from_second_us(moment: datetime | time) -> int:
    """Return how far a time is from the nearest second [µs]."""
    return min(moment.microsecond, 1_000_000 - moment.microsecond)


def _whole_second(cell: object) -> object:
    """Return a time at its nearest second; the last of a day becomes 24:00, a duration."""
    if not isinstance(cell, (datetime, time)):
        return cell
    if cell.microsecond <= _DRIFT_US:
        return cell.replace(microsecond=0)
    if isinstance(cell, datetime):
        return cell.replace(microsecond=0) + timedelta(seconds=1)
    seconds = cell.hour * 3600 + cell.minute * 60 + cell.second + 1
    if seconds == _DAY_S:
        return timedelta(days=1)
    return time(seconds // 3600, seconds // 60 % 60, seconds % 60)


def _text(cell: object) -> str:
    """Return a cell as text; times as ISO 8601, a duration of a day as 24:00."""
    if cell == _WHOLE_DAY:
        return "24:00"
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        minutes = round(cell.total_seconds() / 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).replace("\n", " ").strip()

"""Records of a day each, as NEM12 has them: many are read at once, as rows of numbers.

A 300 record holds the date, a value for each interval, and the quality of the day; 400 records
after it hold the quality of some of its intervals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from energykit.meters.digits import fixed_width_moments

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from energykit.meters.quantity import Unit

__all__ = ["LINE_END", "NO_DATE", "DayBatch", "Days", "Register", "record_fields"]

LINE_END = ord("\n")
NO_DATE = np.iinfo(np.int64).min
"""What stands for a date that cannot be read."""
_BATCH_BYTES = 1 << 20
"""Text of days that is read at once, about."""
_BLANKS = (b" ", b"\t", b"\r")
"""Around fields, which few files have."""


@dataclass(frozen=True, kw_only=True)
class Register:
    """A register of a connection point."""

    point: str
    """Id of the connection point."""
    number: int
    """The same for registers of the same suffix."""
    sign: int
    """1 for what is drawn, -1 for what is fed in."""
    unit: Unit
    """Of its values."""
    minutes: int
    """Length of an interval [min]."""


@dataclass(frozen=True, kw_only=True)
class Days:
    """Days of registers, a row each."""

    dates: NDArray[np.int64]
    """[µs since 1970]; `NO_DATE` where there is none."""
    energies: NDArray[np.float64]
    """In the registers' unit; NaN for a missing number."""
    flag: pl.Series
    """Quality and method, such as A, S14, V."""

    def quality(self, events: Mapping[int, list[bytes]]) -> NDArray[np.uint8]:
        """Return the letter of each interval's quality, a column where each day has one.

        Events are 400 records, by row.
        """
        flags = self.flag.fill_null("").to_list()
        letters = {flag: ord(flag[:1].upper() or " ") % 256 for flag in set(flags)}
        grid = np.array([letters[flag] for flag in flags], dtype=np.uint8)[:, None]
        if events:
            grid = np.repeat(grid, self.energies.shape[1], axis=1)
        for row, records in events.items():
            for _, first, last, flag, *_ in (record_fields(record, 4) for record in records):
                if first.isdecimal() and last.isdecimal():
                    grid[row, int(first) - 1 : int(last)] = ord(flag[:1].upper() or " ") % 256
        return grid


class DayBatch:
    """Days of registers that are read at once: of one unit and one length of intervals."""

    def __init__(self) -> None:
        self.registers: list[Register] = []
        self.heights: list[int] = []
        self.events: dict[int, list[bytes]] = {}
        """400 records by the row of their day."""
        self._texts: list[bytes] = []
        self._lines: list[NDArray[np.int64]] = []
        self._height = self._bytes = 0

    @property
    def is_full(self) -> bool:
        """Whether no more should be added."""
        return self._bytes >= _BATCH_BYTES

    def fits(self, register: Register) -> bool:
        """Whether the days of a register can be read with these."""
        kinds = ((each.unit, each.minutes) for each in self.registers[:1])
        return all(kind == (register.unit, register.minutes) for kind in kinds)

    def add(self, register: Register, text: bytes, lines: NDArray[np.int64]) -> None:
        """Add records of days that follow each other, with their lines."""
        self.registers.append(register)
        self.heights.append(lines.size)
        self._texts.append(text)
        self._lines.append(lines)
        self._height += lines.size
        self._bytes += len(text)

    def add_event(self, record: bytes) -> None:
        """Add a 400 record of the last day."""
        self.events.setdefault(self._height - 1, []).append(record)

    @property
    def lines(self) -> NDArray[np.int64]:
        """Line of each day."""
        return np.concatenate(self._lines)

    def days(self, count: int) -> Days:
        """Return the days, of so many intervals each."""
        text = b"\n".join(self._texts)
        return _grid(text, self._height, count) or _grid_by_record(text.split(b"\n"), count)


def record_fields(record: bytes, least: int = 0) -> list[str]:
    """Return the fields of a record without blanks around them, at least so many."""
    fields = record.decode("utf-8", "replace").split(",")
    bare = [field.strip() for field in fields] if _has_blanks(record) else fields
    return bare + [""] * (least - len(bare))


def _has_blanks(text: bytes) -> bool:
    return any(blank in text for blank in _BLANKS)


def _grid(text: bytes, height: int, count: int) -> Days | None:
    """Return 300 records, a row each; None where one is not plain."""
    letters = np.frombuffer(text, dtype=np.uint8)
    marks = letters[(letters == ord(",")) | (letters == LINE_END)]
    width, rest = divmod(marks.size + 1, height)
    if rest or width < count + 3 or not (marks[width - 1 :: width] == LINE_END).all():
        return None
    if _has_blanks(text) or b'"' in text:
        return None
    fields = (
        pl.Series([text.replace(b"\n", b",").decode("utf-8", "replace")]).str.split(",").explode()
    )
    dates = fixed_width_moments(fields.gather_every(width, 1), "%Y%m%d")
    numbers = fields.cast(pl.Float64, strict=False)
    is_odd = (numbers.is_null() & (fields != "")).to_numpy()
    if dates is None or is_odd.reshape(height, width)[:, 2 : count + 2].any():
        return None
    energies = numbers.to_numpy().reshape(height, width)[:, 2 : count + 2]
    return Days(dates=dates, energies=energies, flag=fields.gather_every(width, count + 2))


def _grid_by_record(records: list[bytes], count: int) -> Days:
    """Return what `_grid` does, record by record; `NO_DATE` where a text is not a number.

    Such a record lacks a field, and values stand at other times.
    """
    days = [record_fields(record) for record in records]
    dates = [
        fixed_width_moments(pl.Series(fields[1:2], dtype=pl.String), "%Y%m%d") for fields in days
    ]
    texts = [(fields[2 : 2 + count] + [""] * count)[:count] for fields in days]
    numbers = pl.Series([text for day in texts for text in day], dtype=pl.String)
    values = numbers.cast(pl.Float64, strict=False)
    is_odd = (values.is_null() & (numbers != "")).to_numpy().reshape(len(records), count)
    moments = [
        NO_DATE if date is None or odd.any() else int(date[0])
        for date, odd in zip(dates, is_odd, strict=True)
    ]
    return Days(
        dates=np.array(moments, dtype=np.int64),
        energies=values.to_numpy().reshape(len(records), count),
        flag=pl.Series(["".join(fields[2 + count : 3 + count]) for fields in days]),
    )

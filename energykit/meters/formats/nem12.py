"""NEM12 and NEM13, the meter data files of the Australian market.

Source: AEMO, Meter Data File Format Specification NEM12 & NEM13, version 2.6: records 100 (header),
200 (a register of a connection point), 300 (a day of intervals), 400 (the quality of some of them,
where the day's is V), 250 (a read of an accumulating meter), 500 (notes, not used), 900 (end).
Times are market time, +10:00 all year; an interval's place says its end. Suffix E is drawn from the
grid, B fed in, Q and K are reactive. Qualities: A was measured; E, F and S stand for what was not;
N says that there is none, though the field holds a 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from energykit.meters.digits import SECOND_US, fixed_width_moments
from energykit.meters.number import scaled, scaled_values
from energykit.meters.quantity import Quantity, Unit, unit_of
from energykit.meters.rows import ROW
from energykit.meters.whole_days import DAY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from energykit.meters.account import Account
    from energykit.meters.source import TextFile

__all__ = ["QUANTITY", "SIGNS", "TITLE", "begins", "rows", "whole_records"]

TITLE = "NEM12 or NEM13, meter data of the Australian market"
QUANTITY = Quantity.ENERGY
SIGNS = (1,)
_AHEAD_US = 10 * 3600 * SECOND_US
_MINUTE_US = 60 * SECOND_US
_DIRECTIONS = {"E": 1, "B": -1}
_DAY_MINUTES = 1440
_READ_FIELDS, _FIELDS_200 = 20, 9
_LINE_END = ord("\n")
_BATCH_BYTES = 1 << 20
"""Text of days that is read at once, about."""
_NO_VALUE = ord("N")
_NOT_MEASURED = [ord(letter) for letter in "EFS"]
_NO_DATE = np.iinfo(np.int64).min
_BLANKS = (b" ", b"\t", b"\r")
"""Around fields, which few files have."""


@dataclass(frozen=True, kw_only=True)
class _Register:
    """A register of a connection point."""

    point: str
    number: int
    sign: int
    unit: Unit
    minutes: int


@dataclass(frozen=True, kw_only=True)
class _Days:
    """Days of registers, a row each."""

    dates: NDArray[np.int64]
    """[µs since 1970]; `_NO_DATE` where there is none."""
    energies: NDArray[np.float64]
    """In the registers' unit; NaN where there is no number."""
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
            for _, first, last, flag, *_ in (_fields(record, 4) for record in records):
                if first.isdecimal() and last.isdecimal():
                    grid[row, int(first) - 1 : int(last)] = ord(flag[:1].upper() or " ") % 256
        return grid


class _Batch:
    """Days of registers that are read at once: of one unit and one length of intervals."""

    def __init__(self) -> None:
        self.registers: list[_Register] = []
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

    def fits(self, register: _Register) -> bool:
        """Whether the days of a register can be read with these."""
        kinds = ((each.unit, each.minutes) for each in self.registers[:1])
        return all(kind == (register.unit, register.minutes) for kind in kinds)

    def add(self, register: _Register, text: bytes, lines: NDArray[np.int64]) -> None:
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

    def days(self, count: int) -> _Days:
        """Return the days, of so many intervals each."""
        text = b"\n".join(self._texts)
        return _grid(text, self._height, count) or _grid_by_record(text.split(b"\n"), count)


def begins(head: bytes) -> bool:
    """Whether a file that begins so is NEM12 or NEM13."""
    return head.lstrip(b"\xef\xbb\xbf").startswith((b"100,NEM12", b"100,NEM13", b"200,", b"250,"))


def whole_records(sample: bytes) -> bytes | None:
    """Return whole lines as they are: each is a record."""
    return sample


def rows(file: TextFile, account: Account) -> Iterator[pl.DataFrame]:
    """Yield rows, energies [Wh] of a day or between two reads, negative where it is fed in.

    Parameters
    ----------
    file
        The file.
    account
        Takes the records that cannot be used.
    """
    parser = _Parser(account)
    line = 1
    for block in file.blocks():
        line += parser.take(block, line)
        yield from parser.taken()
    parser.read_days()
    yield from parser.taken()


def _fields(record: bytes, least: int = 0) -> list[str]:
    """Return the fields of a record without blanks around them, at least so many."""
    fields = record.decode("utf-8", "replace").split(",")
    bare = [field.strip() for field in fields] if _has_blanks(record) else fields
    return bare + [""] * (least - len(bare))


def _has_blanks(text: bytes) -> bool:
    return any(blank in text for blank in _BLANKS)


def _grid(text: bytes, height: int, count: int) -> _Days | None:
    """Return 300 records, a row each; None where one is not plain."""
    letters = np.frombuffer(text, dtype=np.uint8)
    marks = letters[(letters == ord(",")) | (letters == _LINE_END)]
    width, rest = divmod(marks.size + 1, height)
    if rest or width < count + 3 or not (marks[width - 1 :: width] == _LINE_END).all():
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
    return _Days(dates=dates, energies=energies, flag=fields.gather_every(width, count + 2))


def _grid_by_record(records: list[bytes], count: int) -> _Days:
    """Return what `_grid` does, record by record; `_NO_DATE` where a text is not a number.

    Such a record lacks a field, and values stand at other times.
    """
    days = [_fields(record) for record in records]
    dates = [
        fixed_width_moments(pl.Series(fields[1:2], dtype=pl.String), "%Y%m%d") for fields in days
    ]
    texts = [(fields[2 : 2 + count] + [""] * count)[:count] for fields in days]
    numbers = pl.Series([text for day in texts for text in day], dtype=pl.String)
    values = numbers.cast(pl.Float64, strict=False)
    is_odd = (values.is_null() & (numbers != "")).to_numpy().reshape(len(records), count)
    moments = [
        _NO_DATE if date is None or odd.any() else int(date[0])
        for date, odd in zip(dates, is_odd, strict=True)
    ]
    return _Days(
        dates=np.array(moments, dtype=np.int64),
        energies=values.to_numpy().reshape(len(records), count),
        flag=pl.Series(["".join(fields[2 + count : 3 + count]) for fields in days]),
    )


def _number(suffix: str) -> int:
    """Return a number for the two letters of a register, the same in every file."""
    return int.from_bytes(suffix[:2].encode("ascii", "replace"), "big")


def _frame(columns: Mapping[str, Any]) -> pl.DataFrame:
    """Return rows with the columns that those of this format lack."""
    height = len(columns["line"])
    known = {
        name: pl.Series(name, columns.get(name, np.zeros(height)), dtype=kind)
        for name, kind in ROW.items()
    }
    nothing = pl.Series([None], dtype=pl.Float64).new_from_index(0, height)
    values = {name: pl.Series(name, columns[name]) for name in columns if name not in ROW}
    return pl.DataFrame({**known, "voltage": nothing, "current": nothing, **values})


class _Parser:
    """Takes a file's lines block by block."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._register: _Register | None = None
        self._frames: list[pl.DataFrame] = []
        self._batch = _Batch()
        self._follows_day = False

    def take(self, block: bytes, line: int) -> int:
        """Take whole lines, the first of which has a number; return how many they are.

        Days that follow each other are taken at once.
        """
        letters = np.frombuffer(block + b"\0\0", dtype=np.uint8)
        ends = np.flatnonzero(letters == _LINE_END)
        if not block.endswith(b"\n"):
            ends = np.append(ends, len(block))
        starts = np.concatenate([[0], ends[:-1] + 1])
        is_day = np.logical_and.reduce([letters[starts + n] == c for n, c in enumerate(b"300")])
        at = 0
        for place in (*np.flatnonzero(~is_day).tolist(), starts.size):
            if place > at:
                days = block[starts[at] : ends[place - 1]]
                self._take_days(days, np.arange(line + at, line + place))
            if place < starts.size:
                self._take_record(block[starts[place] : ends[place]], line + place)
            at = place + 1
        return int(starts.size)

    def taken(self) -> Iterator[pl.DataFrame]:
        """Yield the rows that are known and were not yielded yet."""
        frames, self._frames = self._frames, []
        yield from frames

    def _take_record(self, record: bytes, line: int) -> None:
        """Take a record that is not a day."""
        kind = record[:3]
        if kind == b"400" and self._follows_day:
            self._batch.add_event(record)
        elif kind in {b"200", b"250"}:
            self._follows_day = False
            fields = _fields(record, _FIELDS_200)
            if kind == b"200":
                self._register = self._registered(fields, line)
            else:
                self._account.rows_in += 1
                self._take_read(fields, line)

    def _take_days(self, text: bytes, lines: NDArray[np.int64]) -> None:
        """Take the records of days; those before them are whole now, with their 400 records."""
        register = self._register
        self._follows_day = register is not None
        if register is None:
            self._account.rows_in += lines.size
            why = "the day is of a register that is not used"
            self._account.leave_out(why, lines.size, int(lines[0]))
            return
        if self._batch.is_full or not self._batch.fits(register):
            self.read_days()
        self._batch.add(register, text, lines)

    def _registered(self, fields: list[str], line: int) -> _Register | None:
        """Return the register of a 200 record; None where it does not measure active energy."""
        point, suffix, minutes = fields[1], fields[4].upper(), fields[8]
        unit = unit_of("power_consumption", fields[7])
        if unit is None or not unit.is_energy or suffix[:1] not in _DIRECTIONS:
            what = "registers that do not measure active energy are not used"
            self._account.adjust(what, 1, line)
            return None
        if not minutes.isdecimal() or int(minutes) == 0 or _DAY_MINUTES % int(minutes):
            what = "registers that do not say how long their intervals are, are not used"
            self._account.adjust(what, 1, line)
            return None
        return _Register(
            point=point,
            number=_number(suffix),
            sign=_DIRECTIONS[suffix[0]],
            unit=unit,
            minutes=int(minutes),
        )

    def read_days(self) -> None:
        """Read the days that were taken so far."""
        batch, self._batch = self._batch, _Batch()
        registers, heights = batch.registers, batch.heights
        if not registers:
            return
        unit, minutes = registers[0].unit, registers[0].minutes
        lines = batch.lines
        read = batch.days(_DAY_MINUTES // minutes)
        self._account.rows_in += read.energies.size
        each = np.repeat(np.arange(len(heights)), heights)
        signs = np.array([float(register.sign) for register in registers])[each]
        energies = scaled_values(read.energies, unit) * signs[:, None]
        usable = self._usable(read, np.isfinite(energies), read.quality(batch.events), lines)
        rows = {
            "line": lines,
            "household_id": pl.Series([register.point for register in registers])[each],
            "register": np.array([register.number for register in registers])[each],
            "moment": read.dates - _AHEAD_US,
            "span": np.full(lines.size, minutes * _MINUTE_US),
            DAY: np.where(usable, energies, np.nan),
        }
        frame, is_used = _frame(rows), pl.Series(usable.any(axis=1))
        self._frames.append(frame if is_used.all() else frame.filter(is_used))

    def _usable(
        self,
        days: _Days,
        is_number: NDArray[np.bool_],
        quality: NDArray[np.uint8],
        lines: NDArray[np.int64],
    ) -> NDArray[np.bool_]:
        """Return which intervals have a value; count the others, and those not measured."""
        has_date = np.broadcast_to((days.dates != _NO_DATE)[:, None], is_number.shape)
        is_there = quality != _NO_VALUE
        reasons = {
            "the day is not a date with all its intervals": ~has_date,
            "the interval has no value: its quality is N": has_date & ~is_there,
            "the interval has no number": has_date & is_there & ~is_number,
        }
        for why, mask in reasons.items():
            if mask.any():
                self._account.leave_out(why, int(mask.sum()), int(lines[mask.any(axis=1)][0]))
        usable: NDArray[np.bool_] = has_date & is_there & is_number
        stand_in = np.isin(quality, _NOT_MEASURED) & usable
        if stand_in.any():
            what = "intervals were not measured: estimated or substituted (quality E, F, S)"
            self._account.adjust(what, int(stand_in.sum()), int(lines[stand_in.any(axis=1)][0]))
        return usable

    def _take_read(self, fields: list[str], line: int) -> None:
        """Take a 250 record: what was drawn between two reads."""
        stamps = pl.Series(fields[9:15:5], dtype=pl.String)
        moments = fixed_width_moments(stamps, "%Y%m%d%H%M%S")
        unit = unit_of("power_consumption", fields[19]) if len(fields) >= _READ_FIELDS else None
        number = pl.Series(fields[18:19], dtype=pl.String).cast(pl.Float64, strict=False)
        if moments is None or unit is None or not unit.is_energy or number.null_count():
            self._account.leave_out(
                "the read has no two times, no energy or no unit of it", 1, line
            )
            return
        sign = _DIRECTIONS.get(fields[4][:1].upper(), -1 if fields[7].upper() == "I" else 1)
        read = {
            "line": [line],
            "household_id": [fields[1]],
            "register": [_number(fields[4].upper())],
            "moment": moments[:1] - _AHEAD_US,
            "span": np.diff(moments),
            "value0": scaled(number, unit) * sign,
        }
        self._frames.append(_frame(read))

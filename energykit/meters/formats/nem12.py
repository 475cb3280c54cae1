"""NEM12 and NEM13, the meter data files of the Australian market.

Source: AEMO, Meter Data File Format Specification NEM12 & NEM13, version 2.6: records 100 (header),
200 (a register of a connection point), 300 (a day of intervals), 400 (the quality of some of them,
where the day's is V), 250 (a read of an accumulating meter), 500 (notes, not used), 900 (end).
Times are market time, +10:00 all year; an interval's place says its end. Suffix E is drawn from the
grid, B fed in, Q and K are reactive. Qualities: A was measured; E, F and S stand for what was not;
N says that there is none, though the field holds a 0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from energykit.meters.digits import SECOND_US, fixed_width_moments
from energykit.meters.number import scaled
from energykit.meters.quantity import Quantity, Unit, unit_of
from energykit.meters.rows import ROW

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
_READ_FIELDS = 20
_NO_VALUE = ord("N")
_NOT_MEASURED = [ord(letter) for letter in "EFS"]
_NO_DATE = np.iinfo(np.int64).min
_BLANK = re.compile(rb"[ \t\r]")
"""Blanks around fields, which few files have."""


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
    """Days of a register, a row each."""

    dates: NDArray[np.int64]
    """[µs since 1970]; `_NO_DATE` where there is none."""
    energies: NDArray[np.float64]
    """In the register's unit; NaN where there is no number."""
    flag: pl.Series
    """Quality and method, such as A, S14, V."""

    def quality(self, events: Mapping[int, list[bytes]]) -> NDArray[np.uint8]:
        """Return the letter of each interval's quality; events are 400 records, by row."""
        letters = [ord(flag[:1].upper() or " ") % 256 for flag in self.flag.fill_null("")]
        grid = np.repeat(np.array(letters, dtype=np.uint8)[:, None], self.energies.shape[1], axis=1)
        for row, records in events.items():
            for _, first, last, flag, *_ in (_fields(record) + [""] * 4 for record in records):
                if first.isdecimal() and last.isdecimal():
                    grid[row, int(first) - 1 : int(last)] = ord(flag[:1].upper() or " ") % 256
        return grid


def begins(head: bytes) -> bool:
    """Whether a file that begins so is NEM12 or NEM13."""
    return head.lstrip(b"\xef\xbb\xbf").startswith((b"100,NEM12", b"100,NEM13", b"200,", b"250,"))


def whole_records(sample: bytes) -> bytes | None:
    """Return whole lines as they are: each is a record."""
    return sample


def rows(file: TextFile, account: Account) -> Iterator[pl.DataFrame]:
    """Yield rows: energy of each interval [Wh], negative where it is fed in.

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
        records = block.removesuffix(b"\n").split(b"\n")
        for number, record in enumerate(records, line):
            parser.take(record, number)
        line += len(records)
        yield parser.taken()
    yield parser.taken(is_last=True)


def _fields(record: bytes) -> list[str]:
    """Return the fields of a record without blanks around them."""
    fields = record.decode("utf-8", "replace").split(",")
    return [field.strip() for field in fields] if _BLANK.search(record) else fields


def _grid(records: list[bytes], count: int) -> _Days | None:
    """Return 300 records, a row each; None where one is not plain."""
    text = b"\n".join(records)
    width, rest = divmod(text.count(b","), len(records))
    if rest or width < count + 2 or _BLANK.search(text) or b'"' in text:
        return None
    kinds = {str(n): pl.Float64 if 1 < n < count + 2 else pl.String for n in range(width + 1)}
    try:
        table = pl.read_csv(
            text, has_header=False, schema=kinds, columns=list(range(1, count + 3)), quote_char=None
        )
    except pl.exceptions.PolarsError:
        return None
    dates = fixed_width_moments(table["1"], "%Y%m%d")
    if dates is None or table.height != len(records):
        return None
    flag = table[str(count + 2)]
    return _Days(dates=dates, energies=table.drop("1", flag.name).to_numpy(), flag=flag)


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


class _Parser:
    """Takes records one by one."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._register: _Register | None = None
        self._numbers: dict[tuple[str, ...], int] = {}
        self._frames: list[pl.DataFrame] = []
        self._days: list[tuple[int, bytes]] = []
        self._events: dict[int, list[bytes]] = {}

    def take(self, record: bytes, line: int) -> None:
        """Take one record; days are read together with those that follow them."""
        kind = record[:3]
        if kind == b"300":
            self._days.append((line, record))
        elif kind == b"400" and self._days:
            self._events.setdefault(len(self._days) - 1, []).append(record)
        elif kind in {b"200", b"250"}:
            self._read_days()
            fields = _fields(record)
            if kind == b"200":
                self._register = self._registered(fields, line)
            else:
                self._account.rows_in += 1
                self._take_read(fields, line)

    def taken(self, *, is_last: bool = False) -> pl.DataFrame:
        """Return the rows since the last call; a day's 400 records may be in the next block."""
        kept: list[tuple[int, bytes]] = []
        events: list[bytes] = []
        if self._days and not is_last:
            kept = [self._days.pop()]
            events = self._events.pop(len(self._days), [])
        self._read_days()
        self._days, self._events = kept, {0: events}
        frames, self._frames = self._frames, []
        schema = {**ROW, "value0": pl.Float64()}
        return pl.concat(frames) if frames else pl.DataFrame(schema=schema)

    def _registered(self, fields: list[str], line: int) -> _Register | None:
        """Return the register of a 200 record; None where it does not measure active energy."""
        point, suffix = fields[1], fields[4].upper()
        unit = unit_of("power_consumption", fields[7]) if len(fields) > 8 else None
        if unit is None or not unit.is_energy or suffix[:1] not in _DIRECTIONS:
            what = "registers that do not measure active energy are not used"
            self._account.adjust(what, 1, line)
            return None
        key = (point, suffix)
        number = self._numbers.setdefault(key, len(self._numbers))
        return _Register(
            point=point,
            number=number,
            sign=_DIRECTIONS[suffix[0]],
            unit=unit,
            minutes=int(fields[8]),
        )

    def _read_days(self) -> None:
        """Read the days of a register that were taken so far."""
        register, days, events = self._register, self._days, self._events
        self._days, self._events = [], {}
        if register is None or not days:
            self._account.rows_in += len(days)
            why = "the day is of a register that is not used"
            self._account.leave_out(why, len(days), days[0][0] if days else 0)
            return
        count = 1440 // register.minutes
        self._account.rows_in += len(days) * count
        records = [record for _, record in days]
        lines = np.array([line for line, _ in days], dtype=np.int64)
        read = _grid(records, count) or _grid_by_record(records, count)
        values = scaled(pl.Series(read.energies.ravel()), register.unit)
        grid = values.to_numpy().reshape(read.energies.shape) * register.sign
        usable = self._usable(read, np.isfinite(grid), read.quality(events), lines)
        step = register.minutes * _MINUTE_US
        moment = (read.dates[:, None] - _AHEAD_US + np.arange(count) * step)[usable]
        starts = np.repeat(lines, count)[usable.ravel()]
        self._add(register, moment, np.full(moment.size, step), pl.Series(grid[usable]), starts)

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
        key = self._numbers.setdefault((fields[1], fields[4]), len(self._numbers))
        register = _Register(point=fields[1], number=key, sign=sign, unit=unit, minutes=0)
        span = np.diff(moments)
        values = scaled(number, unit) * sign
        self._add(register, moments[:1] - _AHEAD_US, span, values, np.array([line]))

    def _add(
        self,
        register: _Register,
        moment: NDArray[np.int64],
        span: NDArray[np.int64],
        values: pl.Series,
        lines: NDArray[np.int64],
    ) -> None:
        self._frames.append(
            pl.DataFrame({"line": lines, "moment": moment, "span": span, "value0": values}).select(
                line="line",
                household_id=pl.lit(register.point),
                register=pl.lit(register.number, dtype=pl.Int16),
                moment="moment",
                span="span",
                later=pl.lit(0, dtype=pl.Int64),
                voltage=pl.lit(None, dtype=pl.Float64),
                current=pl.lit(None, dtype=pl.Float64),
                value0="value0",
            )
        )

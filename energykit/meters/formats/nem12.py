"""NEM12 and NEM13, the meter data files of the Australian market.

Source: AEMO, Meter Data File Format Specification NEM12 & NEM13, version 2.6: records 100 (header),
200 (a register of a connection point), 300 (a day of intervals), 400 (the quality of some of them,
where the day's is V), 250 (a read of an accumulating meter), 500 (notes, not used), 900 (end).
Times are market time, +10:00 all year; an interval's place says its end. Suffix E is drawn from the
grid, B fed in, Q and K are reactive. Qualities: A was measured; E, F and S stand for what was not;
N says that there is none, though the field holds a 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from energykit.meters.day_record import LINE_END, NO_DATE, DayBatch, Days, Register, record_fields
from energykit.meters.digits import SECOND_US, fixed_width_moments
from energykit.meters.number import scaled, scaled_values
from energykit.meters.quantity import Quantity, unit_of
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
_NO_VALUE = ord("N")
_NOT_MEASURED = [ord(letter) for letter in "EFS"]


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
        self._register: Register | None = None
        self._frames: list[pl.DataFrame] = []
        self._batch = DayBatch()
        self._follows_day = False

    def take(self, block: bytes, line: int) -> int:
        """Take whole lines, the first of which has a number; return how many they are.

        Days that follow each other are taken at once.
        """
        letters = np.frombuffer(block + b"\0\0", dtype=np.uint8)
        ends = np.flatnonzero(letters == LINE_END)
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
            fields = record_fields(record, _FIELDS_200)
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

    def _registered(self, fields: list[str], line: int) -> Register | None:
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
        return Register(
            point=point,
            number=_number(suffix),
            sign=_DIRECTIONS[suffix[0]],
            unit=unit,
            minutes=int(minutes),
        )

    def read_days(self) -> None:
        """Read the days that were taken so far."""
        batch, self._batch = self._batch, DayBatch()
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
        days: Days,
        is_number: NDArray[np.bool_],
        quality: NDArray[np.uint8],
        lines: NDArray[np.int64],
    ) -> NDArray[np.bool_]:
        """Return which intervals have a value; count the others, and those not measured."""
        has_date = np.broadcast_to((days.dates != NO_DATE)[:, None], is_number.shape)
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

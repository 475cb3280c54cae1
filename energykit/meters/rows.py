"""Rows of a meter's table as numbers: moment, values in base units, or why there are none."""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from energykit.meters.fed_in import FedIn
from energykit.meters.moment import StampReader
from energykit.meters.number import FLOAT32_MAX, NumberForm, present
from energykit.meters.quantity import UNITS, Quantity, Unit
from energykit.meters.side_by_side import each_meter, meters_beside, with_cells
from energykit.meters.steps import StepCounter
from energykit.meters.value import read_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from energykit.meters.account import Account
    from energykit.meters.delimited import TextPart
    from energykit.meters.parameters import MeterParameters
    from energykit.meters.places import Places

__all__ = ["ROW", "RowReader", "default_units", "feeds_in"]

ROW = pl.Schema({
    "line": pl.Int64(),
    "household_id": pl.String(),
    "register": pl.Int16(),
    "moment": pl.Int64(),
    "span": pl.Int64(),
    "later": pl.Int64(),
    "voltage": pl.Float64(),
    "current": pl.Float64(),
})  # fmt: skip
"""Rows while they are put in order: the line; whose; which register; the moment [µs]; how long it
stands [µs] where the row says so; how much later it is if it is the second of two that the clock
shows [µs]; voltage [V]; current [A]. Behind them ``value0``, for counters one more for each further
register: power [W] or energy [Wh]; ``fed_in`` in the same unit, from 0, where columns of one row
count both directions, ``value0`` then being what was drawn less this.
"""
_REASON = "reason"


class RowReader:
    """Makes rows of the parts of one table.

    Parameters
    ----------
    parameters
        How the file is read.
    places
        Where its columns are.
    units
        Unit of each quantity of the contract.
    quantity
        What the values are.
    account
        Takes what is left out.
    """

    def __init__(
        self,
        parameters: MeterParameters,
        places: Places,
        units: Mapping[str, Unit],
        quantity: Quantity,
        account: Account,
    ) -> None:
        self._parameters = parameters
        self._places = places
        self._units = units
        self._account = account
        self._counts = quantity is Quantity.COUNTER
        self._numbers = NumberForm(decimal=parameters.decimal, thousands=parameters.thousands)
        step_us = round((parameters.step_s or 3600) * 1e6)
        self.stamps = StampReader(places.clock or parameters.clock, account, step_us)
        """Reads the stamps; knows afterwards what they prove."""
        self.steps = None if parameters.start is None else StepCounter(parameters)
        """Counts the stamps of a file that has none."""
        self._is_by_meter = parameters.layout == "wide_by_meter"
        self.meters = () if self._counts else meters_beside(parameters, places)
        """Households whose rows may stay side by side (`energykit.meters.side_by_side`)."""
        self._fed_in = {place: FedIn(account) for place in ("", *places.values)}
        used = [sign for sign in parameters.registers.values() if sign != "ignore"]
        self._exports = [number for number, sign in enumerate(used) if sign == "export"]
        is_plain = places.register is None and not self._counts
        self._ends_states = parameters.holds_until_next and is_plain
        self._has_zone: bool | None = None
        self.example = ""
        """The first text that should be a number and is not."""

    def rows(self, part: TextPart) -> pl.DataFrame:
        """Return the rows of a part that can be used (`ROW`); the others are counted."""
        for line, reason in part.broken:
            self._account.leave_out(reason, 1, line)
        cells = len(self._places.values) if self._is_by_meter else 1
        self._account.rows_in += part.texts.height * cells + len(part.broken)
        values, missing = self._places.values, self._parameters.missing
        texts = part.texts.select(  # values are read as they are: most need no look at blanks
            column if column.name in values else present(column, missing) for column in part.texts
        )
        frame = self._moments(texts, part)
        frame = frame.with_columns(self._households(texts), self._registers(texts))
        frame = frame.with_columns(self._second("voltage", texts), self._second("current", texts))
        return self._usable(self._valued(frame, texts))

    def _moments(self, texts: pl.DataFrame, part: TextPart) -> pl.DataFrame:
        """Return line, moment, span and reason of each row."""
        places = self._places
        if self.steps is not None:
            households = texts[places.household] if places.household else None
            return self.steps.moments(part.lines, households)
        ends = _joined(texts, places.end) if places.end else None
        stamps = _joined(texts, places.timestamp)
        values = None if part.elapsed is None else texts[places.values[0]]
        moments = self.stamps.read(stamps, ends, part.lines, elapsed=part.elapsed, values=values)
        frame = moments.frame
        if part.span_us is not None:
            frame = frame.with_columns(span=pl.lit(part.span_us, dtype=pl.Int64))
        return frame.with_columns(part.lines.alias("line"))

    def _households(self, texts: pl.DataFrame) -> pl.Series:
        place = self._places.household
        if place is None:
            name = pl.Series("household_id", [self._parameters.household], dtype=pl.String)
            return name.new_from_index(0, texts.height)
        return texts[place].alias("household_id")

    def _registers(self, texts: pl.DataFrame) -> pl.Series:
        """Return the register of each row, null where it is ignored."""
        place = self._places.register
        if place is None:
            only = pl.Series("register", [0], dtype=pl.Int16)
            return only.new_from_index(0, texts.height)
        names = [n for n, sign in self._parameters.registers.items() if sign != "ignore"]
        return (
            texts[place]
            .replace_strict(names, range(len(names)), default=None, return_dtype=pl.Int16)
            .alias("register")
        )

    def _second(self, quantity: str, texts: pl.DataFrame) -> pl.Series:
        """Return voltage or current, null where a row has none."""
        place = getattr(self._places, quantity)
        if place is None:
            return pl.Series(quantity, [None], dtype=pl.Float64).new_from_index(0, texts.height)
        numbers = self._numbers.read(texts[place], quantity, self._units[quantity])
        usable = numbers.is_finite() & (numbers.abs() <= FLOAT32_MAX)
        return numbers.set(~usable, None).alias(quantity)

    def _valued(self, frame: pl.DataFrame, texts: pl.DataFrame) -> pl.DataFrame:
        """Return rows with values: a column a register of a counter, else the signed sum."""
        if self._is_by_meter:
            return self._by_meter(frame, texts)
        names, signs = self._places.names, self._places.signs
        columns = [self._value(texts[place], names[place]) for place in self._places.values]
        reason = frame[_REASON]
        for _, why in columns:
            if why.null_count() < len(why):
                reason = reason.zip_with(reason.is_not_null(), why)
        signed = [
            v if sign > 0 else self._fed_in[place].below_zero(v, frame["line"])
            for place, (v, _), sign in zip(self._places.values, columns, signs, strict=True)
        ]
        if self._counts:
            values = [v if sign > 0 else -v for v, sign in zip(signed, signs, strict=True)]
            values[0] = self._by_register(values[0], frame, upwards=True)
        else:
            values = [self._by_register(functools.reduce(operator.add, signed), frame)]
            if feeds_in(signs):
                fed_in = functools.reduce(operator.add, [v.clip(upper_bound=0) for v in signed])
                frame = frame.with_columns((-fed_in).alias("fed_in"))
        named = [numbers.alias(f"value{place}") for place, numbers in enumerate(values)]
        return frame.with_columns(*named, reason.alias(_REASON))

    def _by_meter(self, frame: pl.DataFrame, texts: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of each meter in turn, or, where all have values, a row a stamp.

        All columns are read as one: hundreds of them cost hundreds of times what a call costs.
        """
        places = self._places.values
        column = pl.concat(texts[place].alias("value") for place in places)
        cells = self._cells(frame, column)
        if cells is not None:
            blank = frame.with_columns(pl.lit("").alias("household_id"))
            return with_cells(blank, cells.reshape(len(places), frame.height))
        rows = each_meter(frame, [self._places.names[place] for place in places])
        values, why = self._value(column, rows["household_id"])
        return rows.with_columns(values.alias("value0"), pl.coalesce(_REASON, why).alias(_REASON))

    def _cells(self, frame: pl.DataFrame, column: pl.Series) -> NDArray[np.float64] | None:
        """Return the values of all meters, None where some have none or some stamps are none."""
        zoned = self._same_zone(frame)
        if not self.meters or zoned[_REASON].null_count() < zoned.height:
            return None
        unit = self._units["power_consumption"]
        numbers = self._numbers.read_plain(column, unit, self._parameters.missing)
        cells = np.array([np.nan]) if numbers is None else numbers.to_numpy()
        return cells if bool((np.abs(cells) <= FLOAT32_MAX).all()) else None

    def _by_register(
        self, values: pl.Series, frame: pl.DataFrame, *, upwards: bool = False
    ) -> pl.Series:
        """Return values, those of registers that count what is fed in below 0, or upwards."""
        if not self._exports:
            return values
        is_export = frame["register"].is_in(self._exports).fill_null(value=False)
        fed_in = values.filter(is_export)
        signed = self._fed_in[""].below_zero(fed_in, frame["line"].filter(is_export))
        return values.scatter(is_export.arg_true(), -signed if upwards else signed)

    def _value(self, column: pl.Series, name: str | pl.Series) -> tuple[pl.Series, pl.Series]:
        """Return a column's numbers, and why some are none; `name` may differ from row to row."""
        unit, missing = self._units["power_consumption"], self._parameters.missing
        values = read_values(column, name, self._numbers, unit, missing)
        self.example = self.example or values.example
        return values.numbers, values.reason

    def _usable(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the rows that can be used, and count the others."""
        frame = self._same_zone(self._named(frame))
        bad = frame.filter(pl.col(_REASON).is_not_null())
        if bad.height:
            groups = bad.group_by(_REASON).agg(pl.len().alias("rows"), pl.col("line").min())
            for reason, rows, line in groups.sort("line", _REASON).iter_rows():
                self._account.leave_out(reason, rows, line)
            frame = frame.filter(pl.col(_REASON).is_null() | self._ends_state(frame))
        used = frame.filter(pl.col("register").is_not_null())
        return used.select(*ROW, pl.col("^(value[0-9]+|fed_in|cells)$")).cast(dict(ROW))  # type: ignore[arg-type]

    def _ends_state(self, frame: pl.DataFrame) -> pl.Series:
        """Return which rows without a value say that the state before them holds no longer."""
        if not self._ends_states:
            return pl.Series([False]).new_from_index(0, frame.height)
        whose = frame["household_id"].is_not_null() & frame["moment"].is_not_null()
        ends = whose & frame["value0"].is_null()
        if ends.any():
            line = int(frame["line"].filter(ends)[0])
            self._account.adjust(
                "rows without a value end the state before them", int(ends.sum()), line
            )
        return ends

    def _named(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Give a reason to rows without a household; count those of an ignored register."""
        ignored = frame["register"].is_null()
        if ignored.any():
            self._account.adjust(
                "rows of registers that `registers` does not name are not used",
                int(ignored.sum()),
                int(frame["line"].filter(ignored)[0]),
            )
        if not frame["household_id"].null_count():
            return frame
        name = self._places.names[str(self._places.household)]
        why = pl.when(pl.col("household_id").is_null()).then(pl.lit(f"{name} is missing"))
        return frame.with_columns(pl.coalesce(_REASON, why).alias(_REASON))

    def _same_zone(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Give a reason to rows that state a zone where the first row does not, or reverse."""
        if self._has_zone is None:
            first = frame.filter(pl.col(_REASON).is_null()).head(1)
            if first.is_empty():
                return frame
            self._has_zone = bool(first["is_universal"][0])
        differs = (frame["is_universal"] != self._has_zone) & frame[_REASON].is_null()
        if not differs.any():
            return frame
        has = "no" if self._has_zone else "a"
        why = f"timestamp has {has} time zone, unlike the first reading"
        return frame.with_columns(
            pl.when(pl.Series(differs)).then(pl.lit(why)).otherwise(_REASON).alias(_REASON)
        )

    @property
    def is_universal(self) -> bool:
        """Whether moments are in UTC."""
        return bool(self._has_zone)


def _joined(texts: pl.DataFrame, places: tuple[str, ...]) -> pl.Series:
    """Return the texts of a stamp's columns joined by a blank, null where one is missing."""
    if len(places) == 1:
        return texts[places[0]]
    return texts.select(pl.concat_str(places, separator=" ").alias("stamp")).to_series()


def feeds_in(signs: tuple[int, ...]) -> bool:
    """Whether registers of these signs count both what is drawn and what is fed in."""
    return min(signs, default=0) < 0 < max(signs, default=0)


def default_units(stated: Mapping[str, Unit]) -> dict[str, Unit]:
    """Return a unit for each quantity: what is stated, else the contract's."""
    return {name: stated.get(name, next(iter(units.values()))) for name, units in UNITS.items()}

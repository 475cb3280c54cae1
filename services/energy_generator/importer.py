r"""Scenario ``import``: a meter's own table, in its own columns, units and clock, as readings of the contract.

Parameters of the stage, all but ``scenario`` and ``columns`` optional:

``scenario``
    ``"import"``; the request's ``input_file`` is the meter's ``.csv`` or ``.parquet`` file.
``columns``
    Which of the file's columns hold what: an object with the keys ``timestamp`` (one column, or a
    list of columns such as ``["Date", "Time"]`` whose texts are joined by a blank),
    ``power_consumption``, ``voltage``, ``current``, and, where the file has more than one meter,
    ``household_id``. Other columns of the file are ignored.
``household``
    Text: id of the one household of a file without such a column. Default ``"household"``.
``units``
    The file's units, where they are not W, V and A: an object with ``power_consumption`` (``"W"``,
    ``"kW"``, ``"MW"``, ``"mW"``), ``voltage`` (``"V"``, ``"kV"``, ``"mV"``), ``current`` (``"A"``,
    ``"kA"``, ``"mA"``).
``separator``
    What separates the fields of a CSV file: ``","`` (default), ``";"``, ``"\t"``, ``"|"``.
``decimal``
    The decimal mark: ``"."`` (default) or ``","``.
``missing``
    List of texts that mean that there is no value, such as ``["?", "NA"]``. A blank field always
    means that.
``timestamp_format``
    How timestamps are written, as ``strftime`` writes it: ``"%d/%m/%Y %H:%M:%S"``. Default: ISO
    8601, with ``T`` or a blank.
``time_zone``
    Name of the clock's zone in the tz database, such as ``"Europe/Paris"``: timestamps are
    converted to UTC and written with ``Z``. Local times that do not exist or exist twice (daylight
    saving) are skipped and counted. Without it the wall clock is kept, and timestamps are written
    without a zone, because nothing says which it is. Timestamps that state their own offset are
    converted to UTC in any case.

The packaged copy of the real data set::

    {"scenario": "import", "household": "sceaux", "units": {"power_consumption": "kW"},
     "columns": {"timestamp": "date_time", "power_consumption": "Global_active_power",
                 "voltage": "Voltage", "current": "Global_intensity"}}

UCI's own file::

    {"scenario": "import", "household": "sceaux", "units": {"power_consumption": "kW"},
     "separator": ";", "missing": ["?"], "timestamp_format": "%d/%m/%Y %H:%M:%S",
     "columns": {"timestamp": ["Date", "Time"], "power_consumption": "Global_active_power",
                 "voltage": "Voltage", "current": "Global_intensity"}}

Every row of the file is a reading or is counted as skipped, with the reason and its first line.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from energykit.errors import ParameterError
from services.energy_generator.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ColumnMap", "Import", "LeftOut", "column_map"]

_UNITS = {
    "power_consumption": {"W": 0, "kW": 3, "MW": 6, "mW": -3},
    "voltage": {"V": 0, "kV": 3, "mV": -3},
    "current": {"A": 0, "kA": 3, "mA": -3},
}
"""Units that are understood, as powers of ten of the contract's."""
_QUANTITIES = tuple(_UNITS)
_SEPARATORS = (",", ";", "\t", "|")
_DECIMALS = (".", ",")
_FLOAT32_MAX = 3.4028234663852886e38
_LINE = "\0line"
_REASON = "\0reason"
_STAMP = "\0stamp"


@dataclass(frozen=True, kw_only=True)
class ColumnMap:
    """How a meter's table is read; see the module for each part."""

    timestamp: tuple[str, ...]
    """Columns whose texts make the timestamp."""
    quantities: Mapping[str, str]
    """The file's column of each quantity."""
    household_column: str | None
    """The file's column of household ids."""
    household: str
    """Id of the one household where there is no such column."""
    exponents: Mapping[str, int]
    """Power of ten from the file's unit to the contract's, by quantity."""
    separator: str
    """What separates the fields of a CSV file."""
    decimal: str
    """The decimal mark."""
    missing: tuple[str, ...]
    """Texts that mean that there is no value."""
    clock: Clock
    """How timestamps are read."""

    @property
    def wanted(self) -> list[str]:
        """Every column of the file that is needed, once."""
        household = [self.household_column] if self.household_column else []
        return list(dict.fromkeys([*self.timestamp, *household, *self.quantities.values()]))


def column_map(
    columns: Mapping[str, str | Sequence[str]] | None,
    *,
    household: str = "household",
    units: Mapping[str, str] | None = None,
    separator: str = ",",
    decimal: str = ".",
    missing: Sequence[str] = (),
    timestamp_format: str | None = None,
    time_zone: str | None = None,
) -> ColumnMap:
    """Check the parameters of the import scenario and return them as a record; the module says what each means.

    Raises
    ------
    ParameterError
        For the first that is missing or has a value it cannot have.
    """
    named = _named_columns(columns)
    stamp = named["timestamp"]
    return ColumnMap(
        timestamp=(stamp,) if isinstance(stamp, str) else tuple(stamp),
        quantities={name: str(named[name]) for name in _QUANTITIES},
        household_column=str(named["household_id"]) if "household_id" in named else None,
        household=_household(household),
        exponents=_exponents(units or {}),
        separator=_one_of("separator", separator, _SEPARATORS),
        decimal=_one_of("decimal", decimal, tuple(mark for mark in _DECIMALS if mark != separator)),
        missing=tuple(missing),
        clock=_clock(timestamp_format, time_zone),
    )


@dataclass
class LeftOut:
    """Rows that could not be used, for one reason."""

    reason: str
    """Why; names the file's column."""
    rows: int
    """How many."""
    first_line: int
    """Line of the first."""


@dataclass
class Import:
    """One pass over a meter's table.

    Parameters
    ----------
    columns
        How the table is read.
    """

    columns: ColumnMap
    rows_in: int = 0
    """Rows seen so far, used or left out."""
    left_out: dict[str, LeftOut] = field(default_factory=dict)
    """Rows left out so far, by reason."""
    has_zone: bool | None = None
    """Whether the first reading's zone is known; the others must be like it."""

    def readings(self, texts: pl.DataFrame, lines: pl.Series) -> pl.DataFrame:
        """Return a part of the table as readings; count the rows that are left out.

        Parameters
        ----------
        texts
            The wanted columns as String.
        lines
            Line of each row, Int64.

        Returns
        -------
        pl.DataFrame
            ``timestamp``, ``household_id`` String; ``power_consumption`` [W], ``voltage`` [V],
            ``current`` [A] Float64.
        """
        self.rows_in += texts.height
        present = texts.select(_present(name, self.columns.missing) for name in self.columns.wanted)
        stamp, clock_reason = self.columns.clock.read(_stamps(present, self.columns.timestamp))
        stamped = present.with_columns(
            stamp.alias(_STAMP), clock_reason.alias("\0clock"), lines.alias(_LINE)
        )
        judged = stamped.with_columns(self._reason().alias(_REASON))
        judged = self._same_zone(judged)
        self._count(judged.filter(pl.col(_REASON).is_not_null()))
        return judged.filter(pl.col(_REASON).is_null()).select(self._values())

    def leave_out(self, reason: str, rows: int, line: int) -> None:
        """Count rows that could not be used."""
        entry = self.left_out.setdefault(reason, LeftOut(reason, 0, line))
        entry.rows += rows
        entry.first_line = min(entry.first_line, line)

    def broken(self, line: int, reason: str) -> None:
        """Count a row that could not even be split into columns."""
        self.rows_in += 1
        self.leave_out(reason, 1, line)

    def _reason(self) -> pl.Expr:
        """Return why a row cannot be used, null where it can."""
        absent = [
            pl.when(pl.col(name).is_null()).then(pl.lit(f"{name} is missing"))
            for name in self.columns.wanted
        ]
        wrong = [
            _wrong(self._number(name), column) for name, column in self.columns.quantities.items()
        ]
        return pl.coalesce(*absent, pl.col("\0clock"), *wrong)

    def _number(self, name: str) -> pl.Expr:
        """Return a quantity in the contract's unit, null where the text is no number."""
        text, exponent = pl.col(self.columns.quantities[name]), self.columns.exponents[name]
        if self.columns.decimal == ",":
            text = text.str.replace_all(".", "x", literal=True).str.replace(",", ".", literal=True)
        number = text.cast(pl.Float64, strict=False)
        if not exponent:
            return number
        shifted = pl.concat_str(text, pl.lit(f"e{exponent}")).cast(pl.Float64, strict=False)
        scaled = number * 10.0**exponent if exponent > 0 else number / 10.0**-exponent
        return pl.coalesce(
            shifted, scaled
        )  # text with an exponent of its own cannot be given another

    def _values(self) -> list[pl.Expr]:
        """Return the columns of readings."""
        column = self.columns.household_column
        household = pl.col(column) if column else pl.lit(self.columns.household)
        numbers = [self._number(name).alias(name) for name in _QUANTITIES]
        return [pl.col(_STAMP).alias("timestamp"), household.alias("household_id"), *numbers]

    def _same_zone(self, judged: pl.DataFrame) -> pl.DataFrame:
        """Give a reason to rows whose zone is known where the first reading's is not, or the reverse."""
        if self.has_zone is None:
            first = judged.filter(pl.col(_REASON).is_null()).head(1)
            if first.is_empty():
                return judged
            self.has_zone = str(first[_STAMP][0]).endswith("Z")
        column = self.columns.timestamp[0]
        reason = (
            f"{column} has {'no' if self.has_zone else 'a'} time zone, unlike the first reading"
        )
        differs = pl.col(_STAMP).str.ends_with("Z") != self.has_zone
        return judged.with_columns(
            pl.when(pl.col(_REASON).is_null() & differs)
            .then(pl.lit(reason))
            .otherwise(pl.col(_REASON))
            .alias(_REASON)
        )

    def _count(self, bad: pl.DataFrame) -> None:
        """Count rows that are left out, by reason."""
        groups = bad.group_by(_REASON).agg(pl.len().alias("rows"), pl.col(_LINE).min())
        for reason, rows, line in groups.sort(_LINE).iter_rows():
            self.leave_out(reason, rows, line)


def _named_columns(
    columns: Mapping[str, str | Sequence[str]] | None,
) -> Mapping[str, str | Sequence[str]]:
    """Check that the column map names what is needed and nothing else."""
    needed = ("timestamp", *_QUANTITIES)
    valid = f"an object that names the file's columns for {', '.join(needed)} and, if there is one, household_id"
    if not columns or set(needed) - set(columns):
        raise ParameterError.refuse("columns", columns, valid)
    for key, name in columns.items():
        if key not in {*needed, "household_id"}:
            raise ParameterError.refuse(f"columns.{key}", name, f"no such key; {valid}")
        if not isinstance(name, str) and (
            key != "timestamp" or not name or not all(isinstance(n, str) for n in name)
        ):
            raise ParameterError.refuse(f"columns.{key}", name, "the name of a column of the file")
    return columns


def _exponents(units: Mapping[str, str]) -> dict[str, int]:
    """Return the power of ten of each quantity's unit."""
    for name in units:
        _one_of("units", name, _QUANTITIES)
    default = {name: next(iter(known)) for name, known in _UNITS.items()}
    given = {**default, **units}
    return {
        name: _UNITS[name][_one_of(f"units.{name}", given[name], tuple(_UNITS[name]))]
        for name in _QUANTITIES
    }


def _clock(timestamp_format: str | None, time_zone: str | None) -> Clock:
    """Check how timestamps are read."""
    if time_zone is not None and not Clock.knows(time_zone):
        raise ParameterError.refuse(
            "time_zone", time_zone, "a name of the tz database, such as 'Europe/Paris'"
        )
    if timestamp_format is not None and not Clock.understands(timestamp_format):
        valid = "a strftime format with date and time of day, such as '%d/%m/%Y %H:%M:%S'"
        raise ParameterError.refuse("timestamp_format", timestamp_format, valid)
    return Clock(timestamp_format, time_zone)


def _household(value: str) -> str:
    """Return the id of the one household."""
    if not value.strip():
        raise ParameterError.refuse("household", value, "a text that is not blank")
    return value


def _one_of(name: str, value: str, choices: tuple[str, ...]) -> str:
    """Return a value that is one of the choices."""
    if value not in choices:
        raise ParameterError.refuse(name, value, " or ".join(map(repr, choices)))
    return value


def _present(name: str, missing: Sequence[str]) -> pl.Expr:
    """Return a column's text without blanks around it, null where there is no value."""
    text = pl.col(name).str.strip_chars()
    return pl.when((text == "") | text.is_in(list(missing))).then(None).otherwise(text).alias(name)


def _stamps(present: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """Return the timestamp's columns joined by a blank, null where one of them is missing."""
    return present.select(pl.concat_str(columns, separator=" ").alias(_STAMP)).to_series()


def _wrong(number: pl.Expr, column: str) -> pl.Expr:
    """Return why a text is no usable number, null where it is one."""
    is_finite = number.is_finite()
    return (
        pl.when(number.is_null())
        .then(pl.lit(f"{column} is not a number"))
        .when(~is_finite)
        .then(pl.lit(f"{column} is not finite"))
        .when(number.abs() > _FLOAT32_MAX)
        .then(pl.lit(f"{column} is larger than a 32-bit float holds"))
    )

"""An import: files of a meter in, readings of the contract out, every row used or counted."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from energykit.errors import ArtifactError
from energykit.meters.account import Account
from energykit.meters.counter import Counters
from energykit.meters.double_hour import DoubleHour
from energykit.meters.formats import FORMATS, Formatted, format_of, reader_of
from energykit.meters.mapping import map_table
from energykit.meters.number import NumberForm, number_hint
from energykit.meters.order import in_order
from energykit.meters.quantity import Quantity
from energykit.meters.reading import finished_readings, no_readings
from energykit.meters.register import merged
from energykit.meters.side_by_side import laid_out, together
from energykit.meters.source import TextFile
from energykit.meters.store import RowStore
from energykit.meters.table import SHEETS, open_table
from energykit.meters.timing import Timing
from energykit.meters.whole_days import DAY, intervals_in, laid_out_days, registers_added

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from energykit.meters.formats import MeterFile
    from energykit.meters.parameters import MeterParameters

__all__ = ["MeterImport"]

_DAY_US = 86_400_000_000
_US = 1e6
_SHORTEST_END_STEP_US = 60 * 1_000_000


class MeterImport:
    """Reads one meter's files, or several as one, and gives readings.

    Parameters
    ----------
    paths
        The files; rows that several of them hold are used once.
    parameters
        How they are read.
    """

    def __init__(self, paths: Sequence[Path], parameters: MeterParameters) -> None:
        self._paths = list(paths)
        self._parameters = parameters
        self.account = Account()
        """What was left out and what was done; known after the last reading."""
        self._double = DoubleHour(self.account, _zone_name(parameters))
        self._opened: MeterFile | None = None
        self._is_beside = self._has_days = False
        self._rows = 0
        self._proves_ends = False
        self._feeds_in = False
        self._example = ""

    def readings(self) -> Iterator[pl.DataFrame]:
        """Yield readings, each household's in time order.

        Yields
        ------
        pl.DataFrame
            ``timestamp``, ``household_id`` String; ``power_consumption`` [W], ``voltage`` [V],
            ``current`` [A], ``interval_s`` [s] Float64; voltage and current null where there is
            none; ``power_export`` [W] where the meter counts both directions.

        Raises
        ------
        ArtifactError
            A file cannot be read, lacks columns, or none of its rows can be used.
        ParameterError
            What the parameters say cannot be true of the file.
        """
        with RowStore() as store:
            for number, path in enumerate(self._paths):
                self._read(path, number, store)
            self.account.file = ""
            if not store.rows:
                self._refuse_nothing()
                yield no_readings()
                return
            rows_out = 0
            for part in self._finished(store):
                rows_out += part.height
                yield part
            if not rows_out:
                self._refuse_nothing()

    def _read(self, path: Path, number: int, store: RowStore) -> None:
        """Read one file."""
        self.account.file = path.name if len(self._paths) > 1 else ""
        opened = _opened(path, self._parameters, self.account)
        self._opened = self._opened or opened
        self._is_beside = len(self._paths) == 1 and bool(opened.meters)
        self._check_alike(opened, path)
        for part in opened.rows():
            rows = part if self._is_beside else laid_out(part, opened.meters)
            if DAY in rows.columns:
                self._has_days = True
            elif not self._is_beside:
                self._double.add(rows, self._rows, number)
            self._rows += intervals_in(rows)
            store.add(rows)
        self._proves_ends |= opened.proves_ends
        self._feeds_in |= opened.feeds_in
        self._example = self._example or opened.example

    def _check_alike(self, opened: MeterFile, path: Path) -> None:
        """Refuse a file whose values are not what those of the first are."""
        assert self._opened is not None, "a file was opened"
        if opened.quantity is not self._opened.quantity:
            raise ArtifactError(
                f"holds {opened.quantity.value}, the first file {self._opened.quantity.value}",
                where=str(path),
                hint="state the quantity, or import files of different kinds apart",
            )

    def _finished(self, store: RowStore) -> Iterator[pl.DataFrame]:
        """Yield the readings of all rows."""
        assert self._opened is not None, "a file was read"
        mapped = self._opened
        whole = registers_added(store.frames, self.account) if self._has_days else None
        ends = self._stamps_are_ends(store)
        rows = self._in_order(store, ends=ends) if whole is None else whole
        if mapped.has_registers and whole is None:
            counts = mapped.quantity is Quantity.COUNTER
            rows = merged(rows, len(mapped.signs), self.account, counts=counts)
        if mapped.quantity is Quantity.COUNTER:
            counters = Counters(mapped.signs, self.account)
            rows = (counters.readings(self._when_read(part)) for part in rows)
        timing = Timing(
            self.account,
            ends=ends,
            needs_time=mapped.quantity is not Quantity.POWER,
            holds_until_next=self._parameters.holds_until_next,
        )
        timed = timing.timed(self._with_step(rows, ends=ends))
        for part in timed:
            yield finished_readings(part, mapped, feeds_in=self._feeds_in)

    def _in_order(self, store: RowStore, *, ends: bool) -> Iterator[pl.DataFrame]:
        """Return the rows of each household in time order, or of all of them side by side."""
        assert self._opened is not None, "a file was read"
        frames = partial(_days_laid_out, store) if self._has_days else store.frames
        if self._is_beside:
            meters = self._opened.meters
            zone = _zone_name(self._parameters)
            rows = together(frames, meters, self.account, zone, ends=ends)
            if rows is not None:
                return rows
            frames = partial(_laid_out, store, meters)
            first = 0
            for frame in frames():
                self._double.add(frame, first, 0)
                first += frame.height
        self._double.resolve(ends=ends)
        return in_order(
            lambda: self._double.applied(frames()),
            self.account,
            must_sort=self._opened.has_registers,
            is_one_file=len(self._paths) == 1,
        )

    def _with_step(self, rows: Iterator[pl.DataFrame], *, ends: bool) -> Iterator[pl.DataFrame]:
        """Yield rows with the step that the parameters state, where a row does not say it."""
        step_s = self._parameters.step_s
        if step_s is None:
            yield from rows
            return
        step = round(step_s * _US)
        for part in rows:
            is_open = pl.col("span").is_null()
            start = pl.col("moment") - step if ends else pl.col("moment")
            yield part.with_columns(
                moment=pl.when(is_open).then(start).otherwise("moment"),
                span=pl.col("span").fill_null(step),
            )

    def _when_read(self, counts: pl.DataFrame) -> pl.DataFrame:
        """Return counts at the moments of their reading: the ends of intervals that are stamped."""
        if self._parameters.stamps != "start":
            return counts
        step = round((self._parameters.step_s or 0) * _US)
        return counts.with_columns(moment=pl.col("moment") + pl.col("span").fill_null(step))

    def _stamps_are_ends(self, store: RowStore) -> bool:
        """Whether stamps are ends of intervals: stated, or proved by the file, which is said."""
        if self._parameters.stamps is not None:
            return self._parameters.stamps == "end"
        assert self._opened is not None, "a file was read"
        if self._opened.quantity is Quantity.COUNTER:
            return False
        why = self._why_ends(store)
        if why:
            self.account.adjust(
                f"stamps are taken for ends of intervals: {why} (else: stamps 'start')"
            )
        return bool(why)

    def _why_ends(self, store: RowStore) -> str:
        """Return what shows that stamps are ends; empty where nothing does."""
        assert self._opened is not None, "a file was read"
        if self._proves_ends:
            return "the file has hour 24, or numbers the intervals of a day from 1"
        if self._opened.names_end:
            return f"the column is called {self._opened.names_end!r}"
        times = _time_of_first_and_last(store, self._parameters)
        return "the first is not 00:00, the last is" if times else ""

    def _refuse_nothing(self) -> None:
        """Refuse files of which no row can be used."""
        account = self.account
        rows_in = max(account.rows_in, account.rows_left_out)
        if not rows_in:
            return
        if not account.skipped:  # counts of a register, none of which follows another
            raise ArtifactError(
                f"{rows_in:,} rows give no reading: "
                + "; ".join(entry.what for entry in account.adjustments),
                where=str(self._paths[0]),
                hint="a reading is the difference of two counts: give a file with more of them; "
                "where the numbers are the energy of each interval, say quantity 'energy'",
            )
        first = account.skipped[0]
        shown = f" ({self._example!r})" if self._example and "not a number" in first.reason else ""
        raise ArtifactError(
            f"all {rows_in:,} rows are left out: {first.reason}{shown}",
            where=f"{self._paths[0]}:{first.first_line}",
            hint=_advice(first.reason, self._example, self._parameters),
        )


def _opened(path: Path, parameters: MeterParameters, account: Account) -> MeterFile:
    """Open a file of a format of its own, or a table."""
    layout = parameters.layout
    if layout in FORMATS or (layout is None and path.suffix.lower() not in SHEETS):
        file = TextFile(path, parameters.encoding)
        form = layout or format_of(file.head)
        if form is not None:
            return Formatted(file, reader_of(form), account)
    return map_table(open_table(path, parameters, account), path, parameters, account)


def _zone_name(parameters: MeterParameters) -> str:
    return parameters.clock.zone.name if parameters.clock.zone else ""


def _advice(reason: str, example: str, parameters: MeterParameters) -> str:
    """Say what to do where no row can be used."""
    form = NumberForm(decimal=parameters.decimal, thousands=parameters.thousands)
    if "not a number" in reason and (hint := number_hint(example, form)):
        return hint
    unit = re.search(r"\d\s*([kMG]?Wh?|[kMG]J)$", example, re.IGNORECASE)
    if "not a number" in reason and unit:
        return f'the cells state their unit: give units {{"power_consumption": "{unit.group(1)}"}}'
    if "timestamp" in reason:
        return (
            'say how stamps are written, such as timestamp_format "%d.%m.%Y %H:%M"; '
            "`energykit look FILE` proposes it"
        )
    if "number of fields" in reason:
        return "check the separator: `energykit look FILE` shows what the file has"
    return "check the parameters: `energykit look FILE` proposes them"


def _time_of_first_and_last(store: RowStore, parameters: MeterParameters) -> bool:
    """Whether the last stamp is a midnight and the first is not, as in a file of ends."""
    if parameters.clock.is_epoch:
        return False
    first, last, rows = 2**63, -(2**63), 0
    households: set[str] = set()
    for frame in store.frames():
        if frame["span"].null_count() < frame.height:
            return False
        first = min(first, int(frame["moment"].min()))  # type: ignore[arg-type]
        last = max(last, int(frame["moment"].max()))  # type: ignore[arg-type]
        rows += frame.height
        names = frame["household_id"]
        households.update(names[:1] if (names == names[0]).all() else names.unique())
    zone = parameters.clock.zone
    if zone is not None:
        first, last = (int(t) for t in zone.local(pl.Series([first, last]).to_numpy()))
    each = rows / max(1, len(households))
    is_steady = each > 2 and (last - first) // each >= _SHORTEST_END_STEP_US // 2
    return is_steady and last % _DAY_US == 0 and first % _DAY_US != 0


def _laid_out(store: RowStore, meters: Sequence[str]) -> Iterator[pl.DataFrame]:
    """Yield the rows of a store one below the other."""
    return (laid_out(frame, meters) for frame in store.frames())


def _days_laid_out(store: RowStore) -> Iterator[pl.DataFrame]:
    """Yield the rows of a store, a row for each interval of a day."""
    return (laid_out_days(frame) for frame in store.frames())

"""Which moments a table's stamps mean: start, end, hour numbers, two stamps in a field, zones."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from energykit.errors import ParameterError
from energykit.meters.clock import HALF, HOUR_BEHIND, MIDNIGHT_END, Stamps, epoch_hint, is_compact
from energykit.meters.digits import DAY_US, SECOND_US
from energykit.meters.double_hour import ABSENT_US
from energykit.meters.numbered import on_the_clock
from energykit.meters.steps import numbered_step_s

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from energykit.meters.account import Account
    from energykit.meters.clock import Clock

__all__ = ["BETWEEN_STAMPS", "Moments", "StampReader"]

_HOUR_US = 3600 * SECOND_US
BETWEEN_STAMPS = r"\s+(?:-|\u2013|to|bis|à|t/m|until)\s+"
"""What is between the start and the end of an interval in one field."""
_TWO_STAMPS = rf"^(.*\d\S*){BETWEEN_STAMPS}(\S*\d.*)$"
_TWO_HALVES = rf"^(.*\d\s?{HALF})\s*(?:{BETWEEN_STAMPS}|[-\u2013\u2014])\s*(\S*\d.*)$"
_TIME_RANGE = r"^(.*\d[:.h]\d\d)\s*[-\u2013\u2014]\s*(\d{1,2}[:.h]\d\d.*)$"
_ISO_PERIOD = r"^([^/]*T[^/]*)/([^/]*)$"
_TIME_ALONE = rf"^\d?\d(?:[:.h]\d\d(?:[:.]\d\d)?(?:\s?{HALF})?|\s?{HALF})$"
_LAST_TIME = rf"[T ][^T ]*?(?:\s?{HALF})?$"
_FEW_TEXTS = 200
_MOST_OFFSETS = 2
"""That one clock has in a year."""
_LONG_DAY_US = 25 * _HOUR_US
_FEW = 0.1
"""Share of numbers that may be beyond the intervals of a day."""
_INCLUSIVE = {SECOND_US: "second", 60 * SECOND_US: "minute", DAY_US: "day"}
"""What ends may lack of the next start: ``00:00`` to ``00:29`` is half an hour."""
_FEWEST_HOLES, _SHARE_OF_HOLES = 2, 0.9


@dataclass(frozen=True, kw_only=True)
class Moments:
    """What the stamps of a part of a table mean."""

    frame: pl.DataFrame
    """``moment`` Int64 [µs], in UTC where ``is_universal``, null where the row has none; ``span``
    Int64 [µs], the time until the end that the row states, or null; ``later`` Int64 [µs]: how much
    later the moment is if it is the second of two that the clock shows, 0 where it shows it once;
    below 0 where it may be earlier, or may not be there, as `energykit.meters.double_hour` says;
    ``reason`` String: why there is no moment.
    """


class StampReader:
    """Reads the stamps of a table; what the first part proves holds for the whole.

    Parameters
    ----------
    clock
        How stamps are written.
    account
        Takes what was done.
    step_us
        Length of the intervals of a day that are numbered [µs].
    """

    def __init__(self, clock: Clock, account: Account, step_us: int = _HOUR_US) -> None:
        self._clock = clock
        self._account = account
        self._step_us = step_us
        self._numbers_hours: bool | None = None
        self._splits: str | None = None
        self._ends_are_times = False
        self._lacks: int | None = None
        self.proves_ends = False
        """Whether a stamp can only be the end of its interval: 24:00, or hour 24."""

    def read(
        self,
        texts: pl.Series,
        ends: pl.Series | None,
        lines: pl.Series,
        *,
        elapsed: pl.Series | None = None,
        values: pl.Series | None = None,
    ) -> Moments:
        """Read the stamps of some rows.

        Parameters
        ----------
        texts
            Stamps, String.
        ends
            Stamps of the ends, where the table has them.
        lines
            Line of each row.
        elapsed
            How long after its stamp each row begins [µs]; None: what the stamp says.
        values
            With ``elapsed``: the texts of each row's value.
        """
        if ends is None and elapsed is None:
            texts, ends = self._apart(texts)
        start, since = self._stamps(texts)
        self._look_for_ends(texts, start)
        if elapsed is not None:
            start, since = self._numbered(start, elapsed, values)
        frame = self._located(start, since, texts)
        span = pl.Series([None], dtype=pl.Int64).new_from_index(0, len(texts))
        if ends is not None:
            end = self._located(*self._stamps(ends), ends)["moment"]
            span = self._span(frame["moment"], end, lines)
        return Moments(frame=frame.with_columns(span.alias("span")))

    def _numbered(
        self, dates: Stamps, elapsed: pl.Series, values: pl.Series | None
    ) -> tuple[Stamps, pl.Series]:
        """Return stamps of dates, and how long after each the row begins [µs]."""
        zone = self._clock.zone
        if zone is None or dates.moment.null_count() == len(elapsed):
            return dates, elapsed
        steps = elapsed.unique().sort().diff().drop_nulls()
        if steps.is_empty():  # columns are called by times
            return dates, elapsed
        step_us = int(steps[0])
        number = elapsed // step_us + 1
        if values is not None:
            has_value = values.str.strip_chars().str.len_bytes().fill_null(0) > 0
            number = number.set(~has_value, 0)
        return on_the_clock(zone, dates, number, elapsed, step_us=step_us, account=self._account)

    def _look_for_ends(self, texts: pl.Series, stamps: Stamps) -> None:
        """Look for 24:00, which is midnight on the clock."""
        if self.proves_ends:
            return
        if not stamps.is_universal.any():
            texts = texts.filter((stamps.moment % DAY_US == 0).fill_null(value=True))
        self.proves_ends = bool(texts.str.contains(MIDNIGHT_END).any())

    def _apart(self, texts: pl.Series) -> tuple[pl.Series, pl.Series | None]:
        """Return start and end where a field holds both."""
        if self._splits is None:
            self._splits = self._pattern_of_two(texts)
        if not self._splits:
            return texts, None
        parts = texts.str.extract_groups(self._splits).struct.rename_fields(["start", "end"])
        frame = parts.struct.unnest()
        self._ends_are_times = bool(frame["end"].str.contains(_TIME_ALONE).all())
        if self._ends_are_times:
            date = pl.col("start").str.replace(_LAST_TIME, "")
            frame = frame.with_columns(end=pl.concat_str(date, pl.lit(" "), "end"))
        return frame["start"], frame["end"]

    def _pattern_of_two(self, texts: pl.Series) -> str:
        """Return the pattern that parts two stamps of one field; empty where a field holds one."""
        if self._clock.has_hour_alone:
            return ""
        if _are_ranges(texts):  # before an end is taken for an offset
            return _TIME_RANGE
        first = texts.drop_nulls().head(1)
        if first.is_empty() or self._clock.read(first).moment.null_count() == 0:
            return ""
        patterns = [
            _TWO_HALVES,
            _TWO_STAMPS,
            _ISO_PERIOD,
            *([_TIME_RANGE] if len(texts) == 1 else []),
        ]
        return next((p for p in patterns if re.match(p, str(first[0]))), "")

    def _stamps(self, texts: pl.Series) -> tuple[Stamps, pl.Series]:
        """Return stamps, and how long after each the row begins [µs]."""
        if not self._clock.has_hour_alone:
            return self._clock.read(texts), _zeros(len(texts))
        parts = texts.str.extract_groups(HOUR_BEHIND).struct.rename_fields(["date", "hour"])
        frame = parts.struct.unnest()
        hour = frame["hour"].cast(pl.Int64)
        if self._numbers_hours is None:
            self._numbers_hours = not bool((hour == 0).any())
        if not self._numbers_hours:
            return self._clock.read(texts), _zeros(len(texts))
        self.proves_ends = True
        since = hour * self._step_us
        is_beyond = (since > _LONG_DAY_US).fill_null(value=False)
        if is_beyond.sum() > _FEW * len(texts):
            raise _too_many(hour)
        dates = replace(self._clock, form=self._clock.date_form).read(
            frame["date"].set(is_beyond, None)
        )
        return on_the_clock(
            self._clock.zone,
            dates,
            hour,
            since.fill_null(0),
            step_us=self._step_us,
            account=self._account,
        )

    def _located(self, stamps: Stamps, elapsed: pl.Series, texts: pl.Series) -> pl.DataFrame:
        """Return stamps in UTC where their zone is known."""
        columns = pl.DataFrame({"moment": stamps.moment, "is_universal": stamps.is_universal})
        frame = columns.with_columns(
            later=pl.lit(0, dtype=pl.Int64), reason=self._reason(columns, texts)
        )
        if self._clock.zone is None or bool(stamps.is_universal.all()):
            return frame.with_columns(moment=pl.col("moment") + elapsed)
        return self._in_zone(frame, elapsed)

    def _reason(self, columns: pl.DataFrame, texts: pl.Series) -> pl.Series:
        if not columns["moment"].null_count():
            return pl.Series([None], dtype=pl.String).new_from_index(0, columns.height)
        _refuse_other_order(self._clock, columns["moment"], texts)
        if columns["moment"].null_count() == columns.height:
            _refuse_unix_times(self._clock, texts)
        why = f"timestamp is not {self._clock.expected}"
        reason = (
            pl.when(pl.lit(texts).is_null())
            .then(pl.lit("timestamp is missing"))
            .when(pl.col("moment").is_null())
            .then(pl.lit(why))
        )
        return columns.select(reason.alias("reason")).to_series()

    def _in_zone(self, frame: pl.DataFrame, elapsed: pl.Series) -> pl.DataFrame:
        """Return the moments that a wall clock in the zone shows."""
        zone = self._clock.zone
        assert zone is not None, "asked for with a zone"
        local = frame["moment"].fill_null(0).to_numpy()
        universal = zone.universal(local)
        stays = frame["is_universal"].to_numpy() | frame["moment"].is_null().to_numpy()
        if not (stays.any() or universal.is_absent.any() or universal.is_double.any()):
            moments = pl.Series(universal.earlier) + elapsed
            return frame.with_columns(moment=moments, is_universal=pl.lit(value=True))
        moment = np.where(stays, local, universal.earlier)
        later = np.where(universal.is_double & ~stays, universal.later - universal.earlier, 0)
        is_absent = universal.is_absent & ~stays
        if is_absent.any() or later.any():
            self._as_ends(np.where(stays, 0, local), moment, later, is_absent)
        result = frame.with_columns(
            moment=pl.Series(moment).set(frame["moment"].is_null() | pl.Series(is_absent), None)
            + elapsed,
            later=pl.Series(later),
            is_universal=pl.lit(value=True),
        )
        if not is_absent.any():
            return result
        absent = pl.when(pl.Series(is_absent)).then(pl.lit(zone.absent_reason))
        return result.with_columns(reason=pl.coalesce("reason", absent))

    def _as_ends(
        self,
        local: NDArray[np.int64],
        moment: NDArray[np.int64],
        later: NDArray[np.int64],
        is_absent: NDArray[np.bool_],
    ) -> None:
        """Say what stamps may be as ends of intervals, in place.

        Where the clock goes back, the hour ends where it is 03:00 for the first time or the second;
        where it goes forward, 02:00 is the moment of the change, and where a day begins, it is
        midnight.
        """
        zone = self._clock.zone
        assert zone is not None, "asked for with a zone"
        before = zone.universal(local - 1)
        is_edge = before.is_double & (later == 0)
        later[is_edge] = (before.earlier - before.later)[is_edge]
        places = np.flatnonzero(is_absent & ~before.is_absent)
        change = before.earlier[places] + 1
        skips = ~np.isin(zone.local(change), local)  # else the clock did not change
        places, change = places[skips], change[skips]
        moment[places], is_absent[places] = change, False
        later[places] = np.where(local[places] % DAY_US, ABSENT_US, 0)

    def _span(self, start: pl.Series, end: pl.Series, lines: pl.Series) -> pl.Series:
        """Return the time from start to end; a time of day alone may be on the next day."""
        span = end - start
        if self._ends_are_times:
            span = span.scatter((span <= 0).arg_true(), span.filter(span <= 0) + DAY_US)
        span = span + self._last_of(start, span)
        wrong = span <= 0
        if wrong.any():
            what = "the end is not after the start: how long they stand follows from the next one"
            self._account.adjust(what, int(wrong.sum()), int(lines.filter(wrong)[0]))
        return span.set(wrong, None)

    def _last_of(self, start: pl.Series, span: pl.Series) -> int:
        """Return what ends lack that are the last second, minute or day of an interval [µs]."""
        if self._lacks is None:
            self._lacks = _lack(start, span)
            if self._lacks:
                name = _INCLUSIVE[self._lacks]
                self._account.adjust(f"ends are the last {name} of each interval, which is counted")
        return self._lacks


def _too_many(numbers: pl.Series) -> ParameterError:
    """Say that a day does not have so many intervals, and how long they then are."""
    top = int(numbers.max())  # type: ignore[arg-type]
    step_s = numbered_step_s(top)
    hint = f"give step_s {step_s}" if step_s else "give step_s, the seconds of an interval"
    return ParameterError(
        f"the intervals of a day are numbered up to {top}, which are not its hours",
        where="parameters.step_s",
        hint=hint,
    )


def _are_ranges(texts: pl.Series) -> bool:
    """Whether times are followed by the ends of their intervals, as long, rather than by offsets.

    ``00:00-01:00`` and ``01:00-02:00`` behind a date are hours; so is ISO 8601 an hour behind UTC,
    and then two.
    """
    hits = [re.match(_TIME_RANGE, text) for text in texts.head(_FEW_TEXTS).drop_nulls()]
    both = [(_minute_of(hit[1]), _minute_of(hit[2])) for hit in hits if hit]
    lengths = Counter((end - start) % (24 * 60) for start, end in both)
    most = max(lengths.values(), default=0)
    return len({end for _, end in both}) > _MOST_OFFSETS and most >= (1 - _FEW) * len(hits)


def _minute_of(text: str) -> int:
    """Return the minute of the day of the time at the end of a text."""
    hour, minute = re.findall(r"(\d{1,2})[:.h](\d\d)(?:[:.]\d\d)?(?!\d)", text)[-1]
    return int(hour) * 60 + int(minute)


def _zeros(count: int) -> pl.Series:
    return pl.Series([0], dtype=pl.Int64).new_from_index(0, count)


def _lack(start: pl.Series, span: pl.Series) -> int:
    """Return how much before the next start all ends are [µs]; 0 where they are not."""
    rows = pl.DataFrame({"start": start, "span": span}).drop_nulls().sort("start")
    lag = rows["start"].diff().shift(-1)
    hole = (lag - rows["span"]).filter(lag > 0)
    if len(hole) < _FEWEST_HOLES:
        return 0
    counts = ((int((hole == lack).sum()), lack) for lack in _INCLUSIVE)
    rows_alike, lack = max(counts)
    return lack if rows_alike >= _SHARE_OF_HOLES * len(hole) else 0


def _refuse_other_order(clock: Clock, moments: pl.Series, texts: pl.Series) -> None:
    """Refuse a format with day and month the wrong way round: half of the rows would be moved."""
    form = str(clock.form)
    failed = texts.filter(moments.is_null() & texts.is_not_null())
    if "%d" not in form or "%m" not in form or failed.is_empty():
        return
    other = form.replace("%d", "%\0").replace("%m", "%d").replace("%\0", "%m")
    read = replace(clock, form=other).read(texts.drop_nulls()).moment
    is_better = read.null_count() < failed.len()
    if is_better and replace(clock, form=other).read(failed.head(1)).moment.null_count() == 0:
        raise ParameterError(
            f"{failed[0]!r} is not written as {form!r}, but as {other!r}",
            where="parameters.timestamp_format",
            hint=f"give timestamp_format {other!r}: day and month are the other way round",
        )


def _refuse_unix_times(clock: Clock, texts: pl.Series) -> None:
    """Refuse Unix times that are read as dates, with the unit that fits the first."""
    first = str(texts.drop_nulls().first() or "")
    hint = "" if is_compact(first) or not first.isdecimal() else epoch_hint(float(first))
    if hint:
        raise ParameterError(
            f"the stamp {first} is a Unix time, not {clock.expected}",
            where="parameters.timestamp_format",
            hint=hint,
        )

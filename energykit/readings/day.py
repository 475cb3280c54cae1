"""Readings by the days of a clock: one that goes on past midnight counts in both days."""

from __future__ import annotations

import polars as pl

from energykit.readings.clock import offset_minutes

__all__ = ["split_at_midnight"]


def split_at_midnight(rows: pl.DataFrame, time_zone: str | None = None) -> pl.DataFrame:
    """Return readings with their day; those that stand past a midnight as one part for each day.

    Parameters
    ----------
    rows
        ``moment`` Datetime[µs]: UTC where a zone is named, else what the file's clock showed;
        ``stands_us`` Int64 [µs]; any further columns.
    time_zone
        Zone whose days are meant, of 23 and 25 hours in spring and autumn; None: the days of the
        moments as they are.

    Returns
    -------
    pl.DataFrame
        The same columns, and ``day`` Date; ``stands_us`` is the part's own time [µs].
    """
    length = pl.max_horizontal(pl.col("stands_us") - 1, 0)
    last = pl.col("moment") + pl.duration(microseconds=length)
    dated = rows.with_columns(
        _clock(pl.col("moment"), time_zone).dt.date().alias("day"),
        _clock(last, time_zone).dt.date().alias("\0last_day"),
    )
    crosses = dated["day"] != dated["\0last_day"]
    if not crosses.any():
        return dated.drop("\0last_day")
    whole = dated.filter(~crosses).drop("\0last_day")
    return pl.concat([whole, _parts(dated.filter(crosses), time_zone).select(whole.columns)])


def _parts(rows: pl.DataFrame, time_zone: str | None) -> pl.DataFrame:
    """Return a row for each day that readings stand in, with the time that they do so."""
    each = rows.with_columns(pl.date_ranges("day", "\0last_day").alias("day")).explode("day")
    tomorrow = pl.col("day").dt.offset_by("1d")
    begin = _midnight(pl.col("day"), time_zone)
    end = _midnight(tomorrow, time_zone)
    until = pl.col("moment") + pl.duration(microseconds=pl.col("stands_us"))
    part = pl.min_horizontal(until, end) - pl.max_horizontal(pl.col("moment"), begin)
    parts = each.with_columns(part.dt.total_microseconds().alias("stands_us"))
    return parts.filter(pl.col("stands_us") > 0)  # a day that a zone left out has none


def _clock(moment: pl.Expr, time_zone: str | None) -> pl.Expr:
    """Return what a clock in a zone shows at moments of UTC."""
    if time_zone is None:
        return moment
    offset = offset_minutes(time_zone)
    if offset is not None:
        return moment + pl.duration(minutes=offset)
    utc = moment.dt.replace_time_zone("UTC")
    return utc.dt.convert_time_zone(time_zone).dt.replace_time_zone(None)


def _midnight(day: pl.Expr, time_zone: str | None) -> pl.Expr:
    """Return the moment a day begins at; where its clock skips midnight, the next hour.

    A day that a zone left out, as Samoa did when it crossed the date line, begins and ends as the
    next one begins.
    """
    plain = day.cast(pl.Datetime("us"))
    if time_zone is None:
        return plain
    offset = offset_minutes(time_zone)
    if offset is not None:
        return plain - pl.duration(minutes=offset)
    begins = [
        hour.dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
        for hour in (plain, plain + pl.duration(hours=1), plain + pl.duration(hours=24))
    ]
    return pl.coalesce(begins).dt.convert_time_zone("UTC").dt.replace_time_zone(None)

"""Moments: from the contract's text to a time and back, the days of a zone, the time of day.

The contract writes ``2025-01-01T00:00:00`` with a fraction of a second where there is one, and
``Z`` where the zone is known; without ``Z`` the text is what a clock on the wall showed.
"""

from __future__ import annotations

import re
import zoneinfo
from typing import TYPE_CHECKING

import polars as pl

from energykit.errors import ParameterError

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["check_zone", "contract_time", "moment", "moment_in", "offset_minutes", "time_of_day"]

_SECONDS = "%Y-%m-%dT%H:%M:%S"
_FRACTION = f"{_SECONDS}%.f"
_OFFSET = re.compile(r"([+-])([01]\d|2[0-3]):?([0-5]\d)")
_DAY_US = 86_400_000_000


def moment(timestamp: str | pl.Expr = "timestamp") -> pl.Expr:
    """Return timestamps of the contract as moments, Datetime[µs], on the clock that they follow.

    Parameters
    ----------
    timestamp
        The column: String in the contract's form, or any text, which becomes null where it is not
        in that form.
    """
    text = pl.col(timestamp) if isinstance(timestamp, str) else timestamp
    return text.map_batches(_moments, return_dtype=pl.Datetime("us"), is_elementwise=True)


def _moments(texts: pl.Series) -> pl.Series:
    """Return texts as moments: those with a fraction apart, which cost six times as much."""
    plain = texts.str.strip_suffix("Z")
    whole = plain.str.to_datetime(_SECONDS, time_unit="us", strict=False, cache=False)
    if whole.null_count() == texts.null_count():
        return whole
    every = plain.str.to_datetime(_FRACTION, time_unit="us", strict=False, cache=False)
    return whole.fill_null(every)


def moment_in(time_zone: str | None, timestamp: str | pl.Expr = "timestamp") -> pl.Expr:
    """Return what a clock in a zone shows at each timestamp, Datetime[µs] without a zone.

    Timestamps without ``Z`` are a wall clock's own already and stay as they are.

    Parameters
    ----------
    time_zone
        A name of the tz database or a fixed offset such as ``+10:00``; None: UTC.
    timestamp
        The column of the contract's text.
    """
    text = pl.col(timestamp) if isinstance(timestamp, str) else timestamp
    plain = moment(text)
    if time_zone is None:
        return plain
    offset = offset_minutes(time_zone)
    if offset is None:
        utc = plain.dt.replace_time_zone("UTC").dt.convert_time_zone(time_zone)
        local = utc.dt.replace_time_zone(None)
    else:
        local = plain + pl.duration(minutes=offset)
    return pl.when(text.str.ends_with("Z")).then(local).otherwise(plain)


def contract_time(when: datetime) -> str:
    """Return a moment in the contract's form; the fraction only where it is not 0.

    Parameters
    ----------
    when
        With or without a zone; one that has a zone is written in UTC, with ``Z``.
    """
    if when.tzinfo is None:
        return when.isoformat()
    from datetime import UTC

    return when.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def time_of_day(moment_: pl.Expr) -> pl.Expr:
    """Return the time since midnight of the clock that moments follow [µs], Int64.

    Parameters
    ----------
    moment_
        Datetime without a zone, as `moment_in` returns it.
    """
    return moment_.cast(pl.Datetime("us")).to_physical() % _DAY_US


def offset_minutes(time_zone: str) -> int | None:
    """Return a fixed offset from UTC [min], None for the name of a zone."""
    match = _OFFSET.fullmatch(time_zone)
    if match is None:
        return None
    minutes = int(match[2]) * 60 + int(match[3])
    return -minutes if match[1] == "-" else minutes


def check_zone(time_zone: str | None) -> str | None:
    """Return a time zone, refusing one that does not exist.

    Raises
    ------
    ParameterError
        Neither a name of the tz database nor a fixed offset.
    """
    if time_zone is None or offset_minutes(time_zone) is not None:
        return time_zone
    try:
        zoneinfo.ZoneInfo(time_zone or "a zone has a name")
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError) as exc:
        valid = "a name of the tz database, such as 'Europe/Paris', or an offset, such as '+10:00'"
        raise ParameterError.refuse("time_zone", time_zone, valid) from exc
    return time_zone

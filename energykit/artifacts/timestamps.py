"""Timestamps as text: what is accepted, and the one form that stages see.

Accepted is ISO 8601 with a date and a time of day: ``T`` or a blank between them, seconds and their
fraction optional, then nothing (the zone is unknown), ``Z``, or an offset such as ``+01:00``. The
end of a day, ``24:00``, is the next day's ``00:00``.
Stages see ``2025-01-01T00:00:00`` with the fraction the file has, and ``Z`` where the zone is
known; an offset is converted to UTC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from energykit.artifacts.letters import letters_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["canonical", "is_canonical"]

_PATTERN = (
    r"^\s*(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:[0-5]\d)?(\.\d{1,9})?"
    r"(?:([Zz])|([+-])(\d\d):?([0-5]\d))?\s*$"
)
_PARTS = ("date", "minute", "second", "fraction", "utc", "sign", "hours", "minutes")
_LAST_YEAR = 9999
_FORMAT = "%Y-%m-%dT%H:%M:%S"
_LENGTHS = {False: 19, True: 20}
_SHAPE = b"0000-00-00T00:00:00"
_MOST = bytes.fromhex("09090909 00 0909 00 0909 00 0909 00 0509 00 0509")
"""By how much each letter may be above the shape's: digits by 9, tens of minutes and seconds by 5,
marks not at all.
"""
_HOUR = 11
_LAST_HOUR = int.from_bytes(b"23", "big")


def _number(letters: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(letters, "little"))


_HIGH_BITS = _number(b"\x80" * 8)
_WORDS = [
    (
        place,
        _number(_SHAPE[place : place + 8]),
        _number(bytes(0x7F - most for most in _MOST[place : place + 8])),
    )
    for place in (0, 8, 11)
]
"""Where eight letters start, their shape, and what lifts a difference that is too large over the
high bit.
"""


def canonical(texts: pl.Series) -> pl.Series:
    """Return timestamps in the form that stages see.

    Parameters
    ----------
    texts
        Timestamps as a file has them, String.

    Returns
    -------
    pl.Series
        String of the same length; null where the text is not a date and time.
    """
    part = {name: pl.col("parts").struct.field(name) for name in _PARTS}
    moment = _moment(part) - _offset(part)
    exists = moment.dt.year().is_between(1, _LAST_YEAR)
    has_zone = part["utc"].is_not_null() | part["sign"].is_not_null()
    zone = pl.when(has_zone).then(pl.lit("Z")).otherwise(pl.lit(""))
    second = pl.when(exists).then(moment.dt.strftime(_FORMAT))
    text = pl.concat_str(second, part["fraction"].fill_null(""), zone)
    groups = texts.str.extract_groups(_PATTERN).struct.rename_fields(list(_PARTS))
    return groups.to_frame("parts").select(text).to_series().rename(texts.name)


def _moment(part: Mapping[str, pl.Expr]) -> pl.Expr:
    """Return date and time of day; 24:00 is the next day's 00:00."""
    rest = pl.concat_str(part["second"].fill_null(""), part["fraction"].fill_null(""))
    ends_day = (part["minute"] == "24:00") & (rest.str.strip_chars(":.0") == "")
    minute = pl.when(ends_day).then(pl.lit("00:00")).otherwise(part["minute"])
    clock = pl.concat_str(part["date"], pl.lit("T"), minute, part["second"].fill_null(":00"))
    return clock.str.to_datetime(_FORMAT, strict=False) + pl.duration(days=ends_day.cast(pl.Int64))


def _offset(part: Mapping[str, pl.Expr]) -> pl.Expr:
    """Return how far the clock is ahead of UTC."""
    offset = pl.duration(hours=part["hours"].cast(pl.Int64), minutes=part["minutes"].cast(pl.Int64))
    sign = pl.when(part["sign"] == "-").then(-1).otherwise(1)
    return pl.when(part["sign"].is_null()).then(pl.duration()).otherwise(offset * sign)


def is_canonical(texts: pl.Series, *, has_zone: bool) -> bool:
    """Whether every timestamp already is in the form that stages see, without a fraction.

    Parameters
    ----------
    texts
        Timestamps as a file has them, String.
    has_zone
        Whether they must end in ``Z`` or must not.
    """
    length = _LENGTHS[has_zone]
    if texts.null_count() or not (texts.str.len_bytes() == length).all():
        return False
    letters = letters_of(texts, length)
    if letters is None:
        return False
    joined = letters.tobytes()
    return _is_shaped(joined, length, has_zone=has_zone) and _are_days(joined, length)


def _is_shaped(letters: bytes, length: int, *, has_zone: bool) -> bool:
    """Whether joined texts of one length have digits and marks where a timestamp has them.

    Eight letters are looked at in one operation: differing from the shape by more than a letter may
    sets the high bit.
    """
    for place, shape, most in _WORDS:
        differs = _words(letters, length, place) ^ shape
        if (((differs + most) | differs) & _HIGH_BITS).any():
            return False
    ends_well = not has_zone or letters[length - 1 :: length].count(b"Z") * length == len(letters)
    return ends_well and bool((_view(letters, length, _HOUR, ">u2") <= _LAST_HOUR).all())


def _are_days(letters: bytes, length: int) -> bool:
    """Whether the dates exist; each is looked at where it differs from the one before."""
    begin, end = _words(letters, length, 0), _words(letters, length, 2)
    changes = np.flatnonzero((begin[1:] != begin[:-1]) | (end[1:] != end[:-1])) + 1
    firsts = [0, *changes.tolist()] if len(letters) else []
    days = {letters[place * length : place * length + 10].decode() for place in firsts}
    return (
        pl.Series(list(days), dtype=pl.String).str.to_date("%Y-%m-%d", strict=False).null_count()
        == 0
    )


def _words(letters: bytes, length: int, place: int) -> NDArray[np.uint64]:
    """Return eight letters of each text as one number."""
    return _view(letters, length, place, "<u8")


def _view(letters: bytes, length: int, place: int, kind: str) -> NDArray[Any]:
    """Return letters of each text, from a place on, as numbers of a kind."""
    rows = len(letters) // length
    return np.ndarray(
        (rows,), dtype=kind, buffer=letters, offset=place if rows else 0, strides=(length,)
    )

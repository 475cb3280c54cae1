"""Timestamps as text: what is accepted, and the one form that stages see.

Accepted is ISO 8601 with a date and a time of day: ``T`` or a blank between them, seconds and their fraction
optional, then nothing (the zone is unknown), ``Z``, or an offset such as ``+01:00``. Stages see
``2025-01-01T00:00:00`` with the fraction the file has, and ``Z`` where the zone is known; an offset is converted to
UTC.
"""

from __future__ import annotations

import numpy as np
import polars as pl

__all__ = ["canonical", "is_canonical"]

_PATTERN = r"^\s*(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:[0-5]\d)?(\.\d{1,9})?(?:([Zz])|([+-])(\d\d):?([0-5]\d))?\s*$"
_PARTS = ("date", "minute", "second", "fraction", "utc", "sign", "hours", "minutes")
_FORMAT = "%Y-%m-%dT%H:%M:%S"
_TEMPLATE = np.frombuffer(b"0000-00-00T00:00:00Z", dtype=np.uint8)
_DIGITS = np.equal(_TEMPLATE, ord("0"))
_NINE = 9
_LENGTHS = {False: 19, True: 20}


def canonical(texts: pl.Series) -> pl.Series:
    """Return timestamps in the form that stages see.

    Parameters
    ----------
    texts
        Timestamps as a file has them, String.

    Returns
    -------
    pl.Series
        String of the same length; null where the text is no date and time.
    """
    part = {name: pl.col("parts").struct.field(name) for name in _PARTS}
    clock = pl.concat_str(part["date"], pl.lit("T"), part["minute"], part["second"].fill_null(":00"))
    offset = pl.duration(hours=part["hours"].cast(pl.Int64), minutes=part["minutes"].cast(pl.Int64))
    shift = pl.when(part["sign"] == "-").then(offset).when(part["sign"] == "+").then(-offset).otherwise(pl.duration())
    moment = clock.str.to_datetime(_FORMAT, strict=False) + shift
    has_zone = part["utc"].is_not_null() | part["sign"].is_not_null()
    zone = pl.when(has_zone).then(pl.lit("Z")).otherwise(pl.lit(""))
    text = pl.concat_str(moment.dt.strftime(_FORMAT), part["fraction"].fill_null(""), zone)
    groups = texts.str.extract_groups(_PATTERN).struct.rename_fields(list(_PARTS))
    return groups.to_frame("parts").select(text).to_series().rename(texts.name)


def is_canonical(texts: pl.Series, *, has_zone: bool) -> bool:
    """Whether every timestamp already is in the form that stages see, without a fraction of a second.

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
    letters = np.frombuffer(texts.str.join("").item().encode(), dtype=np.uint8).reshape(-1, length)
    digits, template = _DIGITS[:length], _TEMPLATE[:length]
    shape = (letters[:, digits] - ord("0") <= _NINE).all() and (letters[:, ~digits] == template[~digits]).all()
    if not shape or (letters[:, 17] > ord("5")).any():
        return False
    return texts.str.to_datetime(_FORMAT + "Z" * has_zone, strict=False).null_count() == 0

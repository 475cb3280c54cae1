"""The first stamp of a file that has none, as its parameters state it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from energykit.errors import ParameterError
from energykit.meters.clock import Clock

if TYPE_CHECKING:
    from energykit.meters.zone import Zone

__all__ = ["first_moment"]


def first_moment(start: str, zone: Zone | None) -> tuple[int, bool]:
    """Return the moment of a first stamp [µs], and whether it is in UTC.

    Of two that the clock shows, the earlier.

    Raises
    ------
    ParameterError
        It is not an ISO 8601 moment, or does not exist on the clock.
    """
    stamp = Clock().read(pl.Series([start], dtype=pl.String))
    hint = "write it as 2025-01-01T00:00:00, with Z or an offset where the zone is known"
    if stamp.moment.null_count():
        raise _not_a_start(f"the start {start!r} is not a moment", hint)
    moment, is_universal = int(stamp.moment[0]), bool(stamp.is_universal[0])
    if zone is None or is_universal:
        return moment, is_universal
    universal = zone.universal(stamp.moment.to_numpy())
    if universal.is_absent[0]:
        what = f"the start {start!r} does not exist on the clock of {zone.name}"
        raise _not_a_start(f"{what} (daylight saving begins)", hint)
    return int(universal.earlier[0]), True


def _not_a_start(what: str, hint: str) -> ParameterError:
    return ParameterError(what, where="parameters.start", hint=hint)

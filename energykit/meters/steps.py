"""Stamps of a file that has none: a start, and a step from row to row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from energykit.meters.first_stamp import first_moment

if TYPE_CHECKING:
    from energykit.meters.parameters import MeterParameters

__all__ = ["StepCounter", "numbered_step_s"]

_US = 1e6
_STEPS_S = (3600, 1800, 900, 600, 300, 60)


def numbered_step_s(top: int) -> int | None:
    """Return the seconds of an interval where those of a day are numbered up to some number.

    A day may be an hour shorter or longer. None where no usual step fits.
    """
    return next((s for s in _STEPS_S if 23 * 3600 <= top * s <= 25 * 3600), None)


class StepCounter:
    """Counts rows into moments, each household from the start on.

    Parameters
    ----------
    parameters
        ``start``, ``step_s`` and the clock's zone.

    Raises
    ------
    ParameterError
        The start is not an ISO 8601 moment, or does not exist on the clock.
    """

    def __init__(self, parameters: MeterParameters) -> None:
        self._start, self._is_universal = first_moment(str(parameters.start), parameters.clock.zone)
        self._step = round(float(parameters.step_s or 0) * _US)
        self._rows: dict[str, int] = {}

    def moments(self, lines: pl.Series, households: pl.Series | None) -> pl.DataFrame:
        """Return moment, span and line of the next rows.

        Parameters
        ----------
        lines
            Line of each row.
        households
            Whose each row is; None: all of one.
        """
        names = pl.lit("") if households is None else pl.lit(households.fill_null(""))
        frame = pl.DataFrame({"line": lines}).with_columns(names.alias("name"))
        frame = frame.with_columns(nth=pl.int_range(pl.len()).over("name"))
        before = frame["name"].replace_strict(self._rows, default=0, return_dtype=pl.Int64)
        for name, rows in frame.group_by("name").len().iter_rows():
            self._rows[name] = self._rows.get(name, 0) + rows
        return frame.select(
            "line",
            moment=self._start + (pl.col("nth") + before) * self._step,
            span=pl.lit(self._step, dtype=pl.Int64),
            later=pl.lit(0, dtype=pl.Int64),
            is_universal=pl.lit(self._is_universal),
            reason=pl.lit(None, dtype=pl.String),
        )

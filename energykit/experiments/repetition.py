"""What repeats of the same points say together: means and how sure they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from energykit.errors import UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

__all__ = ["mean_intervals", "student_quantile"]

_STEPS = 200_001


def mean_intervals(
    table: pd.DataFrame,
    values: str | Sequence[str],
    *,
    by: str | Sequence[str] = (),
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return the mean of each value over repeats, with its confidence interval.

    The interval is that of Student's t: the mean ± t · s / √n with n - 1 degrees of freedom, where
    s is the standard deviation of the repeats. It supposes that repeats are independent; repeats of
    one seed are not, and have an interval of no width.

    Parameters
    ----------
    table
        What `energykit.experiments.sweep` returned with ``repeats`` or over several seeds; points
        that failed are left out.
    values
        Columns of numbers, such as ``"energy"``.
    by
        Columns that tell the settings apart, such as a key of the grid; none: all rows are repeats
        of one.
    confidence
        How often such an interval holds the true mean, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        One row for each setting: the columns of `by`, ``n`` (repeats that succeeded), and for each
        value its mean under its own name, ``…_low`` and ``…_high``, in its unit; missing where
        there are fewer than two.

    Raises
    ------
    energykit.errors.UsageError
        The table lacks a column, or `confidence` is not between 0 and 1.
    """
    names, keys = ([one] if isinstance(one, str) else list(one) for one in (values, by))
    if not 0 < confidence < 1:
        hint = "such as 0.95"
        raise UsageError(f"confidence={confidence!r}", where="mean_intervals", hint=hint)
    for name in (*names, *keys):
        if name not in table.columns:
            what, hint = f"the table has no column {name!r}", nearest(name, table.columns)
            raise UsageError(what, where="mean_intervals", hint=hint)
    good = table[table["ok"]] if "ok" in table.columns else table
    groups = good.groupby(keys, sort=False) if keys else [((), good)]
    rows = [
        {**dict(zip(keys, key, strict=True)), **_row(group, names, confidence)}
        for key, group in groups
    ]
    return type(table)(rows)


def _row(group: pd.DataFrame, names: Sequence[str], confidence: float) -> dict[str, Any]:
    row: dict[str, Any] = {"n": len(group)}
    for name in names:
        numbers = group[name].to_numpy(float)
        count, mean = numbers.size, float(numbers.mean())
        half = np.nan
        if count > 1:
            t = student_quantile((1 + confidence) / 2, count - 1)
            half = t * float(numbers.std(ddof=1)) / np.sqrt(count)
        row |= {name: mean, f"{name}_low": mean - half, f"{name}_high": mean + half}
    return row


def student_quantile(share: float, freedom: int) -> float:
    """Return the quantile of Student's t distribution.

    With t = √n tan θ its density becomes cos^(n-1) θ, which is integrated by the trapezoidal rule
    [Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7].

    Parameters
    ----------
    share
        From 0.5 on and below 1 [1].
    freedom
        Degrees of freedom n, from 1.
    """
    angle = np.linspace(0, np.pi / 2, _STEPS)
    density = np.cos(angle) ** (freedom - 1)
    area = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
    wanted = np.interp(2 * share - 1, area / area[-1], angle)
    return float(np.sqrt(freedom) * np.tan(wanted))

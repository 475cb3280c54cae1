"""The standard load profile of households, H0, with its seasonal dynamisation.

Hourly means of the quarter-hour values that VDEW (today BDEW) published in 1999 [1]_, in watts for
a consumption of 1,000 kWh a year, for three seasons and three kinds of day. The values alone have
the seasons nearly level: a day's values are multiplied by the dynamisation polynomial of its day of
the year [2]_. Public holidays, which the procedure treats as Sundays, are not known here.

References
----------
.. [1] VDEW, "Repräsentative VDEW-Lastprofile", M-28/99, Frankfurt 1999.
.. [2] VDEW, "Anwendung der repräsentativen VDEW-Lastprofile step-by-step", M-05/2000,
   Frankfurt 2000.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["H0_W_PER_MWH", "MEAN_W_PER_MWH", "day_class", "day_factor", "day_kind", "relative_load"]

# Season (winter, transition, summer) by day (workday, Saturday, Sunday) by hour, in W per
# 1,000 kWh a year.
# fmt: off
H0_W_PER_MWH = np.array([
    [[58.3, 43.2, 39.5, 38.5, 39.1, 46.8, 90.1, 129.4, 133.5, 123.2, 116.2, 118.3,
      130.7, 129.5, 115.3, 104.8, 105.2, 128.7, 166.2, 187.1, 168.2, 141.0, 116.7, 86.4],
     [67.0, 52.9, 42.1, 39.7, 38.5, 40.1, 53.1, 81.9, 119.7, 141.7, 147.9, 155.0,
      166.6, 165.8, 153.4, 143.8, 144.7, 180.5, 209.4, 210.1, 172.0, 134.1, 122.5, 103.9],
     [78.2, 56.3, 45.1, 41.1, 38.7, 38.6, 41.0, 50.0, 88.5, 138.5, 174.2, 202.8,
      206.7, 173.0, 136.1, 116.6, 106.7, 125.7, 156.4, 176.3, 160.1, 135.5, 114.8, 84.6]],
    [[66.6, 49.2, 44.3, 43.1, 44.1, 52.6, 92.9, 129.7, 137.5, 136.0, 132.0, 133.3,
      149.6, 145.7, 126.8, 113.4, 106.1, 116.3, 144.8, 171.9, 168.1, 156.0, 135.7, 100.3],
     [73.1, 56.3, 46.5, 43.8, 43.1, 45.2, 58.6, 93.3, 129.7, 150.4, 163.3, 171.8,
      181.4, 177.4, 161.3, 148.6, 146.5, 159.4, 183.3, 198.0, 180.4, 147.3, 138.6, 116.5],
     [84.3, 62.2, 48.9, 44.3, 43.1, 43.3, 45.8, 65.6, 111.2, 159.5, 185.1, 205.2,
      207.8, 168.6, 136.2, 121.0, 107.3, 111.8, 137.6, 160.9, 154.7, 143.9, 127.7, 94.0]],
    [[73.7, 54.8, 49.8, 46.9, 48.8, 59.3, 97.9, 129.7, 141.6, 144.1, 139.2, 142.0,
      157.8, 152.7, 131.8, 118.8, 114.8, 122.5, 142.2, 165.2, 166.6, 157.5, 144.5, 112.1],
     [83.0, 64.3, 52.3, 50.0, 50.5, 51.6, 63.7, 93.1, 128.4, 155.8, 164.9, 171.1,
      182.1, 176.0, 157.2, 148.4, 144.9, 149.0, 166.5, 180.4, 172.9, 153.8, 148.6, 124.7],
     [89.6, 66.7, 54.5, 50.6, 50.0, 48.8, 51.3, 69.5, 112.5, 160.2, 186.6, 205.7,
      209.4, 175.4, 144.1, 124.4, 108.4, 109.6, 126.6, 152.0, 159.4, 150.5, 140.2, 108.1]],
])
# fmt: on
MEAN_W_PER_MWH = 1e6 / 8760
"""Mean power of 1,000 kWh a year [W]."""
_WINTER, _TRANSITION, _SUMMER = range(3)
# First and last dates as month * 100 + day.
_WINTER_FROM, _WINTER_TO = 1101, 320
_SUMMER_FROM, _SUMMER_TO = 515, 914
_HOURS = 26
# Hour means stand at the middle of the hour; the neighbours beyond midnight are those of the same
# day.
_WRAPPED = (
    np.concatenate([H0_W_PER_MWH[..., -1:], H0_W_PER_MWH, H0_W_PER_MWH[..., :1]], axis=-1).ravel()
    / MEAN_W_PER_MWH
)


def day_factor(day_of_year: NDArray[Any]) -> NDArray[np.float64]:
    """Return the dynamisation of a day of the year, 1 … 366 [1].

    It is about 1.25 in winter and 0.77 in summer.

    The polynomial is the one published in [2]_ of this module, rounded as the procedure says to
    four decimals.
    """
    t = np.asarray(day_of_year, dtype=np.float64)
    return np.round(-3.92e-10 * t**4 + 3.2e-7 * t**3 - 7.02e-5 * t**2 + 2.1e-3 * t + 1.24, 4)


def _season(month: NDArray[Any], day: NDArray[Any]) -> NDArray[Any]:
    """Winter 1 November … 20 March, summer 15 May … 14 September, transition between."""
    date = month * 100 + day
    season = np.full(date.shape, _TRANSITION)
    season[(date >= _WINTER_FROM) | (date <= _WINTER_TO)] = _WINTER
    season[(date >= _SUMMER_FROM) & (date <= _SUMMER_TO)] = _SUMMER
    return season


def day_kind(days: NDArray[np.int64]) -> NDArray[Any]:
    """Return 0 for a workday, 1 for a Saturday, 2 for a Sunday, of days counted from 1970-01-01."""
    return np.maximum((days + 3) % 7 - 4, 0)


def day_class(days: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return the class of each day, 0 … 8 (season by kind of day), and its dynamisation [1].

    Parameters
    ----------
    days
        Local days, counted from 1970-01-01.
    """
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    day_of_year = (dates - dates.astype("datetime64[Y]")).astype(np.int64) + 1
    season = _season(months.astype(np.int64) % 12 + 1, (dates - months).astype(np.int64) + 1)
    return season * 3 + day_kind(days), day_factor(day_of_year)


def relative_load(local_s: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the standard load at moments of the local clock, relative to the mean of the year [1].

    Parameters
    ----------
    local_s
        Seconds of the local clock since 1970-01-01 00:00, ascending.
    """
    day, second = np.divmod(local_s, 86400)
    first = int(day[0])
    classes, factors = day_class(np.arange(first, int(day[-1]) + 1))
    position = (second + 1800) / 3600  # in hours, from the middle of the hour before midnight
    below = position.astype(np.int64)
    index = classes[day - first] * _HOURS + below
    share = position - below
    load = _WRAPPED[index] * (1 - share) + _WRAPPED[index + 1] * share
    return np.asarray(load * factors[day - first], dtype=np.float64)

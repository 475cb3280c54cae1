"""Check of notebook 00: the day with the largest share of flagged readings."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from energykit.exercises.verdict import Verdict, right, wrong

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["check_worst_day"]


def check_worst_day(answer: object, report: pd.DataFrame) -> Verdict:
    """Check which day of a report has the largest share of flagged readings.

    Parameters
    ----------
    answer
        The learner's day: a date, a datetime, a `pandas.Timestamp`, or text such as ``"2007-04-25"``.
    report
        Columns ``timestamp`` (datetime64) and ``anomaly_detected`` (bool).
    """
    day = _day(answer)
    if day is None:
        return wrong(f"{answer!r} is no day", "give a date, such as the index of a groupby on report.timestamp.dt.date")
    share = report.groupby(report["timestamp"].dt.date)["anomaly_detected"].mean()
    if day not in share.index:
        return wrong(f"{day} is not in the report", f"it covers {share.index.min()} to {share.index.max()}")
    if share[day] == share.max():
        return right(f"{day} it is: {share[day]:.1%} of its readings are flagged.")
    worse = int((share > share[day]).sum())
    text = f"{day} has {share[day]:.1%} of its readings flagged; {worse} of {len(share)} days have more"
    return wrong(text, "group by day, take the mean of anomaly_detected, and ask for the index of the largest")


def _day(answer: object) -> date | None:
    if isinstance(answer, datetime):
        return answer.date()
    if isinstance(answer, date):
        return answer
    try:
        return datetime.fromisoformat(str(answer)).date()
    except ValueError:
        return None

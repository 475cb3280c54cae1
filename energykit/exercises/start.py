"""Check of notebook 00: the day with the largest share of flagged readings."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from energykit.exercises.silence import silence_stderr
from energykit.exercises.verdict import NOTHING_RETURNED, Verdict, answer_of, right, wrong

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import pandas as pd

__all__ = ["check_worst_day"]

_CASES = 10


@silence_stderr()
def check_worst_day(
    worst_day: object, report: pd.DataFrame | None = None, *, seed: int = 0
) -> Verdict:
    """Check a function that says which day of a report has the largest share of flagged readings.

    Parameters
    ----------
    worst_day
        The learner's: takes a report, returns a date, a datetime, a `pandas.Timestamp`, or text
        such as ``"2007-04-25"``.
    report
        The learner's own: columns ``timestamp`` (datetime64) and ``anomaly_detected`` (bool); None:
        only made-up ones.
    seed
        Of the made-up reports, in which days have different numbers of readings.
    """
    import numpy as np  # heavy

    if not callable(worst_day):
        return wrong(
            f"worst_day is {worst_day!r}, not a function",
            "write def worst_day(report): … and return the day",
        )
    rng = np.random.default_rng(seed)
    own = [] if report is None else [report]
    for case in (*own, *(_made_up(rng) for _ in range(_CASES))):
        found = _check_answer(worst_day, case)
        if not found.is_right:
            return found
    day = "every report" if report is None else f"{worst_day(report.copy())} in your report"
    return right(f"{day}, and {_CASES} made-up reports: right.")


def _made_up(rng: np.random.Generator) -> pd.DataFrame:
    """Return a report of days of different lengths; one has the largest flagged share."""
    import pandas as pd  # optional and heavy

    days = rng.choice(
        pd.date_range("2007-01-01", periods=200), size=rng.integers(3, 8), replace=False
    )
    flags = rng.permutation(len(days)) + 1  # a different share for each day
    parts = []
    for day, share in zip(days, flags, strict=True):
        rows = int(rng.integers(2, 40)) * 10
        flagged = rng.permutation(rows) < rows * share // 10
        stamps = pd.Timestamp(day) + pd.to_timedelta(rng.permutation(rows), unit="min")
        parts.append(pd.DataFrame({"timestamp": stamps, "anomaly_detected": flagged}))
    return pd.concat(parts, ignore_index=True)


def _check_answer(worst_day: Callable[[Any], object], report: pd.DataFrame) -> Verdict:
    hint = "try it on your own report first"
    answer = answer_of(worst_day, report.copy(), said="worst_day(report)", hint=hint)
    if isinstance(answer, Verdict):
        return answer
    day = _day(answer)
    if day is None:
        hint = "give a date, such as the index of a groupby on report.timestamp.dt.date"
        return wrong(f"{answer!r} is not a day", hint if answer is not None else NOTHING_RETURNED)
    share = report.groupby(report["timestamp"].dt.date)["anomaly_detected"].mean()
    if day not in share.index:
        text = (
            f"{day} is not in the report, which covers {share.index.min()} to {share.index.max()}"
        )
        return wrong(text, "compute the day from the report that the function is given")
    if share[day] == share.max():
        return right(f"{day} it is: {share[day]:.1%} of its readings are flagged.")
    worse = int((share > share[day]).sum())
    text = (
        f"{day} has {share[day]:.1%} of its readings flagged; {worse} of {len(share)} days have"
        " more"
    )
    return wrong(text, "a share is of all readings of that day: compare shares, not counts")


def _day(answer: object) -> date | None:
    if isinstance(answer, datetime):
        return answer.date()
    if isinstance(answer, date):
        return answer
    try:
        return datetime.fromisoformat(str(answer)).date()
    except ValueError:
        return None

"""What a sample says about its stamps where no form that is tried reads them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from energykit.looking.apart import lacks_year

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from energykit.looking.grid import Grid

__all__ = ["unread_stamps"]

_DATE_LIKE = re.compile(
    r"(?<!\d)(?:19|20)\d\d\D{1,3}[^\W_]{1,9}\D{1,3}\d|\d\D{1,3}[^\W_]{1,9}\D{1,3}(?:(?:19|20)\d\d|\d\d)(?!\d)"
)
"""A year, a month in digits or letters, and a day, in some order."""
_MONTH = re.compile(r"^(?:\d{1,2}[/.-]\d{4}|\d{4}[/.-]\d{1,2}|[^\W\d_]{3,10}\.?[\s-]+\d{4})$")
_DATE = re.compile(r"\b(?:\d{4}-\d\d-\d\d|\d{1,2}[./-]\d{1,2}[./-](?:\d\d){1,2})(?:\b|T)")
"""Names of columns that are days."""
_LEAST_SHARE = 0.9
_FIRST_DAY, _LAST_DAY = 36_526, 73_050
"""2000 … 2099 in days as a spreadsheet counts them."""


def unread_stamps(grid: Grid) -> tuple[int | None, str]:
    """Return the place of a column that may be the stamps, and what is to be done.

    Parameters
    ----------
    grid
        A sample in which no stamps are found.
    """
    if sum(map(bool, map(_DATE.search, grid.names))) * 2 > len(grid.names):
        return None, (
            "columns are called by dates: a column a day is not read; exchange rows and columns"
        )
    if lacks_year(grid):
        return None, (
            "month and day have columns, the year has none: add a column of it, or give start,"
            " such as 2025-01-01T00:00:00, step_s and time_zone"
        )
    for place, name in enumerate(grid.names):
        texts = grid.column(place)
        if not texts:
            continue
        if _are_like_dates(texts) and not grid.is_numeric(place):
            return place, _what_to_do(name, texts, len(grid.rows))
        if all(map(_MONTH.match, texts)):
            return None, (
                f"{texts[0]!r} is a month without a day: write the first day of each month, such as"
                " 2025-01-01"
            )
        if _are_days_of_a_sheet(grid.numbers(place)):
            return None, (
                f"{name!r} may be days as a spreadsheet counts them ({texts[0]}): give its cells"
                " the format of date and time, and export the sheet again"
            )
    return None, (
        "there is no column of stamps: give start, step_s and time_zone, which only the owner knows"
    )


def _what_to_do(name: str, texts: Sequence[str], rows: int) -> str:
    """Say what makes the stamps of a column readable."""
    if len(texts) * 2 < rows:
        return (
            f"most rows have nothing in {name!r}: where cells are merged, their value is in the"
            " first row alone; fill it down and export the sheet again"
        )
    return (
        f"no form that is tried reads stamps such as {texts[0]!r}: give timestamp_format as"
        " strftime writes it, such as '%d.%m.%Y %H:%M'"
    )


def _are_like_dates(texts: Sequence[str]) -> bool:
    return sum(bool(_DATE_LIKE.search(text)) for text in texts) >= _LEAST_SHARE * len(texts)


def _are_days_of_a_sheet(numbers: pl.Series) -> bool:
    """Whether numbers rise steadily as days since 1900 do."""
    known = numbers.drop_nulls()
    is_within = bool(known.is_between(_FIRST_DAY, _LAST_DAY).all())
    step = known.diff().drop_nulls()
    return len(known) > 1 and is_within and bool(step.is_between(1e-4, 1).all())

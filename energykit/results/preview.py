"""The first rows of a stage's output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from energykit import html
from energykit.artifacts import scan
from energykit.errors import ArtifactError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ROWS", "preview"]

ROWS = 5
"""How many are shown."""
_DIGITS = 7


def preview(path: Path) -> html.Html:
    """Return the first rows of a file as a table, or why they cannot be shown.

    Parameters
    ----------
    path
        A file of readings or of a report.
    """
    try:
        first = scan(path).frame.head(ROWS).collect()
    except (ArtifactError, OSError) as exc:
        return html.element("small", f"{path.name} cannot be shown: {exc}")
    rows = [[_rounded(value) for value in row] for row in first.rows()]
    return html.table(first.columns, rows, caption=f"first rows of {path.name}")


def _rounded(value: object) -> object:
    """Return a number with the digits of a 32-bit float: 0.835, not 0.8349999785423279."""
    return float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value

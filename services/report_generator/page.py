"""An analysis as a page of HTML that needs nothing else: totals, households, flagged readings."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["report_page"]

_MOST_FLAGGED = 500
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color:#1a1a1a;background:#fff}"
    "table{border-collapse:collapse;margin:1rem 0}"
    "th,td{padding:.25rem .75rem;border-bottom:1px solid #ccc;text-align:left}"
    "td.number{text-align:right;font-variant-numeric:tabular-nums}"
    "caption{text-align:left;font-weight:600;padding:.5rem 0}"
    "@media(prefers-color-scheme:dark){body{color:#eee;background:#111}th,td{border-color:#444}}"
)


def report_page(analysis: pl.DataFrame, *, skipped_rows: int = 0) -> str:
    """Return a page that shows an analysis.

    Parameters
    ----------
    analysis
        ``timestamp``, ``household_id``, ``reasons`` String; ``power`` [W], ``efficiency`` [1]
        Float64; ``anomaly_detected`` Boolean.
    skipped_rows
        Readings that the analysis left out.
    """
    flagged = analysis.filter("anomaly_detected")
    parts = [
        "<h1>Energy report</h1>",
        _table("Totals", ("what", "value"), _totals(analysis, flagged, skipped_rows)),
        _table(
            "Households",
            ("household", "readings", "mean power [W]", "flagged"),
            _households(analysis).iter_rows(),
        ),
        _table(
            "Flagged readings",
            ("time", "household", "power [W]", "power factor", "reasons"),
            _flagged(flagged),
        ),
    ]
    if flagged.height > _MOST_FLAGGED:
        parts.append(
            f"<p>{flagged.height - _MOST_FLAGGED:,} more flagged readings are not listed here.</p>"
        )
    head = f'<meta charset="utf-8"><title>Energy report</title><style>{_STYLE}</style>'
    body = "".join(parts)
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n{body}</body></html>\n'


def _totals(
    analysis: pl.DataFrame, flagged: pl.DataFrame, skipped_rows: int
) -> list[tuple[str, object]]:
    """Return the figures at the top of the page."""
    share = f"{flagged.height / analysis.height:.1%}" if analysis.height else "-"
    return [
        ("readings", analysis.height),
        ("readings left out by the analysis", skipped_rows),
        ("households", analysis["household_id"].n_unique()),
        ("first reading", analysis["timestamp"].min() or "-"),
        ("last reading", analysis["timestamp"].max() or "-"),
        ("mean power [W]", analysis["power"].mean()),
        ("highest power [W]", analysis["power"].max()),
        ("flagged readings", flagged.height),
        ("share of readings flagged", share),
    ]


def _households(analysis: pl.DataFrame) -> pl.DataFrame:
    """Return the figures of each household."""
    return (
        analysis.group_by("household_id")
        .agg(pl.len(), pl.col("power").mean(), pl.col("anomaly_detected").sum())
        .sort("household_id")
    )


def _flagged(flagged: pl.DataFrame) -> Iterable[tuple[object, ...]]:
    """Return the first flagged readings."""
    columns = ("timestamp", "household_id", "power", pl.col("efficiency").round(3), "reasons")
    return flagged.head(_MOST_FLAGGED).select(columns).iter_rows()


def _table(caption: str, names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table of HTML."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>\n" for row in rows)
    top = f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
    return f"<table>{top}<tbody>\n{body}</tbody></table>\n"


def _cell(value: object) -> str:
    """Return a cell of a table; numbers stand to the right."""
    if value is None:
        return "<td>-</td>"
    if isinstance(value, float):
        return f'<td class="number">{value:,.3f}</td>'
    return (
        f'<td class="number">{value:,}</td>'
        if isinstance(value, int)
        else f"<td>{escape(str(value))}</td>"
    )

"""What the report of a run says: each part as HTML, from the record and the files of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from energykit import html, plots
from energykit.errors import UsageError
from energykit.results.view import second_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import pandas as pd

    from energykit.html import Html
    from energykit.report.source import RunSource

__all__ = ["FIGURES", "anomalies", "figures", "key_figures", "provenance", "quality"]

FIGURES = {
    "power": "Power over time",
    "energy_per_day": "Energy per day",
    "household_ranking": "Household by household",
    "daily_profile": "A usual day",
    "heatmap": "Hour by day",
    "load_duration": "How long which load lasts",
    "power_factor_histogram": "Power factor",
    "voltage_vs_load": "Voltage and load",
    "quality_calendar": "Quality, day by day",
}
"""Figures of the report, by their name in `energykit.plots`, with their headings."""
_NOTES = {
    "power_factor_histogram": (
        "No load has a power factor above 1. Meters show current in steps, and where little flows "
        "a step is much: that alone makes such quotients. Those that no step explains are flagged "
        "where power_factor_range was looked for."
    ),
    "voltage_vs_load": (
        "The load is that of the households of this run; others on the same feeder are not seen."
    ),
}
"""What a reader must know so that a figure does not mislead."""

_KEY_FIGURES = {
    "energy": "Energy, drawn less fed in",
    "energy_import": "… drawn",
    "energy_export": "… fed in",
    "energy_flagged": "… of it in flagged readings",
    "mean_power": "Mean power",
    "peak_power": "Highest reading",
    "peak_demand": "Peak demand, highest mean of 15 minutes",
    "peak_demand_start": "… from",
    "base_load": "Base load, exceeded 95 % of the time",
    "load_factor": "Load factor, mean over peak demand",
}
_QUALITY = {
    "step": "Time between readings",
    "measured": "Time with readings",
    "gaps": "Gaps",
    "missing_readings": "Readings missing in the gaps",
    "longest_gap": "Longest gap",
    "duplicate_timestamps": "Readings with the timestamp of another",
    "out_of_order": "Readings out of order",
}
_MANY_HOUSEHOLDS = 8
_EXAMPLES = 3


def key_figures(source: RunSource) -> Html:
    """Return the figures that a household is known by; from the summary of the run."""
    missing = "the report stage wrote no summary: ask for it with summary: true"
    zone = source.time_zone
    days = html.element("p", f"Days and hours are those of {zone}.") if zone else html.Html()
    return html.join([_by_household(source, _KEY_FIGURES, missing), days])


def quality(source: RunSource) -> Html:
    """Return what is wrong with the data: rows left out or changed, gaps, duplicates."""
    counted = [stage for stage in source.run if stage.metrics]
    left_out = [
        (stage.id, entry.reason, entry.rows, entry.first_line)
        for stage in counted
        for entry in (stage.metrics.skipped if stage.metrics else ())
    ]
    adjusted = [
        (stage.id, entry.what, entry.rows, entry.first_line or "-")
        for stage in counted
        for entry in (stage.metrics.adjustments if stage.metrics else ())
    ]
    return html.join(
        [
            _rows_table("left out because", left_out) or html.element("p", "No row was left out."),
            _rows_table("what was done to rows", adjusted),
            _by_household(source, _QUALITY, ""),
        ]
    )


def _rows_table(title: str, rows: Sequence[tuple[object, ...]]) -> Html:
    """Return what happened to rows of each stage as a table; nothing where there are none."""
    return html.table(("stage", title, "rows", "first line"), rows) if rows else html.Html()


def _by_household(source: RunSource, names: dict[str, str], missing: str) -> Html:
    """Return metrics as a table: a row a metric, a column a household, the first of many."""
    labels = list(
        dict.fromkeys(
            one.label for one in source.metrics if one.name in names and "day=" not in one.label
        )
    )
    homes = [label for label in labels if label.startswith("household=")]
    if not homes:
        return html.element("p", missing) if missing else html.Html()
    shown = homes[:_MANY_HOUSEHOLDS]
    header = ["", *(label.removeprefix("household=") for label in shown)]
    rows = [
        [title, *(_format_figure(source, name, label) for label in shown)]
        for name, title in names.items()
    ]
    rest = len(homes) - len(shown)
    more = (
        html.element("p", f"… and {rest:,} households more, in the summary file.")
        if rest > 0
        else ""
    )
    return html.join([html.table(header, rows), more])


def _format_figure(source: RunSource, name: str, label: str) -> str:
    found = source.metric(name, label)
    if found is None or found.value == "":
        return "-"
    return f"{_readable(found.value)} {'' if found.unit == '1' else found.unit}".strip()


def _readable(value: str) -> str:
    """Return a number with as many digits as a reader wants, anything else as it is."""
    try:
        number = float(value)
    except ValueError:
        return value.replace("T", " ")
    if number.is_integer():
        return f"{number:,.0f}"
    return f"{number:,.3f}" if abs(number) < 10 else f"{number:,.1f}"  # three to four digits


def anomalies(source: RunSource) -> Html:
    """Return each reason with what it means, how often it was given, and its longest events."""
    table = source.frame
    if table is None or not bool(table["anomaly_detected"].any()):
        return html.join([html.element("p", "No reading was flagged."), _not_found(source, [])])
    flagged = source.events
    header = ("reason", "readings", "events", "longest events")
    rows = [
        _reason_row(kind, own, source.explanations.get(str(kind), ""))
        for kind, own in flagged.groupby("kind")
    ]
    order = flagged.groupby("kind")["rows"].sum().to_numpy().argsort(kind="stable")[::-1]
    return html.join(
        [html.table(header, [rows[at] for at in order]), _not_found(source, flagged["kind"])]
    )


def _not_found(source: RunSource, found: Iterable[str]) -> Html:
    """Return what else was looked for: that nothing was found says something only of that."""
    kinds = set(found)
    others = [name for name in source.explanations if name not in kinds]
    return (
        html.element("p", f"Looked for, and not found: {', '.join(others)}.")
        if others
        else html.Html()
    )


def _reason_row(kind: Any, own: pd.DataFrame, explanation: str) -> tuple[Html, Html, Html, Html]:
    name = html.join(
        [html.element("strong", kind), html.element("br") if explanation else "", explanation]
    )
    longest = own.sort_values("rows", ascending=False).head(_EXAMPLES)
    lines = [
        html.element(
            "div",
            f"{event.household_id}: {event.start:%Y-%m-%d %H:%M} to {event.end:%Y-%m-%d %H:%M} "
            f"({event.rows:,})",
        )
        for event in longest.itertuples()
    ]
    return name, _number(int(own["rows"].sum())), _number(len(own)), html.join(lines)


def _number(number: int) -> Html:
    return html.element(
        "div", f"{number:,}", style="text-align:right;font-variant-numeric:tabular-nums;"
    )


def figures(source: RunSource) -> Html:
    """Return each figure with its heading; one that this run has no data for says so."""
    if source.frame is None or source.frame.empty:
        return html.element("p", "There are no readings to draw.")
    tables = dict.fromkeys(FIGURES, source.frame) | {"voltage_vs_load": source.readings}
    if source.frame["household_id"].nunique() == 1:
        del tables["household_ranking"]
    return html.join(
        _figure(table, name, FIGURES[name])
        for name, table in tables.items()
        if table is not None and len(table)
    )


def _figure(table: pd.DataFrame, name: str, title: str) -> Html:
    draw: Callable[..., Any] = getattr(plots, name)
    try:
        axes = draw(table)
        said = " ".join([plots.alt_text(axes), _NOTES.get(name, "")]).strip()
        shown = plots.figure_html(axes, alt=said, caption=said)
    except UsageError as exc:
        shown = html.element("p", f"Not drawn: {exc.what}.")
    return html.join([html.element("h3", title), shown])


def provenance(source: RunSource) -> Html:
    """Return where the numbers come from: run, files and whether they are the same, versions."""
    run = source.run
    facts = [
        ("run", run.run_id),
        ("workflow", run.workflow_name),
        ("configuration", run.config_file),
        ("started", f"{run.started:%Y-%m-%d %H:%M:%S} UTC"),
        ("took", second_text(run.seconds)),
        *((f"version of {name}", text) for name, text in run.versions.items()),
    ]
    files = [
        (
            html.element("code", one.file),
            html.badge(one.verdict),
            html.element("code", one.recorded[:16] or "-"),
        )
        for one in source.evidence
    ]
    stages = [
        (stage.id, html.badge(stage.status), second_text(stage.seconds), stage.message)
        for stage in run
    ]
    return html.join(
        [
            html.table(("stage", "", "time", "said"), stages),
            html.table(("file", "now", "sha256 when it was used or made"), files),
            html.table(("", ""), facts),
        ]
    )

"""The verdict of a report: what was measured, what is wrong with it, and what to do first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from energykit import html

if TYPE_CHECKING:
    import pandas as pd

    from energykit.html import Html
    from energykit.report.source import RunSource

__all__ = ["verdict"]


def verdict(source: RunSource) -> Html:
    """Return the verdict in one paragraph: what was measured, what is wrong, what to do first."""
    failed = next((stage for stage in source.run if stage.status == "failed"), None)
    if failed is not None and failed.error is not None:
        error = failed.error
        text = html.join(
            [
                html.element("strong", f"The run failed in {failed.id}: "),
                error.message,
                f" ({error.where}).",
            ]
        )
        return _paragraph(
            html.badge("failed"), " ", text, f" First: {error.hint}." if error.hint else ""
        )
    table = source.frame
    if table is None:
        return _paragraph("The run made no report of readings that can be read here.")
    if table.empty:
        return _paragraph("The report holds no readings. First: look at the generator's input.")
    share = float(table["anomaly_detected"].mean())
    return _paragraph(_measured(source, table), " ", _wrong(table, share), " ", _first(source))


def _paragraph(*parts: object) -> Html:
    return html.element("p", *parts, style="font-size:1.1em;max-width:50em;")


def _measured(source: RunSource, table: pd.DataFrame) -> str:
    first, last = table["timestamp"].min(), table["timestamp"].max()
    households = table["household_id"].nunique()
    energy = source.metric("energy")
    whose = "one household" if households == 1 else f"{households:,} households"
    amount = (
        f": {float(energy.value):,.1f} kWh{_doubtful(source, float(energy.value))}"
        if energy
        else ""
    )
    period = f"from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}"
    return f"{len(table):,} readings of {whose} {period}{amount}."


def _doubtful(source: RunSource, energy_kwh: float) -> str:
    """Say how much of the energy stands in flagged readings."""
    flagged = source.metric("energy_flagged")
    doubtful_kwh = float(flagged.value) if flagged else 0.0
    if not doubtful_kwh or energy_kwh <= 0:
        return ""
    return f", {doubtful_kwh:,.1f} kWh of it ({doubtful_kwh / energy_kwh:.1%}) in flagged readings"


def _wrong(table: pd.DataFrame, share: float) -> str:
    flagged = int(table["anomaly_detected"].sum())
    if not flagged:
        return "No reading was flagged."
    return f"{flagged:,} readings ({share:.1%}) were flagged."


def _first(source: RunSource) -> Html:
    """Say what to look at first: the reason with the most readings, and where it is longest."""
    flagged = source.events
    if flagged.empty:
        return html.Html()
    most = flagged.groupby("kind")["rows"].sum().idxmax()
    longest = flagged[flagged["kind"] == most].sort_values("rows", ascending=False).iloc[0]
    period = f"{longest['start']:%Y-%m-%d %H:%M} to {longest['end']:%Y-%m-%d %H:%M}"
    event = f"{int(longest['rows']):,} readings ({longest['household_id']}, {period})"
    meaning = source.explanations.get(str(most), "")
    text = f"look at {most}: its longest event has {event}. {meaning}"
    return html.join([html.element("strong", "First: "), text.strip()])

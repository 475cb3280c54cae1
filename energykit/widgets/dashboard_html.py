"""What a dashboard shows, as HTML: chain, services, stages, report, figures and log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from energykit import html
from energykit.config.graph import ranks_of
from energykit.errors import EnergykitError
from energykit.plots import figure_html, run_timeline
from energykit.results.view import run_html, stage_html
from energykit.widgets.drawing import sheet

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from energykit.config import PipelineConfig
    from energykit.results import RunResult

__all__ = ["chain_html", "error_html", "figures_html", "services_html", "stages_html"]

_BOX = (
    "display:inline-block;border:1.5px solid currentColor;border-radius:0.4em;"
    "padding:0.3em 0.7em;margin:0.2em 0;text-align:center;"
)


def chain_html(
    config: PipelineConfig, result: RunResult | None, started: Collection[str]
) -> html.Html:
    """Return the stages in their order, each with what has become of it.

    Parameters
    ----------
    config
        The pipeline.
    result
        The run so far.
    started
        Ids of the stages that run now, and of those that ended in this run.
    """
    known: dict[str, str] = {stage.id: stage.status for stage in result} if result else {}
    words = {
        name: known.get(name, "running" if name in started else "waiting") for name in config.order
    }
    boxes = {
        name: html.element(
            "div", html.element("strong", name), html.element("br"), html.badge(word), style=_BOX
        )
        for name, word in words.items()
    }
    ranks = ranks_of(config.order, config.predecessors)
    said = [" and ".join(f"{name} ({words[name]})" for name in rank) for rank in ranks]
    alt = f"The pipeline: {', then '.join(said)}."
    drawn = [html.join([boxes[name] for name in rank], " ") for rank in ranks]
    return html.element(
        "div",
        html.join(drawn, html.element("span", " ⟶ ", aria_hidden="true")),
        aria_label=alt,
        role="img",
    )


def services_html(statuses: Mapping[str, str], addresses: Mapping[str, str]) -> html.Html:
    """Return the services: icon and word, and where they listen."""
    rows = [
        (
            html.badge(status),
            name,
            html.element("code", addresses[name]) if name in addresses else "-",
        )
        for name, status in statuses.items()
    ]
    return html.table(("status", "service", "address"), rows, caption="Services")


def stages_html(result: RunResult | None) -> html.Html:
    """Return the run as a table of stages, and its last stage with a preview of what it wrote."""
    if result is None or not len(result):
        return html.element("p", "No stage has run yet: press Step or Run all.")
    done = [stage for stage in result if stage.attempts]
    last = html.element("div", stage_html(done[-1]), class_="ek-last-stage") if done else ""
    return html.join([run_html(result), last])


def figures_html(result: RunResult) -> html.Html:
    """Return power over time, where a stage has written it, and the timeline of the run."""
    parts: list[object] = []
    try:
        parts.append(
            figure_html(result.plot.power(ax=sheet()), caption="What the report says, over time")
        )
    except EnergykitError as exc:
        parts.append(html.element("p", f"No power curve: {exc.what}."))
    parts.append(figure_html(run_timeline(result, ax=sheet(size=(8.5, 1.7 + 0.5 * len(result))))))
    return html.element("div", *parts, class_="ek-figures")


def error_html(error: Exception) -> html.Html:
    """Return what went wrong beside the run itself, and what to do."""
    what, hint = (
        (error.what, error.hint) if isinstance(error, EnergykitError) else (repr(error), "")
    )
    text = html.element(
        "pre", hint, style="color:inherit;background:transparent;white-space:pre-wrap;"
    )
    return html.card(html.join([html.badge("trouble"), f" {what}"]), text)

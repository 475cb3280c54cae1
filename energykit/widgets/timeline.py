"""The run timeline: when each attempt of each stage began and ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from energykit import html
from energykit.plots import figure_html
from energykit.plots import run_timeline as draw
from energykit.results.view import stage_html
from energykit.widgets.drawing import sheet
from energykit.widgets.panel import Panel, toolkit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from energykit.results import RunResult

__all__ = ["RunTimeline", "run_timeline"]


class RunTimeline(Panel):
    """A picker of stages under the timeline of a run; made by `run_timeline`."""

    def __init__(self, result: RunResult) -> None:
        self._result = result
        options = [("none", ""), *((stage.id, stage.id) for stage in result)]
        self.stage = toolkit().Dropdown(
            options=options, description="Details of", tooltip="A stage to look into"
        )
        super().__init__(self.stage, name="run-timeline")
        self._figure_html = figure_html(self.to_figure())
        self.stage.observe(lambda _: self.refresh(), names="value")

    def to_figure(self) -> Figure:
        """Return the timeline."""
        axes = draw(self._result, ax=sheet(size=(8.5, 1.7 + 0.5 * len(self._result))))
        return axes.get_figure(root=True)  # type: ignore[return-value]  # a sheet has one

    def to_html(self) -> html.Html:
        """Return the timeline, and the stage that is looked into."""
        chosen = stage_html(self._result[self.stage.value]) if self.stage.value else ""
        return html.element("div", self._figure_html, chosen)


def run_timeline(result: RunResult) -> RunTimeline:
    """Return a widget with the timeline of a run, and each stage to look into.

    Parameters
    ----------
    result
        What became of a run.

    Raises
    ------
    energykit.errors.UsageError
        The run has no stages.
    energykit.errors.MissingPackageError
        ipywidgets or matplotlib is not installed.
    """
    return RunTimeline(result)

"""The dashboard: start and stop services, step through a pipeline or run it, and watch."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit import html, live
from energykit.config import PipelineConfig, load_config
from energykit.executor import Progress, StageFinished, StageStarted
from energykit.widgets.dashboard_html import (
    chain_html,
    error_html,
    figures_html,
    services_html,
    stages_html,
)
from energykit.widgets.journal import Journal, event_text
from energykit.widgets.panel import Panel, button, row, toolkit
from energykit.widgets.session import Session
from energykit.widgets.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    from energykit.executor import Event
    from energykit.results import RunResult

__all__ = ["Dashboard", "dashboard"]

_REFRESH_S = 0.2
"""Progress is shown at most that often [s]."""
_STOP_S = 20.0
"""How long a new dashboard waits for the one that it replaces [s]."""


class Dashboard(Panel):
    """Buttons over a pipeline and its services; made by `dashboard`."""

    def __init__(self, config: PipelineConfig, data_root: Path) -> None:
        self._journal = Journal()
        self._session = Session(config, data_root, self._note)
        self._worker = Worker("energykit-dashboard", self._fail)
        self._stopper = Worker("energykit-dashboard-stop", self._fail)
        self._statuses = dict.fromkeys(config.order, "stopped")
        self._started: set[str] = set()
        self._refreshed_s = 0.0
        self._error: Exception | None = None
        self._figures: html.Html = html.Html("")
        self._is_stopping = False
        super().__init__(*self._made_controls(len(config.order)), name="dashboard")
        self._show("services are stopped")

    def _made_controls(self, stages: int) -> tuple[Any, ...]:
        self.start = button(
            "▶ Start services",
            self._start,
            tooltip="Start the services on free ports",
            name="start",
        )
        self.step = button(
            "Step", self._step, tooltip="Run the next stage", name="step", is_main=True
        )
        self.run = button("Run all", self._run, tooltip="Run all stages that are left", name="run")
        self.stop = button(
            "■ Stop services",
            self._stop,
            tooltip="Stop the services; a running stage fails",
            name="stop",
        )
        made = toolkit()
        self.progress = made.FloatProgress(
            min=0.0,
            max=float(stages),
            description="Progress",
            tooltip="Stages done",
            layout={"width": "24em", "max_width": "100%"},
        )
        self.progress.add_class("ek-progress")
        self.state = made.Label("")
        self.state.add_class("ek-state")
        return row(self.start, self.step, self.run, self.stop), row(self.progress, self.state)

    @property
    def result(self) -> RunResult | None:
        """The run so far; None: none has begun."""
        return self._session.result

    @property
    def log(self) -> list[str]:
        """What happened, the newest line last."""
        return self._journal.lines

    @property
    def addresses(self) -> dict[str, str]:
        """``host:port`` of each service that runs, by id."""
        services = self._session.services
        return dict(services.addresses) if services else {}

    def wait(self, timeout_s: float = 60.0) -> bool:
        """Wait until nothing that was begun goes on any more, and return whether that is so.

        Parameters
        ----------
        timeout_s
            How long at most [s].
        """
        end = time.monotonic() + timeout_s
        for worker in (
            self._worker,
            self._stopper,
            self._worker,
        ):  # what stops hands its last job to the other
            if not worker.wait(max(end - time.monotonic(), 0.0)):
                return False
        return True

    def _begin(self, word: str, job: Callable[[], None]) -> None:
        """Do something beside the kernel."""
        self._error = None
        self._show(word, is_busy=True)
        self._worker.begin(job)

    def _start(self) -> None:
        self._statuses = dict.fromkeys(self._statuses, "starting")
        self._journal.note("starting the services")
        self._begin("starting the services …", self._start_services)

    def _start_services(self) -> None:
        self._session.start()
        self._statuses = dict.fromkeys(self._statuses, "serving")
        for name, address in self.addresses.items():
            self._journal.note(f"{name}: serving at {address}")
        self._show("services are serving")

    def _step(self) -> None:
        self._begin("a stage is running …", lambda: self._next(1))

    def _run(self) -> None:
        self._begin("stages are running …", lambda: self._next(len(self._statuses)))

    def _next(self, most: int) -> None:
        """Run stages until none is left, so many were run, or the services are being stopped."""
        for _ in range(most):
            if self._is_stopping:
                break
            self._session.step()
            if not self._session.is_running:
                break
        self._started.clear()
        result = self._session.result
        has_ended = result is not None and not self._session.is_running
        self._figures = figures_html(result) if result is not None and has_ended else html.Html("")
        self._show(_state_text(result, has_ended))

    def _stop(self) -> None:
        self._is_stopping = True
        self._journal.note("stopping the services")
        self._show("stopping the services …", is_busy=True)
        self._stopper.begin(self._stop_services)

    def _stop_services(self) -> None:
        self._session.stop()
        self._worker.begin(self._stopped)  # after the stage that was cut short

    def _stopped(self) -> None:
        self._session.stop()  # those whose start was under way
        self._session.end()
        self._statuses, self._is_stopping = dict.fromkeys(self._statuses, "stopped"), False
        self._journal.note("the services have stopped")
        self._show("services are stopped")

    def _fail(self, error: Exception) -> None:
        """Show what a job raised."""
        self._error = error
        self._started.clear()
        self._journal.note(str(error))
        if not self.addresses:
            self._statuses = dict.fromkeys(self._statuses, "stopped")
        self._show("something went wrong: see below")

    def _note(self, event: Event) -> None:
        """Show what happens in the run."""
        if isinstance(event, Progress) and time.monotonic() - self._refreshed_s < _REFRESH_S:
            return
        self._journal.note(event_text(event))
        if isinstance(event, StageStarted):
            self._started.add(event.id)
            self.progress.value = float(event.number - 1)
            self.state.value = f"stage {event.number} of {event.total}: {event.id}"
        if isinstance(event, Progress) and event.total:
            self.progress.value = int(self.progress.value) + min(event.done / event.total, 0.99)
        if isinstance(event, StageFinished):
            self.progress.value = float(int(self.progress.value) + 1)
        self._refreshed_s = time.monotonic()
        self.refresh()

    def _show(self, word: str, *, is_busy: bool = False) -> None:
        """Show a state in words, and enable what may be pressed in it."""
        self.state.value = word
        has_services = bool(self.addresses)
        self.start.disabled = is_busy or has_services
        self.step.disabled = self.run.disabled = is_busy or not has_services
        self.stop.disabled = self._is_stopping or not (has_services or is_busy)
        self.start.button_style = "" if has_services else "primary"  # the next sensible step
        self.step.button_style = "primary" if has_services else ""
        (self.state.add_class if is_busy else self.state.remove_class)("ek-busy")
        self.refresh()

    def to_html(self) -> html.Html:
        """Return the chain, services, stages, report, figures and log as they are now."""
        result, config = self._session.result, self._session.config
        title = f"{config.workflow_name}: {self.state.value}"
        error = error_html(self._error) if self._error else ""
        chain = chain_html(config, result, self._started)
        services = services_html(self._statuses, self.addresses)
        beside = (
            services,
            html.element("div", self._journal.to_html(), style="flex:1 1 28em;min-width:0;"),
        )
        row = html.element(
            "div", *beside, style="display:flex;flex-wrap:wrap;gap:0 2em;align-items:flex-start;"
        )
        parts = (error, chain, row, stages_html(result), self._figures)
        return html.element("div", html.card(title, *parts), class_="ek-scene")


def _state_text(result: RunResult | None, has_ended: bool) -> str:
    if result is None or not has_ended:
        return "ready for the next stage"
    return "the run has succeeded" if result.ok else "the run has failed: see the stage's error"


def dashboard(
    config: PipelineConfig | str | PathLike[str], data_root: str | PathLike[str] = "data"
) -> Dashboard:
    """Return a widget that starts and stops a pipeline's services, steps through it and shows it.

    All work is done beside the kernel, which stays free for other cells. The services end with the
    kernel, however it ends; and where the cell is run again: a dashboard stops an earlier one that
    writes the same outputs.

    Parameters
    ----------
    config
        A configuration, or the path of one.
    data_root
        What ``/data`` stands for; outputs, records and logs go there.

    Raises
    ------
    energykit.errors.ConfigError
        The configuration has faults.
    energykit.errors.MissingPackageError
        ipywidgets is not installed.
    """
    known = config if isinstance(config, PipelineConfig) else load_config(config)
    key = (Path(data_root).resolve(), *(one.output_file for one in known.containers.values()))
    if (earlier := live.forget("dashboard", key)) is not None:
        _end(earlier)
    made = Dashboard(known, Path(data_root))
    live.take_over("dashboard", key, made, _end, keeps=True)
    return made


def _end(old: Dashboard) -> None:
    """Stop the services of a dashboard, and end its run, which would keep its outputs to itself."""
    if not old.stop.disabled:
        old.stop.click()
        old.wait(_STOP_S)

"""The fault panel: choose a fault, run it, see what the user sees."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from energykit import html
from energykit.config import PipelineConfig, load_config
from energykit.errors import EnergykitError
from energykit.results.view import second_text
from energykit.temporary_folder import TemporaryFolder
from energykit.widgets.fault import FAULTS, FaultOutcome, inject_fault, one_stage
from energykit.widgets.panel import Panel, button, row, toolkit
from energykit.widgets.worker import Worker

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["FaultPanel", "fault_panel", "outcome_html"]


def outcome_html(name: str, outcome: FaultOutcome) -> html.Html:
    """Return what the user sees of a fault.

    Parameters
    ----------
    name
        One of `energykit.widgets.fault.FAULTS`.
    outcome
        What was seen.
    """
    facts: list[tuple[str, object]] = [
        ("status code", html.element("code", outcome.code)),
        ("message", outcome.message),
        ("what to do", outcome.hint or "nothing"),
        ("exit code of energykit run", html.element("code", outcome.exit_code)),
    ]
    if outcome.result is not None:
        stage = outcome.result.stages[0]
        facts.append(("time until it was known", second_text(stage.seconds)))
        facts.append(("attempts", str(len(stage.attempts))))
    word = "succeeded" if outcome.exit_code == 0 else "failed"
    return html.card(
        html.join([html.badge(word), f" {FAULTS[name].title}"]), html.table(("", "seen"), facts)
    )


class FaultPanel(Panel):
    """A picker of faults and a Run button; made by `fault_panel`."""

    def __init__(self, config: PipelineConfig, data_root: Path | None) -> None:
        self._config = config
        self._own = None if data_root else TemporaryFolder("faults")
        self._data_root = data_root or (self._own.path if self._own else Path())
        self._error: Exception | None = None
        self.seen: dict[str, FaultOutcome] = {}
        self._worker = Worker("energykit-fault-panel", self._fail)
        options = [(fault.title, name) for name, fault in FAULTS.items()]
        self.fault = toolkit().Dropdown(
            options=options, value="not running", description="Fault", tooltip="What to do"
        )
        self.fault.add_class("ek-fault")
        self.run = button(
            "▶ Run", self._run, tooltip="Really do it, to a local service", name="run", is_main=True
        )
        self.state = toolkit().Label("ready")
        self.state.add_class("ek-state")
        super().__init__(row(self.fault, self.run, self.state), name="fault-panel")
        self.fault.observe(lambda _: self.refresh(), names="value")

    def _run(self) -> None:
        name = self.fault.value
        self.run.disabled, self.state.value, self._error = (
            True,
            f"running: {FAULTS[name].title} …",
            None,
        )
        self._worker.begin(lambda: self._see(name))

    def _see(self, name: str) -> None:
        self.seen[name] = inject_fault(name, self._config, self._data_root)
        self._end("done")

    def _fail(self, error: Exception) -> None:
        self._error = error
        self._end("failed")

    def _end(self, word: str) -> None:
        self.state.value, self.run.disabled = word, False
        self.refresh()

    def wait(self, timeout_s: float = 60.0) -> bool:
        """Wait until nothing runs any more, and return whether that is so.

        Parameters
        ----------
        timeout_s
            How long at most [s].
        """
        return self._worker.wait(timeout_s)

    def to_html(self) -> html.Html:
        """Return what the chosen fault is, what it showed, and a table of all that were run."""
        name = self.fault.value
        about = html.card(f"Fault: {FAULTS[name].title}", html.element("div", FAULTS[name].about))
        now = (
            outcome_html(name, self.seen[name])
            if name in self.seen
            else html.element("p", "Predict, then press Run.")
        )
        return html.element("div", about, self._error_html() or now, self._table())

    def _error_html(self) -> html.Html:
        if self._error is None:
            return html.Html("")
        hint = (
            self._error.hint
            if isinstance(self._error, EnergykitError)
            else "look at the services' logs"
        )
        text = html.element("pre", self._error, style="color:inherit;background:transparent;")
        return html.card(
            html.join([html.badge("trouble"), " The fault could not be done"]), text, hint
        )

    def _table(self) -> html.Html:
        header = ("fault", "status code", "exit code", "message")
        rows = [
            (FAULTS[name].title, outcome.code, outcome.exit_code, outcome.message)
            for name, outcome in self.seen.items()
        ]
        return html.table(header, rows, caption="Seen so far") if rows else html.Html("")


def fault_panel(
    config: PipelineConfig | str | PathLike[str] | None = None,
    *,
    data_root: str | PathLike[str] | None = None,
) -> FaultPanel:
    """Return a widget that does the faults of the course to real local services.

    Parameters
    ----------
    config
        The pipeline whose first stage meets the fault; None: one of a single stage.
    data_root
        Where files, records and logs go; None: a temporary folder.

    Raises
    ------
    energykit.errors.ConfigError
        The configuration has faults of its own.
    energykit.errors.MissingPackageError
        ipywidgets is not installed.
    """
    given = one_stage() if config is None else config
    known = given if isinstance(given, PipelineConfig) else load_config(given)
    return FaultPanel(known, Path(data_root) if data_root is not None else None)

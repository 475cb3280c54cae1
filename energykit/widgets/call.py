"""The call stepper: one call from the request to the response, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from energykit import html
from energykit.errors import UsageError
from energykit.results import RunResult, StageResult
from energykit.results.view import second_text
from energykit.widgets.octets import octets_html
from energykit.widgets.panel import Panel, button, row, toolkit
from energykit.wire import WireField, dissect_call, wire_html

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    from energykit.config import PipelineConfig
    from energykit.executor import Services

__all__ = ["STEPS", "CallStepper", "call_stepper", "step_html"]

STEPS = ("request", "bytes to the server", "server", "bytes to the client", "response")
"""Steps of a call, in order."""


def step_html(stage: StageResult, number: int) -> html.Html:
    """Return one step of a stage's call.

    Parameters
    ----------
    stage
        What became of the stage.
    number
        Which of `STEPS`, from 0.
    """
    request, response = dissect_call(stage)
    views: tuple[Callable[[], object], ...] = (
        lambda: _fields("ExecuteRequest", request),
        lambda: _octets(stage.request_bytes, request, "ExecuteRequest"),
        lambda: _server(stage),
        lambda: (
            _octets(stage.response_bytes, response, "ExecuteResponse")
            if stage.response_bytes
            else _none(stage)
        ),
        lambda: _fields("ExecuteResponse", response) if stage.response_bytes else _none(stage),
    )
    return html.escape(views[number]())


def _fields(name: str, fields: tuple[WireField, ...]) -> html.Html:
    """Return a message as a client or a server sees it."""
    rows = [
        (_whole(f"{one.number} {one.name}"), html.element("code", _value_text(one)))
        for one in fields
    ]
    return html.table(("field", "value"), rows, caption=f"The message {name}, as a program sees it")


def _whole(text: str) -> html.Html:
    return html.element("span", text, style="white-space:nowrap;")


def _value_text(field: WireField) -> str:
    if not field.children:
        return field.value
    return f"{{{', '.join(f'{one.name}: {_value_text(one)}' for one in field.children)}}}"


def _octets(data: bytes, fields: tuple[WireField, ...], name: str) -> html.Html:
    frame = (b"\0" + len(data).to_bytes(4, "big")).hex(" ")
    before = html.element(
        "div",
        "gRPC sends 5 bytes before the message: ",
        html.element("code", frame),
        f": not compressed, {len(data)} bytes follow.",
    )
    folded = html.details("the same bytes without marks", octets_html(data))
    return html.join(
        [before, wire_html(fields, title=f"{name}: {len(data)} bytes by field"), folded]
    )


def _server(stage: StageResult) -> html.Html:
    last = stage.attempts[-1] if stage.attempts else None
    facts: list[tuple[str, object]] = [("address", html.element("code", stage.address))]
    if last:
        method = last.method if last.method == "connect" else f"/ContainerExecutor/{last.method}"
        facts += [("method", html.element("code", method)), ("status code", last.status)]
        facts.append(("time until the answer", second_text(stage.seconds)))
    if stage.metrics:
        facts.append(
            ("rows read and written", f"{stage.metrics.rows_in:,} → {stage.metrics.rows_out:,}")
        )
        facts.append(("time inside the service", second_text(stage.metrics.seconds)))
    if stage.error:
        facts += [("what went wrong", stage.error.message), ("what to do", stage.error.hint)]
    return html.table(("the server", "of this call"), [("stage", stage.id), *facts])


def _none(stage: StageResult) -> html.Html:
    code = stage.error.code if stage.error else "UNKNOWN"
    return html.element(
        "p", f"No response came. The call ended with the status {code}; a status is not a message."
    )


class CallStepper(Panel):
    """Back and next over the steps of a call; made by `call_stepper`."""

    def __init__(self, stages: tuple[StageResult, ...]) -> None:
        self._stages = {stage.id: stage for stage in stages}
        self.step = 0
        self.stage = toolkit().Dropdown(
            options=list(self._stages), description="Stage", tooltip="Whose call is shown"
        )
        self.back = button(
            "◀ Back", lambda: self._go(-1), tooltip="Show the step before", name="back"
        )
        self.next = button(
            "Next ▶", lambda: self._go(1), tooltip="Show the next step", name="next", is_main=True
        )
        super().__init__(row(self.stage, self.back, self.next), name="call-stepper")
        self.stage.observe(lambda _: self.refresh(), names="value")
        self._go(0)

    def _go(self, by: int) -> None:
        self.step = max(0, min(len(STEPS) - 1, self.step + by))
        self.back.disabled, self.next.disabled = self.step == 0, self.step == len(STEPS) - 1
        self.refresh()

    def to_html(self) -> html.Html:
        """Return all steps, the others than the present one folded."""
        stage = self._stages[self.stage.value]
        parts = [
            html.details(f"{at + 1}. {name}", step_html(stage, at), is_open=at == self.step)
            for at, name in enumerate(STEPS)
        ]
        now = f"step {self.step + 1} of {len(STEPS)}: {STEPS[self.step]}"
        return html.card(
            html.join([html.badge(stage.status), f" The call of {stage.id}, {now}"]), *parts
        )


def call_stepper(
    call: StageResult | RunResult | PipelineConfig | str | PathLike[str],
    services: Services | None = None,
    **options: Any,
) -> CallStepper:
    """Return a widget that goes through a call: request, bytes, server, bytes, response.

    Parameters
    ----------
    call
        A stage that was run, a run, or a configuration: then its first stage is run now.
    services
        Services that were started for the configuration.
    options
        As `energykit.executor.steps` takes them, where a configuration is given.

    Raises
    ------
    energykit.errors.ConfigError
        The configuration has faults.
    energykit.errors.UsageError
        No call was made: the stage was skipped.
    energykit.errors.MissingPackageError
        ipywidgets is not installed.
    """
    stages = _stages(call, services, options)
    made = tuple(stage for stage in stages if stage.request_bytes and stage.status != "skipped")
    if not made:
        raise UsageError(
            "no call was made", where="call_stepper", hint="give a stage that was not skipped"
        )
    return CallStepper(made)


def _stages(
    call: Any, services: Services | None, options: dict[str, Any]
) -> tuple[StageResult, ...]:
    if isinstance(call, StageResult):
        return (call,)
    if isinstance(call, RunResult):
        return call.stages
    from energykit.executor import steps  # imports grpc

    with steps(call, services, **options) as stages:
        return (next(stages),)

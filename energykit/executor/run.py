"""Running a configuration: stage by stage, or all at once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from energykit.config import PipelineConfig, load_config
from energykit.errors import UsageError, nearest
from energykit.executor.attempt import Endeavour
from energykit.executor.clock import Clock
from energykit.executor.connection import Connection
from energykit.executor.event import StageFinished, StageStarted
from energykit.executor.message import plain, request_bytes
from energykit.executor.record import Record, check_run_id, new_run_id
from energykit.executor.retry import DEFAULT
from energykit.executor.task import Task
from energykit.results import StageError, StageResult

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from os import PathLike
    from types import TracebackType

    from energykit.config import Container
    from energykit.executor.event import Event
    from energykit.results import RunResult

__all__ = ["Services", "Steps", "run", "steps"]

CONNECT_BUDGET_S = 5.0
"""How long a run waits for a service to be ready, unless told otherwise [s]."""


class Services(Protocol):
    """What a run needs to know of services that were started for it."""

    @property
    def addresses(self) -> Mapping[str, str]:
        """``host:port`` of each, by id."""

    @property
    def data_root(self) -> Path:
        """What ``/data`` stands for."""


def run(
    config: PipelineConfig | str | PathLike[str],
    services: Services | None = None,
    *,
    data_root: str | PathLike[str] | None = None,
    addresses: Mapping[str, str | Sequence[str]] | None = None,
    on_event: Callable[[Event], None] | None = None,
    run_id: str | None = None,
    connect_budget_s: float = CONNECT_BUDGET_S,
) -> RunResult:
    """Run all stages of a configuration, one after another, and return the record.

    A stage that fails is in the record, it is not raised; the stages after it are ``"skipped"``.

    Parameters
    ----------
    config
        A configuration or the path of one.
    services
        Services started for this run; their addresses and data root are used.
    data_root
        What ``/data`` stands for on this machine; the record goes to ``runs/`` in it. Default: that of `services`,
        else ``data``.
    addresses
        ``host:port`` by id, for services elsewhere than the configuration and `services` say; several for one id
        are called in turn.
    on_event
        Told what happens (`energykit.executor.Event`), in the calling thread.
    run_id
        Names the record; default: a new one.
    connect_budget_s
        How long to wait for each service to be ready [s].

    Raises
    ------
    energykit.errors.ConfigError
        The configuration has faults.
    energykit.errors.UsageError
        An address is for an id that the configuration does not have, or the run id cannot be used.
    """
    whole = steps(
        config, services, data_root=data_root, addresses=addresses, on_event=on_event, run_id=run_id,
        connect_budget_s=connect_budget_s,
    )  # fmt: skip
    for _ in whole:
        pass
    return whole.result


def steps(
    config: PipelineConfig | str | PathLike[str],
    services: Services | None = None,
    *,
    data_root: str | PathLike[str] | None = None,
    addresses: Mapping[str, str | Sequence[str]] | None = None,
    on_event: Callable[[Event], None] | None = None,
    run_id: str | None = None,
    connect_budget_s: float = CONNECT_BUDGET_S,
) -> Steps:
    """Return an iterator that runs one stage each time it is asked for the next; see `run` for the parameters.

    Stopping early leaves a record in which the stages that were not reached are ``"skipped"``.
    """
    known = config if isinstance(config, PipelineConfig) else load_config(config)
    root = Path(data_root if data_root is not None else services.data_root if services else "data")
    found = _addresses(known, services, addresses)
    started = datetime.now(UTC)
    named = check_run_id(run_id, root) if run_id is not None else new_run_id(started)
    tasks = [_task(known.containers[one], found[one], named, root, connect_budget_s) for one in known.order]
    return Steps(_Run(known, tasks, named, root, on_event))


class Steps:
    """Runs one stage each time it is asked for the next one; `result` is the record so far."""

    def __init__(self, going: _Run) -> None:
        self._run = going
        self._stages = _walk(going)  # knows nothing of this object: dropping it ends the run at once

    def __iter__(self) -> Self:
        """Return itself."""
        return self

    def __next__(self) -> StageResult:
        """Run the next stage and return what became of it."""
        return next(self._stages)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the run."""
        self.close()

    def close(self) -> None:
        """End the run: stages that were not reached are skipped."""
        self._stages.close()

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self._run.run_id

    @property
    def result(self) -> RunResult:
        """The record: of the whole run when it has ended, else of the stages so far."""
        return self._run.result


def _walk(going: _Run) -> Generator[StageResult]:
    with going:
        for number, task in enumerate(going.tasks, 1):
            yield going.stage(task, number)


def _addresses(
    config: PipelineConfig, services: Services | None, given: Mapping[str, str | Sequence[str]] | None
) -> dict[str, tuple[str, ...]]:
    for name in given or {}:
        if name not in config.containers:
            hint = nearest(name, config.containers)
            raise UsageError(f"the configuration has no container {name!r}", where="addresses", hint=hint)
    started = services.addresses if services else {}
    named = {**config.service_registry, **{name: started[name] for name in config.containers if name in started}}
    return {name: (one,) if isinstance(one, str) else tuple(one) for name, one in {**named, **(given or {})}.items()}


def _task(container: Container, addresses: tuple[str, ...], run_id: str, data_root: Path, connect_s: float) -> Task:
    parameters = plain(container.parameters)
    return Task(
        id=container.id, addresses=addresses, input_file=container.input_file, output_file=container.output_file,
        parameters=parameters, timeout_s=container.timeout_s, connect_budget_s=connect_s,
        request=request_bytes(container.input_file, container.output_file, parameters, run_id),
        retry=container.retry or DEFAULT, data_root=data_root,
    )  # fmt: skip


class _Run:
    """A run under way: opens its record with the first stage, closes everything however it ends."""

    def __init__(
        self, config: PipelineConfig, tasks: list[Task], run_id: str, data_root: Path,
        on_event: Callable[[Event], None] | None,
    ) -> None:  # fmt: skip
        self.tasks = tasks
        self.run_id = run_id
        self._config = config
        self._data_root = data_root
        self._on_event = on_event
        self._connections: dict[tuple[str, ...], Connection] = {}
        self._digests: dict[str, str] = {}
        self._record: Record | None = None
        self._result: RunResult | None = None

    def __enter__(self) -> None:
        self._clock = Clock()
        self._record = Record(self._config, self.run_id, self._data_root, self._clock)

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        try:
            for task in self.tasks[len(self.record.stages) :]:
                self.record.add(self._skipped(task, "the run was ended before this stage"))
        finally:
            for connection in self._connections.values():
                connection.close()
            self._result = self.record.close()

    @property
    def record(self) -> Record:
        if self._record is None:
            raise UsageError("the run has not begun", where="steps", hint="ask for its first stage with next()")
        return self._record

    @property
    def result(self) -> RunResult:
        return self._result or self.record.result(is_finished=False)

    def stage(self, task: Task, number: int) -> StageResult:
        failed = next((stage.id for stage in self.record.stages if stage.status == "failed"), "")
        if failed:
            result = self._skipped(task, f"{failed!r} failed before it")
        else:
            self._emit(StageStarted(id=task.id, address=task.address, number=number, total=len(self.tasks)))
            result = self._carry_out(task)
        self._keep(result)
        return result

    def _carry_out(self, task: Task) -> StageResult:
        known = self._digests.get(task.input_file, "")
        endeavour = Endeavour(task, self._connection, self._clock, self._emit, input_sha256=known)
        try:
            return endeavour.carry_out()
        except BaseException:
            self.record.add(endeavour.interrupted())  # not told: whoever listens may be what failed
            raise

    def _connection(self, task: Task) -> Connection:
        if task.addresses not in self._connections:
            self._connections[task.addresses] = Connection(task.addresses)
        return self._connections[task.addresses]

    def _keep(self, result: StageResult) -> None:
        self.record.add(result)
        if result.ok:
            self._digests[result.output_file] = result.output_sha256
        self._emit(StageFinished(id=result.id, result=result))

    def _skipped(self, task: Task, why: str) -> StageResult:
        message, hint = f"not run: {why}", "put that right and run again"
        error = StageError(code="FAILED_PRECONDITION", where=task.id, hint=hint, message=message)
        return StageResult(
            id=task.id, status="skipped", address=task.address, input_file=task.input_file, error=error,
            output_file=task.output_file, parameters=task.parameters, started=self._clock.now(),
        )  # fmt: skip

    def _emit(self, event: Event) -> None:
        self.record.note(event)
        if self._on_event is not None:
            self._on_event(event)

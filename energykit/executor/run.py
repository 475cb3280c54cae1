"""Running a configuration: stage by stage, or all at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from energykit.config import PipelineConfig, load_config
from energykit.config.shape import address_problem
from energykit.errors import UsageError, nearest
from energykit.executor.earlier import named_run
from energykit.executor.message import plain, request_bytes
from energykit.executor.record import check_run_id, new_run_id
from energykit.executor.retry import DEFAULT
from energykit.executor.session import Session
from energykit.executor.takeover import can_be_ended
from energykit.executor.task import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from os import PathLike
    from types import TracebackType

    from energykit.config import Container
    from energykit.executor.earlier import Resumable
    from energykit.executor.event import Event
    from energykit.results import RunResult, StageResult

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
    resume: Resumable | None = None,
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
        What ``/data`` stands for on this machine; the record goes to ``runs/`` in it. Default: that
        of `services`, else ``data``.
    addresses
        ``host:port`` by id, for services elsewhere than the configuration and `services` say;
        several for one id are called in turn.
    on_event
        Told what happens (`energykit.executor.Event`), in the calling thread.
    run_id
        Names the record; default: a new one.
    connect_budget_s
        How long to wait for each service to be ready [s].
    resume
        An earlier run, whose finished stages are not run again where request, input and output are
        still the same; each stage's ``reason`` says why it was reused or run again. An id, the path
        of a record, or its `RunResult`; True: the newest run of this workflow that did not succeed,
        else the newest; all is run where there is none.

    Raises
    ------
    energykit.errors.ConfigError
        The configuration has faults.
    energykit.errors.UsageError
        An address is for an id that the configuration does not have, or is none; the run id cannot
        be used; there is no run to resume of that id.
    energykit.errors.ArtifactError
        The record of the run to resume cannot be read.
    energykit.errors.RunLockedError
        Another run is writing one of the outputs on this data root.
    """
    whole = _prepared(
        config,
        services,
        data_root=data_root,
        addresses=addresses,
        on_event=on_event,
        run_id=run_id,
        connect_budget_s=connect_budget_s,
        resume=resume,
    )
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
    resume: Resumable | None = None,
) -> Steps:
    """Return an iterator that runs one stage each time it is asked for the next; see `run` for the parameters.

    Stopping early leaves a record in which the stages that were not reached are ``"skipped"``.
    Steps keep their outputs to themselves until they end; another run in the same thread that
    writes one of those outputs ends them.
    """
    prepared = _prepared(
        config,
        services,
        data_root=data_root,
        addresses=addresses,
        on_event=on_event,
        run_id=run_id,
        connect_budget_s=connect_budget_s,
        resume=resume,
    )
    can_be_ended(prepared)
    return prepared


def _prepared(
    config: PipelineConfig | str | PathLike[str],
    services: Services | None,
    *,
    data_root: str | PathLike[str] | None,
    addresses: Mapping[str, str | Sequence[str]] | None,
    on_event: Callable[[Event], None] | None,
    run_id: str | None,
    connect_budget_s: float,
    resume: Resumable | None,
) -> Steps:
    known = config if isinstance(config, PipelineConfig) else load_config(config)
    root = Path(data_root if data_root is not None else services.data_root if services else "data")
    found = _addresses(known, services, addresses)
    started = datetime.now(UTC)
    named = check_run_id(run_id, root) if run_id is not None else new_run_id(started)
    tasks = [
        _task(known.containers[one], found[one], named, root, connect_budget_s)
        for one in known.order
    ]
    return Steps(
        Session(
            known, tasks, named, data_root=root, on_event=on_event, resume=_wished(resume, root)
        )
    )


def _wished(resume: Resumable | None, data_root: Path) -> Resumable | None:
    """Look a named run up before anything starts; the newest is looked for when the outputs are held."""
    if resume is None or resume is False:
        return None
    return True if resume is True else named_run(resume, data_root)


class Steps:
    """Runs one stage each time it is asked for the next one; `result` is the record so far."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._stages = _walk(
            session
        )  # knows nothing of this object: dropping it ends the run at once

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
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the run."""
        self.close()

    def close(self) -> None:
        """End the run: stages that were not reached are skipped."""
        self._stages.close()

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self._session.run_id

    @property
    def result(self) -> RunResult:
        """The record: of the whole run when it has ended, else of the stages so far."""
        return self._session.result


def _walk(session: Session) -> Generator[StageResult]:
    with session:
        for number, task in enumerate(session.tasks, 1):
            yield session.stage(task, number)


def _addresses(
    config: PipelineConfig,
    services: Services | None,
    given: Mapping[str, str | Sequence[str]] | None,
) -> dict[str, tuple[str, ...]]:
    given = given or {}
    for name in given:
        if name not in config.containers:
            hint = nearest(name, config.containers)
            raise UsageError(
                f"the configuration has no container {name!r}", where="addresses", hint=hint
            )
        _check_address(name, given[name])
    started = services.addresses if services else {}
    named = {
        **config.service_registry,
        **{name: started[name] for name in config.containers if name in started},
    }
    return {
        name: (one,) if isinstance(one, str) else tuple(one)
        for name, one in {**named, **given}.items()
    }


def _check_address(name: str, given: object) -> None:
    several = list(given) if isinstance(given, Iterable) and not isinstance(given, str) else [given]
    problem = next(
        filter(None, map(_address_problem, several)), "" if several else "is an empty list"
    )
    if problem:
        hint = "write host:port, such as 127.0.0.1:50051"
        raise UsageError(f"the address of {name!r} {problem}", where="addresses", hint=hint)


def _address_problem(address: object) -> str:
    return address_problem(address) if isinstance(address, str) else f"is {address!r:.40}, not text"


def _task(
    container: Container, addresses: tuple[str, ...], run_id: str, data_root: Path, connect_s: float
) -> Task:
    parameters = plain(container.parameters)
    return Task(
        id=container.id,
        addresses=addresses,
        input_file=container.input_file,
        output_file=container.output_file,
        parameters=parameters,
        timeout_s=container.timeout_s,
        connect_budget_s=connect_s,
        request=request_bytes(container.input_file, container.output_file, parameters, run_id),
        retry=container.retry or DEFAULT,
        data_root=data_root,
    )

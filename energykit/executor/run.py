"""Running a configuration: stage by stage, or all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, Unpack

from energykit.executor.abandoned_steps import let_later_run_end
from energykit.executor.options import RunKeywords, RunOptions, Services, show_options
from energykit.executor.plan import plan_run
from energykit.executor.schedule import run_in_parallel, run_in_turn
from energykit.executor.session import RunSession
from energykit.executor.termination import ending_on_signals, naming_the_interrupt

if TYPE_CHECKING:
    from collections.abc import Generator
    from os import PathLike
    from types import TracebackType

    from energykit.config import PipelineConfig
    from energykit.results import RunResult, StageResult

__all__ = ["Services", "Steps", "run", "steps"]


@show_options
def run(
    config: PipelineConfig | str | PathLike[str],
    services: Services | None = None,
    **options: Unpack[RunKeywords],
) -> RunResult:
    """Run all stages of a configuration and return the record.

    A stage that fails is in the record, it is not raised; the stages after it are ``"skipped"``.
    Where the configuration says ``"execution_mode": "parallel"``, stages that do not wait for each
    other run at once, and only those are skipped that wait for what failed.

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
        Called with what happens (`energykit.executor.Event`), one event at a time; in the calling
        thread, or where stages run at once in the thread of the stage.
    run_id
        Names the record; default: a new one.
    connect_budget_s
        How long to wait for each service to be ready [s].
    resume
        An earlier run, whose finished stages are not run again where request, input and output are
        still the same; each stage's ``reason`` says why it was reused or run again. An id, the path
        of a record, or its `RunResult`; True: the newest run of this workflow that did not succeed,
        else the newest; all is run where there is none.
    resume_ignores
        What is not a reason to run a stage again: ``{"version"}``, another version of the stage.
    heartbeat_s
        How long a service may show neither progress nor any other sign of life before its stage has
        failed [s]; None: its deadline.
    limit_s
        Limit for the whole run [s]; None: only the deadlines of its stages.
    parallel_stages
        At most so many stages at once, where the configuration says that they may.
    locks
        Locks of the outputs that the caller took before it started the services.

    Raises
    ------
    energykit.errors.ConfigError
        The configuration has faults.
    energykit.errors.UsageError
        An address is for an id that the configuration does not have, or is not an address; the run
        id cannot be used; there is no run to resume of that id.
    energykit.errors.ArtifactError
        The record of the run to resume cannot be read.
    energykit.errors.RunLockedError
        Another run is writing one of the outputs on this data root.
    energykit.errors.EnergykitError
        The record cannot be kept.
    """
    whole = Steps(RunSession(plan_run(config, services, RunOptions(**options))))
    with naming_the_interrupt(), ending_on_signals():
        for _ in whole:
            pass
    return whole.result


@show_options
def steps(
    config: PipelineConfig | str | PathLike[str],
    services: Services | None = None,
    **options: Unpack[RunKeywords],
) -> Steps:
    """Return an iterator that runs one stage for each `next`; see `run` for the parameters.

    Stopping early leaves a record in which the stages that were not reached are ``"skipped"``.
    Steps keep their outputs to themselves until they end; another run in the same thread that
    writes one of those outputs ends them.
    """
    stages = Steps(RunSession(plan_run(config, services, RunOptions(**options))))
    let_later_run_end(stages)
    return stages


class Steps:
    """Runs one stage each time it is asked for the next one; `result` is the record so far."""

    def __init__(self, session: RunSession) -> None:
        self._session = session
        # The generator does not know this object, so that dropping it ends the run at once.
        self._stages = _walk(session)

    def __iter__(self) -> Self:
        """Return itself."""
        return self

    def __next__(self) -> StageResult:
        """Run the next stage and return what became of it."""
        with naming_the_interrupt(), ending_on_signals():
            for stage in self._stages:
                return stage
        raise StopIteration(
            "the run has ended: .result is its record; ek.steps(...) begins another"
        )

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


def _walk(session: RunSession) -> Generator[StageResult]:
    with session:
        if session.parallel_stages > 1:
            yield from run_in_parallel(session, session.parallel_stages)
        else:
            yield from run_in_turn(session)

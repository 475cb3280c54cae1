"""What a dashboard drives: services that are started and stopped, and a run stage by stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from energykit.executor import Steps, steps
from energykit.launcher import LocalServices, local_services

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from energykit.config import PipelineConfig
    from energykit.executor import Event
    from energykit.results import RunResult, StageResult

__all__ = ["Session"]


class Session:
    """Services of a configuration and the run that uses them.

    Parameters
    ----------
    config
        What is run.
    data_root
        What ``/data`` stands for.
    on_event
        Called with what happens in a run, in the thread that runs it.
    """

    def __init__(
        self, config: PipelineConfig, data_root: Path, on_event: Callable[[Event], None]
    ) -> None:
        self.config = config
        self.data_root = data_root
        self._on_event = on_event
        self._services: LocalServices | None = None
        self._steps: Steps | None = None
        self.result: RunResult | None = None

    @property
    def services(self) -> LocalServices | None:
        """Those that run; None: none do."""
        return self._services

    @property
    def is_running(self) -> bool:
        """Whether a run has begun and has stages left."""
        return self._steps is not None

    def start(self) -> None:
        """Start the services, and return when all are ready.

        Raises
        ------
        energykit.errors.ServiceStartError
            One did not become ready; none is left running.
        """
        started = local_services(self.config, data_root=self.data_root)
        started.start()
        self._services = started

    def stop(self) -> None:
        """Stop the services; a stage that is under way fails."""
        services, self._services = self._services, None
        if services is not None:
            services.stop()

    def step(self) -> StageResult | None:
        """Run the next stage, the first of a new run where none is under way; None: no next one.

        Raises
        ------
        energykit.errors.RunLockedError
            Another run is writing the same outputs.
        """
        if self._steps is None:
            self._steps = steps(
                self.config, self._services, data_root=self.data_root, on_event=self._on_event
            )
        try:
            stage = next(self._steps, None)
        except BaseException:
            self._steps = (
                None  # it could not begin: another run holds its outputs, or nothing listens
            )
            raise
        self.result = self._steps.result
        if stage is None or len(self.result) == len(self.config.order):
            self.end()
        return stage

    def end(self) -> None:
        """End the run: stages that were not reached are skipped."""
        ended, self._steps = self._steps, None
        if ended is not None:
            ended.close()
            self.result = ended.result

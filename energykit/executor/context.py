"""What the stages of one run share."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from energykit.executor.path import FileDigests, normalize

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from energykit.executor.clock import RunClock
    from energykit.executor.connection import Connection
    from energykit.executor.event import Event
    from energykit.executor.heartbeat import Heartbeat
    from energykit.executor.task import Task
    from energykit.results import FileRecord, StageResult

__all__ = ["RunContext", "StageInterrupted", "StopRequest"]


class StopRequest:
    """Whether the run is to end, and why; stages that run in other threads look at it."""

    def __init__(self) -> None:
        self.cause: BaseException | None = None
        self._is_set = threading.Event()

    def set(self, cause: BaseException) -> None:
        """Ask every stage to end."""
        self.cause = self.cause or cause
        self._is_set.set()

    def wait(self, seconds: float) -> bool:
        """Wait so long [s], or until the run is to end; return whether it is."""
        return self._is_set.wait(seconds)

    def check(self) -> None:
        """Raise what ends the run, if something does."""
        if self.cause is not None:
            raise StageInterrupted from self.cause


class StageInterrupted(Exception):  # noqa: N818  # an end, not an error
    """Another thread ended the run while this one executed a stage."""


@dataclass(frozen=True, kw_only=True)
class RunContext:
    """The clock, the connections and what is known of files, for all stages of a run."""

    clock: RunClock
    """The run's."""
    connect: Callable[[Task], Connection]
    """Returns the connection to a task's service; each is kept for the whole run."""
    emit: Callable[[Event], None]
    """Called with what happens."""
    heartbeat: Heartbeat
    """Ends calls of services that show no sign of life."""
    deadline_s: float
    """When the whole run has to be over, by its clock [s]."""
    tasks: Mapping[str, Task]
    """Every stage of the run, by id."""
    stop: StopRequest = field(default_factory=StopRequest)
    """Set where the run is to end while stages run."""
    digests: FileDigests = field(default_factory=FileDigests)
    """Of the files that this process sees."""
    writers: dict[str, StageResult] = field(default_factory=dict)
    """The stage that wrote each file in this run, by normalized path."""

    def writer_of(self, file: str) -> StageResult | None:
        """Return the stage of this run that wrote a file."""
        return self.writers.get(normalize(file))

    def keep(self, stage: StageResult) -> None:
        """Remember what a finished stage wrote."""
        if not stage.ok:
            return
        for file in (stage.output_file, *(written.path for written in stage.outputs)):
            self.writers[normalize(file)] = stage

    def upstream_digest(self, file: str) -> str:
        """Return the digest of a file as a stage of this run wrote it; empty for none."""
        stage = self.writer_of(file)
        return _digest_in(stage.outputs, file) or _main_digest(stage, file) if stage else ""


def _digest_in(files: tuple[FileRecord, ...], file: str) -> str:
    return next(
        (digest.sha256 for digest in files if normalize(digest.path) == normalize(file)), ""
    )


def _main_digest(stage: StageResult, file: str) -> str:
    return stage.output_sha256 if normalize(stage.output_file) == normalize(file) else ""

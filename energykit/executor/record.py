"""The folder of a run: ``run.json`` after every stage, and the orchestrator's log."""

from __future__ import annotations

import errno
import re
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from energykit.config import config_as_json
from energykit.errors import EnergykitError, UsageError
from energykit.executor.event_log import log_event
from energykit.executor.journal import RunJournal
from energykit.executor.provenance import Provenance, read_versions
from energykit.executor.run_index import append_run
from energykit.private_folder import make_private_folder
from energykit.results import RunResult
from energykit.results.file import RunWriter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from energykit.config import PipelineConfig
    from energykit.executor.clock import RunClock
    from energykit.executor.event import Event
    from energykit.results import StageResult

__all__ = ["Record", "check_run_id", "new_run_id", "recordable"]

_WRITABLE = "make the data root writable, or choose another one with data_root="
_ROOM = "make room, or choose a data root on another disk with data_root="
_REFUSALS = {
    errno.ENOSPC: ("the disk is full", _ROOM),
    errno.EDQUOT: ("the disk quota is used up", _ROOM),
    errno.EROFS: ("the file system is read-only", _WRITABLE),
}
_GIT_WAIT_S = 0.1
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def new_run_id(started: datetime) -> str:
    """Return a run id that sorts by time: ``"20260101T120000-1a2b3c4d"`` (UTC)."""
    return f"{started:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"


def check_run_id(run_id: str, data_root: Path) -> str:
    """Return a run id that can name a new folder.

    Raises
    ------
    energykit.errors.UsageError
        It cannot be a folder's name, or there is a record of that name.
    """
    if not _RUN_ID.fullmatch(run_id):
        hint = "use up to 100 letters, digits, '.', '_' and '-', a letter or a digit first"
        raise UsageError(f"{run_id!r} cannot be a run id", where="run_id", hint=hint)
    if (data_root / "runs" / run_id).exists():
        hint = "choose another run id, or leave it out and get a new one"
        raise UsageError(
            f"there is a record of a run {run_id!r}",
            where=str(data_root / "runs" / run_id),
            hint=hint,
        )
    return run_id


@contextmanager
def recordable(folder: Path) -> Iterator[None]:
    """Explain why a record cannot be written, where it cannot.

    Parameters
    ----------
    folder
        Named where the system does not name a file.

    Raises
    ------
    energykit.errors.EnergykitError
        Names the file.
    """
    try:
        yield
    except OSError as exc:
        where = exc.filename or folder
        what, hint = _REFUSALS.get(exc.errno or 0, (exc.strerror or str(exc), _WRITABLE))
        raise EnergykitError(f"cannot keep a record: {what}", where=str(where), hint=hint) from exc


class Record:
    """What is known of a run so far, and its files.

    Parameters
    ----------
    config
        What is run.
    run_id
        Names the folder.
    data_root
        Holds ``runs/`` and ``logs/``.
    clock
        The run's.
    resumed_from
        The run whose work it reuses; empty for none.
    trace_id
        Id of the run's trace; empty for none.

    Raises
    ------
    energykit.errors.EnergykitError
        The folders cannot be written.
    """

    def __init__(
        self,
        config: PipelineConfig,
        run_id: str,
        data_root: Path,
        clock: RunClock,
        *,
        resumed_from: str = "",
        trace_id: str = "",
    ) -> None:
        self.run_id = run_id
        self.stages: list[StageResult] = []
        self._config = config
        self._order = {name: place for place, name in enumerate(config.order)}
        self._clock = clock
        self._folder = data_root / "runs" / run_id
        self._header: dict[str, Any] = {
            "config": config_as_json(config),
            "versions": read_versions(),
            "resumed_from": resumed_from,
        }
        self._provenance = Provenance(str(config.file))
        with recordable(self._folder):
            make_private_folder(self._folder.parent)
            self._folder.mkdir(mode=0o700, exist_ok=True)
            self._writer = RunWriter(self._folder)
            self._writer.write(self.result(is_finished=False))
            append_run(data_root, run_id, config.workflow_name)
        self._journal = RunJournal(data_root / "logs", run_id, clock, trace_id=trace_id)
        text = f"Run {run_id} of workflow {config.workflow_name!r}: {len(config.order)} stages, "
        text += f"data root {data_root}"
        text += f", resumes run {resumed_from}" if resumed_from else ""
        self._journal.write(
            "INFO", "run-started", text, workflow=config.workflow_name, resumed_from=resumed_from
        )

    def result(self, *, is_finished: bool) -> RunResult:
        """Return the record as it stands."""
        return RunResult(
            run_id=self.run_id,
            workflow_name=self._config.workflow_name,
            stages=tuple(sorted(self.stages, key=self._place)),
            started=self._clock.started,
            seconds=self._clock.seconds(),
            folder=self._folder,
            config_file=str(self._config.file),
            is_finished=is_finished,
            provenance=self._provenance.read(wait_s=_GIT_WAIT_S if is_finished else 0.0),
            **self._header,
        )

    def _place(self, stage: StageResult) -> int:
        return self._order[stage.id]

    def add(self, stage: StageResult) -> None:
        """Keep what became of a stage."""
        self.stages.append(stage)
        self._write(self.result(is_finished=False))

    def _write(self, result: RunResult) -> None:
        with recordable(self._folder):
            self._writer.write(result)

    def close(self) -> RunResult:
        """Keep the finished record, and return it."""
        result = self.result(is_finished=True)
        self._write(result)
        self._writer.settle()
        done = sum(stage.ok for stage in result.stages)
        text = f"Run {self.run_id}: {done} of {len(result.stages)} stages succeeded "
        text += f"in {result.seconds:.3f} s"
        level, fields = (
            ("INFO" if result.ok else "ERROR"),
            {"seconds": result.seconds, "exit_code": result.exit_code},
        )
        self._journal.write(level, "run-finished", text, **fields)
        self._journal.close()
        return result

    def note(self, event: Event) -> None:
        """Write an event to the log."""
        log_event(self._journal, event)

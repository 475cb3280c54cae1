"""Which bytes a stage read: as its service says, else as they were directly before the call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from energykit.executor.path import local_path, normalize
from energykit.results import FileRecord

if TYPE_CHECKING:
    from concurrent.futures import Future

    from energykit.executor.context import RunContext
    from energykit.executor.task import Task
    from energykit.results import StageMetrics

__all__ = ["InputWatch"]

_SHOWN = 12


class InputWatch:
    """The inputs of a stage from before it is called until its record is made.

    Parameters
    ----------
    task
        The stage.
    context
        The run's.
    """

    def __init__(self, task: Task, context: RunContext) -> None:
        self._task = task
        self._context = context
        self._before = {
            file: context.digests.later(local_path(task.data_root, file)) for file in task.inputs
        }

    def digests(self, metrics: StageMetrics | None, *, may_wait: bool) -> tuple[FileRecord, ...]:
        """Return the digest of each file that was read.

        Parameters
        ----------
        metrics
            What the service counted.
        may_wait
            Whether to wait for a large file that is still being read.
        """
        said = {normalize(one.path): one for one in metrics.inputs} if metrics else {}
        own = [
            said.pop(normalize(file))
            if normalize(file) in said
            else FileRecord(path=file, sha256=self._find(file, later, may_wait=may_wait))
            for file, later in self._before.items()
        ]
        return (*own, *said.values())

    def _find(self, file: str, later: Future[str], *, may_wait: bool) -> str:
        sha256 = later.result() if may_wait or later.done() else ""
        return sha256 or self._context.upstream_digest(file)

    def changes(self, digests: tuple[FileRecord, ...]) -> tuple[str, ...]:
        """Say which inputs are not what the stage before wrote."""
        return tuple(filter(None, map(self._change, digests)))

    def _change(self, read: FileRecord) -> str:
        writer, written = (
            self._context.writer_of(read.path),
            self._context.upstream_digest(read.path),
        )
        if writer is None or not written or not read.sha256 or written == read.sha256:
            return ""
        return (
            f"{read.path!r} was changed after {writer.id!r} wrote it: the stage read"
            f" {read.sha256[:_SHOWN]}, and {written[:_SHOWN]} was written"
        )

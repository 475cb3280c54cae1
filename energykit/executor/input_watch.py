"""Which bytes a stage read: as its service says, else as they were when it was called."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from energykit.executor.path import local_path, normalize, state_of
from energykit.results import FileRecord

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path

    from energykit.executor.context import RunContext
    from energykit.executor.path import FileState
    from energykit.executor.task import Task
    from energykit.results import StageMetrics

__all__ = ["InputWatch"]

_SHOWN = 12


class _Seen(NamedTuple):
    """A file before the call."""

    path: Path | None
    state: FileState | None
    later: Future[str] | None


class InputWatch:
    """The inputs of a stage from before it is called until its record is made.

    Parameters
    ----------
    task
        The stage.
    context
        The run's.
    are_said
        Whether the service says what it read, as each of ours does: then nothing is read here that
        it may read, too, and only what it leaves out is, afterwards.
    """

    def __init__(self, task: Task, context: RunContext, *, are_said: bool = False) -> None:
        self._task = task
        self._context = context
        paths = {file: local_path(task.data_root, file) for file in task.inputs}
        self._before = {
            file: _Seen(path, state_of(path), None if are_said else context.digests.later(path))
            for file, path in paths.items()
        }

    def digests(self, metrics: StageMetrics | None, *, may_wait: bool) -> tuple[FileRecord, ...]:
        """Return the digest of each file that was read.

        Parameters
        ----------
        metrics
            What the service counted.
        may_wait
            Whether to wait until a large file has been read.
        """
        said = {normalize(one.path): one for one in metrics.inputs} if metrics else {}
        own = [
            said.pop(normalize(file))
            if normalize(file) in said
            else FileRecord(path=file, sha256=self._find(file, seen, may_wait=may_wait))
            for file, seen in self._before.items()
        ]
        return (*own, *said.values())

    def _find(self, file: str, seen: _Seen, *, may_wait: bool) -> str:
        later = seen.later
        if later is None and seen.state is not None and state_of(seen.path) == seen.state:
            later = self._context.digests.later(seen.path)
        is_there = later is not None and (may_wait or later.done())
        sha256 = later.result() if later is not None and is_there else ""
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

"""Which inputs of a stage have to be moved to its service before it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from energykit.config.location import is_url
from energykit.executor.event import Moved
from energykit.executor.path import local_path
from energykit.executor.transfer import ArtifactEnd, has_artifact, move, upload

if TYPE_CHECKING:
    from collections.abc import Iterator

    from energykit.executor.connection import Connection
    from energykit.executor.context import RunContext
    from energykit.executor.task import Task
    from energykit.results import Transfer

__all__ = ["move_inputs"]

_LONGEST_S = 1e9


def move_inputs(task: Task, connection: Connection, context: RunContext) -> tuple[Transfer, ...]:
    """Move what the service does not see: outputs in another data root, and our own files.

    Services say by an identity which data root they have; of one that does not say, it is taken
    for the same one, as the original did.

    Raises
    ------
    energykit.errors.ArtifactError
        A file could not be moved.
    """
    description = connection.description
    if description is None or not (description.data_root_id and description.serves_artifacts):
        return ()
    moved = tuple(_move_all(task, connection, context, description.data_root_id))
    for transfer in moved:
        context.emit(Moved(id=task.id, transfer=transfer))
    return moved


def _move_all(
    task: Task, connection: Connection, context: RunContext, root_id: str
) -> Iterator[Transfer]:
    target = ArtifactEnd(connection=connection, name=task.where)
    left_s = min(context.deadline_s - context.clock.seconds(), task.timeout_s, _LONGEST_S)
    for file in (file for file in task.inputs if not is_url(file)):
        writer = context.writer_of(file)
        if writer is None:
            yield from _upload_own(task, file, target, context, left_s)
            continue
        source = context.connect(context.tasks[writer.id])
        origin = source.description
        if origin is not None and origin.data_root_id not in {"", root_id}:
            end = ArtifactEnd(connection=source, name=f"{writer.id} at {writer.address}")
            sha256 = context.upstream_digest(file)
            yield move(end, target, file, sha256=sha256, timeout_s=left_s)


def _upload_own(
    task: Task, file: str, target: ArtifactEnd, context: RunContext, timeout_s: float
) -> Iterator[Transfer]:
    """Move a file that no stage wrote, where this machine has it and the service does not."""
    path = local_path(task.data_root, file)
    if path is not None and path.is_file() and not has_artifact(target, file):
        sha256 = context.digests.later(path).result()
        yield upload(path, target, file, sha256=sha256, timeout_s=timeout_s)

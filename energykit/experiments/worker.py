"""A point of a sweep on a worker: in the data root, or in a folder of the worker's own."""

from __future__ import annotations

import shutil
import socket
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from energykit.artifacts.checksum import digest
from energykit.errors import ArtifactError, EnergykitError
from energykit.executor.connection import Connection, find_credentials
from energykit.executor.path import local_path, normalize
from energykit.executor.transfer import ArtifactEnd, has_artifact, upload
from energykit.experiments.files_at import FolderNotSharedError
from energykit.experiments.point import new_id, outcome, run_point
from energykit.experiments.worker_folder import worker_folder
from energykit.results import load_run, save_run
from energykit.serving.description import data_root_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from energykit.experiments.files_at import FilesAt
    from energykit.experiments.point import Point
    from energykit.experiments.spread import Row
    from energykit.results import RunResult, StageResult, Transfer

__all__ = ["run_on_worker"]

_DEADLINE_S = 600.0
"""Of each file that is moved [s]."""
_READY_S = 10.0


def run_on_worker(point: Point) -> Row:
    """Run a point and return its row, wherever its files are.

    Raises
    ------
    FolderNotSharedError
        This worker does not see the data root, and the point does not say where its files are.
    """
    if _sees(point):
        return run_point(point)
    if point.files is None:
        hint = "pass files='HOST:PORT' of a service that has it"
        what = f"a worker on {socket.gethostname()} does not see the data root"
        raise FolderNotSharedError(what, where=point.data_root, hint=hint)
    try:
        with closing(_connect(point.files)) as connection:
            return _run_apart(point, ArtifactEnd(connection=connection, name=point.files.address))
    except EnergykitError as exc:
        return dict(point.settings) | outcome(point, ok=False, exit_code=3, error=str(exc))


def _sees(point: Point) -> bool:
    folder = Path(point.data_root)
    return not point.root_id or (folder.is_dir() and data_root_id(folder) == point.root_id)


def _connect(files: FilesAt) -> Connection:
    """Return a connection to the service that has the files.

    Raises
    ------
    FolderNotSharedError
        It listens on the loopback of another machine.
    """
    here = socket.gethostname()
    if files.machine not in {"", here}:
        what = f"a worker on {here} does not see the data root, which is on {files.machine}"
        hint = (
            "start `python -m energykit.experiments.file_service` there, with certificates, and"
            " pass files='HOST:PORT'"
        )
        raise FolderNotSharedError(what, where="sweep", hint=hint)
    addresses = (files.address,)
    return Connection(addresses, files.credentials or find_credentials(addresses))


def _run_apart(point: Point, client: ArtifactEnd) -> Row:
    """Run a point in a folder of this worker, and bring back what came of it."""
    _check_root(point, client)
    own = worker_folder(point.root_id)
    brought = own.fetch(client, point.inputs)
    run_id = new_id(point, lambda name: has_artifact(client, f"/data/runs/{name}/run.json"))
    local = replace(point, data_root=str(own.path), run_id=run_id, root_id="", files=None)
    row = run_point(local)
    try:
        moved = [*brought, *_bring_back(point, local, client, brought)]
    finally:
        _remove(local)
    figures = {
        "moved_bytes": sum(one.bytes for one in moved),
        "moved_s": sum(one.seconds for one in moved),
    }
    return row | {"folder": str(Path(point.data_root, "runs", run_id))} | figures


def _check_root(point: Point, client: ArtifactEnd) -> None:
    """Refuse a service that has another folder, or that does not serve files."""
    client.connection.wait_until_serving(_READY_S, lambda *_: None)
    description = client.connection.description
    if description is None or not description.serves_artifacts:
        hint = "start it with --artifacts, or on an encrypted port with a token"
        raise ArtifactError("does not give files over the wire", where=client.name, hint=hint)
    if description.data_root_id != point.root_id:
        what = f"has another data root than {point.data_root!r} of the sweep"
        hint = "start it with --data-root of that folder"
        raise ArtifactError(what, where=client.name, hint=hint)


def _bring_back(
    point: Point, local: Point, client: ArtifactEnd, brought: list[Transfer]
) -> Iterator[Transfer]:
    """Send outputs, then the record, which says that they are there."""
    record = Path(local.data_root, "runs", local.run_id)
    if not (record / "run.json").is_file():
        return  # it did not begin: the row says why
    outputs = [_send(file, local, client) for file in _files_in(local.outputs)]
    yield from outputs
    result = _as_seen_by_client(load_run(record), point, [*brought, *outputs])
    save_run(result, record)
    files = sorted(_files_in(record), key=lambda file: file.name == "run.json")
    for file in files:
        yield _send(file, local, client)


def _send(file: Path, local: Point, client: ArtifactEnd) -> Transfer:
    wire = f"/data/{file.relative_to(local.data_root).as_posix()}"
    return upload(file, client, wire, sha256=digest(file), timeout_s=_DEADLINE_S)


def _files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _remove(local: Point) -> None:
    for folder in (local.outputs, Path(local.data_root, "runs", local.run_id)):
        shutil.rmtree(folder, ignore_errors=True)


def _as_seen_by_client(result: RunResult, point: Point, transfers: Iterable[Transfer]) -> RunResult:
    """Return a record whose outputs are where the client has them, with what was moved."""
    by_path: dict[str, Transfer] = {normalize(one.path): one for one in transfers}

    def relocate_output(stage: StageResult) -> StageResult:
        files = [*(one.path for one in stage.inputs), stage.output_file]
        files += [one.path for one in stage.outputs]
        moved = {name: by_path.pop(name) for name in map(normalize, files) if name in by_path}
        return replace(
            stage,
            output_path=local_path(Path(point.data_root), stage.output_file),
            transfers=(*stage.transfers, *moved.values()),
        )

    return replace(result, stages=tuple(map(relocate_output, result.stages)))

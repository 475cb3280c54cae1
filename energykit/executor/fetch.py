"""An output that this machine does not see, fetched from the service that wrote it."""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from energykit.errors import ArtifactError
from energykit.executor.connection import Connection, find_credentials
from energykit.executor.transfer import ArtifactEnd, download
from energykit.temporary_folder import process_folder

if TYPE_CHECKING:
    from energykit.results import StageResult

__all__ = ["fetch_output"]

_DEADLINE_S = 600.0


def fetch_output(stage: StageResult) -> Path:
    """Return a copy of a stage's output on this machine; it is kept until this process ends.

    Parameters
    ----------
    stage
        A stage that succeeded.

    Raises
    ------
    energykit.errors.ArtifactError
        The service cannot be reached, does not serve files, or has another file there now.
    """
    key = (
        stage.output_sha256
        or hashlib.sha256(f"{stage.address}{stage.output_file}".encode()).hexdigest()
    )
    name = PurePosixPath(stage.output_file).name
    target = process_folder("fetched") / f"{key[:16]}-{name}"
    if target.exists() and stage.output_sha256:
        return target
    addresses = tuple(address.strip() for address in stage.address.split(","))
    connection = Connection(addresses, find_credentials(addresses))
    part = target.with_name(f".{target.name}")
    part.unlink(missing_ok=True)
    try:
        end = ArtifactEnd(connection=connection, name=f"{stage.id} at {stage.address}")
        sha256 = download(end, stage.output_file, part, timeout_s=_DEADLINE_S)
    finally:
        connection.close()
    if stage.output_sha256 and sha256 != stage.output_sha256:
        part.unlink()
        raise ArtifactError(
            f"{stage.output_file!r} is another file now: its digest is {sha256[:12]}, and the stage"
            f" wrote {stage.output_sha256[:12]}",
            where=end.name,
            hint="run the stage again",
        )
    return part.replace(target)

"""Folders in which a worker runs points of a data root that it does not see."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from energykit.config.location import inside_root
from energykit.errors import ArtifactError
from energykit.executor.transfer import download
from energykit.results import Transfer
from energykit.temporary_folder import TemporaryFolder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from energykit.executor.transfer import ArtifactEnd

__all__ = ["WorkerFolder", "worker_folder"]

_DEADLINE_S = 600.0
_KEPT = threading.local()


def worker_folder(root_id: str) -> WorkerFolder:
    """Return the folder of this thread for points of a data root; it goes with the process.

    Parameters
    ----------
    root_id
        Identity of the data root that the worker does not see.
    """
    folders: dict[str, WorkerFolder] = _KEPT.__dict__.setdefault("folders", {})
    if root_id not in folders:
        folders[root_id] = WorkerFolder()
    return folders[root_id]


class WorkerFolder:
    """A data root of a worker's own, below the system's temporary folder."""

    def __init__(self) -> None:
        self._folder = TemporaryFolder("worker")
        self.path = self._folder.path
        """The folder."""
        self._inputs: dict[str, str] = {}

    def fetch(self, client: ArtifactEnd, wanted: Mapping[str, str]) -> list[Transfer]:
        """Get what the next point reads, and remove what the one before read alone.

        Parameters
        ----------
        client
            The service that has the files.
        wanted
            Digest by file.

        Raises
        ------
        energykit.errors.ArtifactError
            A file does not come, or it is another one now.
        """
        for name in [name for name in self._inputs if wanted.get(name) != self._inputs[name]]:
            (self.path / inside_root(name)).unlink(missing_ok=True)
            del self._inputs[name]
        return [self._get(client, *one) for one in wanted.items() if one[0] not in self._inputs]

    def _get(self, client: ArtifactEnd, name: str, sha256: str) -> Transfer:
        target, begun_s = self.path / inside_root(name), time.monotonic()
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        part.unlink(missing_ok=True)
        came = download(client, name, part, timeout_s=_DEADLINE_S)
        if came != sha256:
            part.unlink()
            what = f"is another file now: its digest is {came[:12]}, and was {sha256[:12]}"
            hint = "run the sweep again; leave its inputs as they are meanwhile"
            raise ArtifactError(what, where=name, hint=hint)
        part.replace(target)
        self._inputs[name] = sha256
        return Transfer(
            path=name,
            source=client.name,
            target="worker",
            bytes=target.stat().st_size,
            seconds=time.monotonic() - begun_s,
            sha256=sha256,
        )

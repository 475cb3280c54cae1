"""Folders in which a worker runs points of a data root that it does not see."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from energykit.artifacts.temporary import lock
from energykit.config.location import inside_root
from energykit.errors import ArtifactError
from energykit.executor.transfer import download
from energykit.results import Transfer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from energykit.executor.transfer import ArtifactEnd

__all__ = ["WorkerFolder", "worker_folder"]

_PREFIX = "energykit-worker-"
_HELD = ".held"
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
        _remove_abandoned()
        folders[root_id] = WorkerFolder()
    return folders[root_id]


class WorkerFolder:
    """A data root of a worker's own, below the system's temporary folder."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        """The folder."""
        self._hold = _hold(self.path)
        atexit.register(shutil.rmtree, self.path, ignore_errors=True)
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


def _hold(folder: Path) -> BinaryIO:
    """Mark a folder as used by this process; the mark is there only when it is locked."""
    beside = folder / f"{_HELD}.new"
    mark = beside.open("wb")
    if os.name == "posix":
        lock(mark.fileno())
        beside.replace(folder / _HELD)
    return mark


def _remove_abandoned() -> None:
    """Remove folders of workers that were killed: nobody holds them."""
    for folder in _others():
        with suppress(OSError), (folder / _HELD).open("rb") as hold:
            if os.name == "posix" and lock(hold.fileno()):
                shutil.rmtree(folder, ignore_errors=True)


def _others() -> Iterator[Path]:
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if os.name == "posix" and folder.stat().st_uid == os.getuid():
                yield folder

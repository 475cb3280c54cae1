"""The record of a run as a file, ``run.json``."""

from __future__ import annotations

import os
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.errors import ArtifactError
from energykit.private_folder import check_owner, make_folder
from energykit.results.json_record import (
    FORMAT_VERSION,
    compose,
    encode_lines,
    run_from_json,
    run_to_json,
)

if TYPE_CHECKING:
    from io import FileIO

    from energykit.results.run import RunResult

__all__ = [
    "FORMAT_VERSION",
    "RunWriter",
    "load_run",
    "run_from_json",
    "run_to_json",
    "runs_folder",
    "save_run",
]

_SYNC_PAUSE_S = 0.05
_MOST_HELD = 64
"""More files than these are not held open."""
_LARGEST_BYTES = 64 << 20
"""A larger file is not read as a record [byte]."""


def save_run(run: RunResult, folder: Path) -> Path:
    """Write ``run.json`` into a folder: whole or not at all.

    Parameters
    ----------
    run
        The record.
    folder
        Made if it is missing.

    Returns
    -------
    pathlib.Path
        The file.
    """
    make_folder(folder)
    writer = RunWriter(folder)
    path = writer.write(run)
    writer.settle()
    return path


class RunWriter:
    """Writes ``run.json`` again as a run goes on; only what is new is worked out.

    Each record takes the place of the one before in one step, so that it stands whenever the
    process is killed. That it also stands when the power fails, the disk sees to meanwhile, in a
    thread: `settle` waits for it.

    Parameters
    ----------
    folder
        An existing folder.
    """

    def __init__(self, folder: Path) -> None:
        self._target = folder / "run.json"
        self._beside = folder / f".run.json.{os.getpid()}"
        self._seen: dict[int, tuple[object, str]] = {}
        self._held: deque[FileIO] = deque()
        self._is_written, self._is_ending = threading.Event(), threading.Event()
        self._syncing: threading.Thread | None = None

    def write(self, run: RunResult) -> Path:
        """Replace the file by a record, whole or not at all, and return its path."""
        try:
            self._replace(compose(run, self._text).encode())
        except OSError:
            with suppress(OSError):
                self._beside.unlink(missing_ok=True)
            raise
        self._is_written.set()
        if self._syncing is None:
            self._syncing = threading.Thread(
                target=self._sync, name="energykit-record", daemon=True
            )
            self._syncing.start()
        return self._target

    def _replace(self, data: bytes) -> None:
        """Put the file in its place, and hold it open while a thread brings it to the disk.

        A file that nobody holds open is removed as it is replaced, which waits for what is on its
        way to the disk: some milliseconds. So the last ones are held, and let go in the thread.
        """
        file = self._beside.open("wb", buffering=0)
        self._held.append(file)
        left = memoryview(data)
        while left:
            left = left[file.write(left) :]
        if os.name != "posix":  # an open file keeps its name there
            file.close()
        if len(self._held) > _MOST_HELD:
            self._held.popleft().close()
        self._beside.replace(self._target)

    def _let_go(self, kept: int) -> None:
        while len(self._held) > kept:
            self._held.popleft().close()

    def settle(self) -> None:
        """Return when the last record stands also if the power fails."""
        if self._syncing is not None:
            self._is_ending.set()
            self._is_written.set()
            self._syncing.join()
            self._syncing = None
            self._is_ending.clear()
        self._let_go(0)
        _sync(self._target)

    def _sync(self) -> None:
        """Bring records to the disk, but not each of them where stages take a millisecond."""
        while not self._is_ending.wait(_SYNC_PAUSE_S) and self._is_written.wait():
            self._is_written.clear()
            _sync(self._target)
            self._let_go(1)

    def _text(self, record: Any) -> str:
        if id(record) not in self._seen:
            self._seen[id(record)] = (
                record,
                encode_lines(record),
            )  # the record is kept: its id stays its own
        return self._seen[id(record)][1]


def _sync(path: Path) -> None:
    """Bring a file and its name to the disk; a system that cannot does it in its own time."""
    for one in (path, path.parent) if os.name == "posix" else (path,):
        with suppress(OSError):  # a folder that was removed meanwhile; a disk without the operation
            handle = os.open(one, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def runs_folder(data_root: Path) -> Path:
    """Return the folder of a data root's records, to read them; it may be missing.

    Raises
    ------
    energykit.errors.UsageError
        Another user has made it: its records say what that user wants.
    """
    folder = data_root / "runs"
    with suppress(OSError):  # it is missing
        check_owner(folder)
    return folder


def load_run(path: Path | str) -> RunResult:
    """Read the record of a run.

    Parameters
    ----------
    path
        ``run.json``, or the folder that holds it.

    Raises
    ------
    energykit.errors.ArtifactError
        There is no such file, it is not a record of a run, or a newer energykit wrote it in another
        format.
    """
    file = Path(path)
    file = file / "run.json" if file.is_dir() else file
    try:
        return run_from_json(_read_text(file), folder=file.parent)
    except OSError as exc:
        raise ArtifactError(
            f"cannot read the record: {exc.strerror}", where=str(file), code="NOT_FOUND"
        ) from exc
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as exc:
        hint = "a run leaves its record in <data root>/runs/<run id>/run.json"
        raise ArtifactError(
            f"this is not a record of a run: {exc}", where=str(file), hint=hint
        ) from exc


def _read_text(file: Path) -> str:
    if (size := file.stat().st_size) > _LARGEST_BYTES:
        raise ValueError(f"it has {size:,} bytes, and records have at most {_LARGEST_BYTES:,}")
    return file.read_text(encoding="utf-8")

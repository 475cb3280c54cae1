"""One run at a time for each output: locks that the system takes back when their holder ends.

A lock is a file in ``runs/.locks`` of the data root, named after the output and locked by the
system (``flock``; on Windows a locked byte). What it says is for people: who holds it. It is
removed with the lock. ``ENERGYKIT_LOCKS`` names another folder for the locks, for data roots on
file systems that have none; without it a run there goes on unlocked, and says so.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import socket
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit import live
from energykit.errors import RunLockedError
from energykit.executor.path import local_path
from energykit.private_folder import check_owner, make_folder, open_private

if TYPE_CHECKING:
    from collections.abc import Iterable

    from energykit.config import PipelineConfig

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["OutputLocks", "hold_outputs"]

_LOCKS = "ENERGYKIT_LOCKS"
_HAS_NONE = {
    getattr(errno, name) for name in ("ENOLCK", "ENOSYS", "EOPNOTSUPP", "ENOTSUP", "EINVAL")
}
"""How file systems say that they have no locks (NFS without its lock service, some of Lustre)."""
_logger = logging.getLogger(__name__)
_RELEASE_S = 1.0
"""How long the lock of a process that is gone is waited for [s]."""
_PAUSE_S = 0.01
_LARGEST_BYTES = 100_000
_PATIENCE = 100
"""How often a folder is made again that other runs remove as they end."""
_BEYOND = 1 << 30
"""Where the locked byte lies on Windows: past what the file says, so that others can read that."""


class OutputLocks:
    """Locks of the outputs of one run.

    Parameters
    ----------
    data_root
        Two runs exclude each other only on the same one.
    outputs
        As the configuration says.
    run_id
        The run that wants them.
    """

    def __init__(self, data_root: Path, outputs: Iterable[str], run_id: str) -> None:
        self._data_root = data_root
        self._run_id = run_id
        self._is_elsewhere = bool(os.environ.get(_LOCKS))
        self._folder = (
            Path(os.environ[_LOCKS]) if self._is_elsewhere else data_root / "runs" / ".locks"
        )
        self._outputs = {self._name(output): output for output in outputs}
        self._held: dict[Path, int] = {}
        self._made: list[Path] = []
        """Folders that were missing, the deepest first."""
        live.release_in_forks(self, OutputLocks.let_go)

    def acquire(self) -> None:
        """Take all of them, or none; those that are held already stay so.

        Raises
        ------
        energykit.errors.RunLockedError
            Another run holds one of them.
        energykit.errors.UsageError
            The folder is another user's.
        OSError
            The folder cannot be written.
        """
        self._made += [path for path in self._folder.parents if not path.exists()]
        if not self._is_elsewhere:
            with suppress(FileNotFoundError):  # it will be made
                check_owner(self._folder.parent)
        try:
            for name, output in sorted(self._outputs.items()):
                path = self._folder / name
                if path not in self._held:
                    self._held[path] = self._take(path, output)
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Give back those that are held."""
        while self._held:
            _give_back(*self._held.popitem())
        with suppress(OSError):  # another run has a lock in it
            self._folder.rmdir()
            for folder in self._made:  # nothing stays of a run that did not begin
                folder.rmdir()
        self._made = []

    def let_go(self) -> None:
        """Close the files in a fork of the process that holds the locks: the fork holds none."""
        for handle in self._held.values():
            os.close(handle)
        self._held.clear()

    def _name(self, output: str) -> str:
        path = local_path(self._data_root, output)
        root = self._data_root.resolve()
        key = os.path.normcase(_inside(path.resolve(), root)) if path else output
        if self._is_elsewhere:  # a folder for all data roots
            key = f"{root}\n{key}"
        return f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.lock"

    def _take(self, path: Path, output: str) -> int:
        until_s = time.monotonic() + _RELEASE_S
        while True:
            handle = _open_lock_file(path)
            try:
                is_taken = _lock(handle)
                if is_taken and _is_still(path, handle):
                    self._write_holder(handle, output)
                    return handle
            except OSError:
                _give_back(path, handle)  # nothing stays that says nothing
                raise
            os.close(handle)
            # A lock that was taken on a file that its last holder removed meanwhile is tried again,
            # and so is one whose holder has just been killed: a process that it was starting may
            # keep the file open for a moment.
            if not is_taken and (_is_alive(_read_holder(path)) or time.monotonic() > until_s):
                raise self._make_refusal(path, output)
            time.sleep(_PAUSE_S)

    def _write_holder(self, handle: int, output: str) -> None:
        holder = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "run_id": self._run_id,
            "output": output,
            "since": datetime.now(UTC).isoformat(),
        }
        os.ftruncate(handle, 0)
        os.write(handle, json.dumps(holder).encode())

    def _make_refusal(self, path: Path, output: str) -> RunLockedError:
        held = _read_holder(path)
        run_id, pid = str(held.get("run_id", "")), int(held.get("pid", 0))
        who = f"run {run_id} (process {pid}, since {held.get('since')})" if held else "another run"
        hint = (
            "wait until it has ended, or end it: it gives its outputs back with its process, or in"
            " a notebook with .close() of its steps; a run with other output files or another data"
            " root can go on beside it"
        )
        return RunLockedError(
            f"{output!r} is being written by {who}",
            where=str(self._data_root),
            hint=hint,
            run_id=run_id,
            pid=pid,
        )


def hold_outputs(config: PipelineConfig, data_root: Path, run_id: str) -> OutputLocks:
    """Take the outputs of a run before anything is started for it.

    Parameters
    ----------
    config
        What is to be run.
    data_root
        What ``/data`` stands for.
    run_id
        The run's id.

    Raises
    ------
    energykit.errors.RunLockedError
        Another run holds one of them.
    OSError
        The folder of the locks cannot be written.
    """
    outputs = [config.containers[name].output_file for name in config.order]
    locks = OutputLocks(data_root, outputs, run_id)
    locks.acquire()
    return locks


def _inside(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)


def _open_lock_file(path: Path) -> int:
    for _ in range(_PATIENCE):
        make_folder(path.parent)
        with suppress(FileNotFoundError):  # another run has just removed the empty folder
            return open_private(path, os.O_RDWR | os.O_CREAT)
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))


def _is_still(path: Path, handle: int) -> bool:
    """Return whether a path still names the file that was opened."""
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def _read_holder(path: Path) -> dict[str, Any]:
    try:
        with os.fdopen(open_private(path, os.O_RDONLY), "rb") as file:
            holder: dict[str, Any] = json.loads(file.read(_LARGEST_BYTES) or b"")
    except (OSError, ValueError, RecursionError):  # its holder has not said who it is
        return {}
    return holder if isinstance(holder, dict) and isinstance(holder.get("pid"), int) else {}


def _is_alive(holder: dict[str, Any]) -> bool:
    """Return whether the holder of a lock may be running; one on another host is said to be."""
    pid = holder.get("pid")
    if not isinstance(pid, int) or holder.get("host") != socket.gethostname():
        return True
    if sys.platform == "win32":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _lock(handle: int) -> bool:
    """Lock an open file; False: another holds it."""
    if sys.platform == "win32":
        os.lseek(handle, _BEYOND, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        finally:
            os.lseek(handle, 0, os.SEEK_SET)
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as exc:
        if exc.errno not in _HAS_NONE:
            raise
        _logger.warning(
            "the file system of the data root has no locks (%s): nothing keeps two runs with the"
            " same outputs apart; name a folder on a local disk in %s",
            exc.strerror,
            _LOCKS,
        )
    return True


def _give_back(path: Path, handle: int) -> None:
    if sys.platform == "win32":
        os.close(handle)  # first: Windows removes no file that is open
        with suppress(OSError):  # another run has it open
            path.unlink()
    else:
        with suppress(OSError):  # somebody removed the folder
            path.unlink()
        os.close(handle)

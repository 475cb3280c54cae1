"""One run at a time for each output: locks that the system takes back when their holder ends, however it ends.

A lock is a file in ``runs/.locks`` of the data root, named after the output and locked by the
system (``flock``; on Windows a locked byte). What it says is for people: who holds it. It is
removed with the lock.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import sys
import weakref
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from energykit.errors import RunLockedError
from energykit.executor.path import local_path

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["OutputLocks"]

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
        self._folder = data_root / "runs" / ".locks"
        self._outputs = {self._name(output): output for output in outputs}
        self._held: dict[Path, int] = {}
        _ALL.add(self)

    def acquire(self) -> None:
        """Take all of them, or none.

        Raises
        ------
        energykit.errors.RunLockedError
            Another run holds one of them.
        OSError
            The folder cannot be written, or its file system has no locks.
        """
        try:
            for name in sorted(self._outputs):
                self._held[self._folder / name] = self._take(
                    self._folder / name, self._outputs[name]
                )
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Give back those that are held."""
        while self._held:
            _give_back(*self._held.popitem())
        with suppress(OSError):  # another run has a lock in it
            self._folder.rmdir()

    def let_go(self) -> None:
        """Close the files in a fork of the process that holds the locks: they are not the fork's."""
        for handle in self._held.values():
            os.close(handle)
        self._held.clear()

    def _name(self, output: str) -> str:
        path = local_path(self._data_root, output)
        known = (
            os.path.normcase(_inside(path.resolve(), self._data_root.resolve())) if path else output
        )
        return f"{hashlib.sha256(known.encode()).hexdigest()[:32]}.lock"

    def _take(self, path: Path, output: str) -> int:
        while True:
            handle = _open_lock_file(path)
            try:
                is_taken = _lock(handle)
                if is_taken and _is_still(path, handle):
                    self._write_holder(handle, output)
                    return handle
            except BaseException:
                os.close(handle)
                raise
            os.close(handle)
            if (
                not is_taken
            ):  # else its holder removed the file between our opening and our locking it
                raise self._make_refusal(path, output)

    def _write_holder(self, handle: int, output: str) -> None:
        told = {
            "pid": os.getpid(),
            "run_id": self._run_id,
            "output": output,
            "since": datetime.now(UTC).isoformat(),
        }
        os.ftruncate(handle, 0)
        os.write(handle, json.dumps(told).encode())

    def _make_refusal(self, path: Path, output: str) -> RunLockedError:
        held = _read_holder(path)
        run_id, pid = str(held.get("run_id", "")), int(held.get("pid", 0))
        who = f"run {run_id} (process {pid}, since {held.get('since')})" if held else "another run"
        hint = (
            "wait until it has ended, or end it: it gives its outputs back with its process, or in a notebook with"
            " .close() of its steps; a run with other output files or another data root can go on beside it"
        )
        return RunLockedError(
            f"{output!r} is being written by {who}",
            where=str(self._data_root),
            hint=hint,
            run_id=run_id,
            pid=pid,
        )


def _inside(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)


def _open_lock_file(path: Path) -> int:
    for _ in range(_PATIENCE):
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):  # another run has just removed the empty folder
            return os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))


def _is_still(path: Path, handle: int) -> bool:
    """Whether a path still names the file that was opened."""
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def _read_holder(path: Path) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # just taken: its holder has not said who it is
        return {}
    return told


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


_ALL: weakref.WeakSet[OutputLocks] = weakref.WeakSet()
"""Those of this process; a fork of it must not keep their files open."""


def _let_go() -> None:
    for locks in _ALL:
        locks.let_go()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)

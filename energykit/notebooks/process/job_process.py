"""Running a job: by the fork server where there is one, else by a program of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import TimeoutError as WaitedTooLong
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from energykit.module_command import module_command
from energykit.notebooks.process.fork_server_client import shared_fork_server

if TYPE_CHECKING:
    from threading import Event

__all__ = ["run_job", "socket_folder"]

_END_S = 10.0
_LOOK_S = 0.2
"""How soon it is seen that the run was interrupted [s]."""
_LONGEST_TEMPORARY = 60


def run_job(
    folder: Path, environment: dict[str, str], *, limit_s: float, is_fresh: bool, stop: Event
) -> bool:
    """Run the job of a folder; return whether it ended in time.

    Parameters
    ----------
    folder
        With ``job.json``; ``worker.log`` is what the process writes.
    environment
        Of the process, whole.
    limit_s
        What it may take [s].
    is_fresh
        Start a program, also where the fork server could do it.
    stop
        Set where the run is interrupted: what is ended then does not run again.
    """
    if stop.is_set():
        return True
    server = None if is_fresh else shared_fork_server()
    if server is not None:
        name = str(folder)
        done = server.start(name, folder / "job.json", environment, folder / "worker.log")
        try:
            if done.result(limit_s) is not None:
                return True
        except WaitedTooLong:
            server.kill(name)
            done.result(_END_S)
            return False
    return stop.is_set() or _run_as_program(folder, environment, limit_s, stop)


def _run_as_program(folder: Path, environment: dict[str, str], limit_s: float, stop: Event) -> bool:
    command = module_command("energykit.notebooks", str(folder / "job.json"))
    with (folder / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,
        )
        try:
            return _has_ended(process, limit_s, stop)
        finally:
            if process.stdin:
                process.stdin.close()
            _end(process)


def _has_ended(process: subprocess.Popen[bytes], limit_s: float, stop: Event) -> bool:
    """Wait for a process; return whether it ended in time, or is not waited for any more."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        with suppress(subprocess.TimeoutExpired):
            process.wait(min(_LOOK_S, max(0.0, end - time.monotonic())))
            return True
        if stop.is_set():
            return True
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def socket_folder(mark: str) -> Path:
    """Return the folder of a run's sockets, of a short path: a socket's has some hundred bytes."""
    temporary = tempfile.gettempdir()
    short = (
        temporary
        if len(os.fsencode(temporary)) <= _LONGEST_TEMPORARY or sys.platform == "win32"
        else "/tmp"  # noqa: S108 (short)
    )
    return Path(short, f"ek-{mark}")

"""Processes that a notebook started: found by a mark in their environment, and ended."""

from __future__ import annotations

import os
import secrets
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from energykit.notebooks.process.process_tree import descendants

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    import psutil

__all__ = [
    "MARK",
    "SOCKETS",
    "end",
    "end_all",
    "end_settled",
    "kernel_environment",
    "listening",
    "marked",
    "memory_mb",
    "new_mark",
]

MARK = "ENERGYKIT_NOTEBOOK_RUN"
"""Environment variable that every process of a run inherits, also one that left its session."""
SOCKETS = "ENERGYKIT_NOTEBOOK_SOCKETS"
"""Environment variable that names the folder of a run's sockets."""
_FORK_SERVER = "energykit.notebooks.process.fork_server"
_WORDS = 4
"""How many words of a command are shown."""
_TERM_S = 2.0
_SETTLE_S = 1.0
"""What a process may take to end when its notebook has: one that watches a pipe, say [s]."""


def kernel_environment(folder: Path, mark: str, sockets: Path) -> dict[str, str]:
    """Return the variables by which what a run starts is known, and writes into its folder.

    Parameters
    ----------
    folder
        The run's folder.
    mark
        Of the run.
    sockets
        Folder for the kernel's sockets.
    """
    temporary = str(folder / "tmp")
    return {
        MARK: mark,
        SOCKETS: str(sockets),
        "TMPDIR": temporary,
        "JUPYTER_RUNTIME_DIR": temporary,
        "IPYTHONDIR": temporary,
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }


def new_mark() -> str:
    """Return a mark that no other run has."""
    return secrets.token_hex(8)


def marked(mark: str) -> list[psutil.Process]:
    """Return the running processes that carry a mark, but not this one.

    Where the system does not show the environment of a process (macOS for some, Windows for none of
    one's own), those that cannot be looked at are passed over.
    """
    import psutil  # optional

    found = []
    for process in _candidates(mark):
        try:
            is_ours = process.pid != os.getpid() and process.environ().get(MARK) == mark
            if is_ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def _candidates(mark: str) -> Iterator[psutil.Process]:
    """Yield the processes whose environment may hold a mark: on Linux one read for each."""
    import psutil  # optional

    if sys.platform != "linux":
        yield from psutil.process_iter()
        return
    text = f"{MARK}={mark}".encode()
    for pid in psutil.pids():
        with suppress(OSError, psutil.Error):
            if text in Path("/proc", str(pid), "environ").read_bytes():
                yield psutil.Process(pid)


def end(mark: str) -> list[str]:
    """End every process that carries a mark, and return what they were."""
    return _end(lambda: marked(mark))


def end_settled(mark: str) -> list[str]:
    """End what carries a mark or descends from this process, but wait a moment; return what."""
    end = time.monotonic() + _SETTLE_S
    while _of(mark) and time.monotonic() < end:
        time.sleep(0.05)
    return end_all(mark)


def end_all(mark: str, *, but: Collection[psutil.Process] = ()) -> list[str]:
    """End at once what carries a mark or descends from this process, except some; return what."""
    return _end(lambda: [one for one in _of(mark) if one not in but])


def _of(mark: str) -> list[psutil.Process]:
    import psutil  # optional

    own = [one for one in psutil.Process().children(recursive=True) if _is_running(one)]
    return list({one.pid: one for one in (*own, *marked(mark))}.values())


def _is_running(process: psutil.Process) -> bool:
    import psutil  # optional

    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _end(found: Callable[[], list[psutil.Process]]) -> list[str]:
    import psutil  # optional

    ended = []
    for process in (first := found()):
        try:
            ports = f" (listens on {', '.join(ports)})" if (ports := listening(process.pid)) else ""
            ended.append(f"{process.pid} {_command(process)}{ports}")
            process.terminate()
        except psutil.Error:
            continue
    psutil.wait_procs(first, timeout=_TERM_S if first else 0)
    for process in (last := found()):
        try:
            process.kill()
        except psutil.Error:
            continue
    psutil.wait_procs(last, timeout=_TERM_S)
    return ended


def _command(process: psutil.Process) -> str:
    """Return what a process was started with; a fork of the kernel has the fork server's words."""
    words = process.cmdline()
    if _FORK_SERVER in words:
        return "a fork of the kernel's process"
    return " ".join(words[:_WORDS]) or str(process.name())


def listening(pid: int) -> list[str]:
    """Return the addresses that a process listens on, as ``HOST:PORT``; none where hidden."""
    import psutil  # optional

    try:
        found = psutil.Process(pid).net_connections("tcp")
    except (psutil.Error, OSError):
        return []
    return sorted(
        {f"{one.laddr.ip}:{one.laddr.port}" for one in found if one.status == psutil.CONN_LISTEN}
    )


def memory_mb() -> float:
    """Return the resident memory of this process' descendants [MB]; shared parts count for each."""
    import psutil  # optional

    total = 0
    for pid in descendants(os.getpid()):
        with suppress(psutil.Error):
            total += psutil.Process(pid).memory_info().rss
    return total / 1e6

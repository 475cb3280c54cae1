"""Who ends with whom, and who inherits whose children, as Linux has it; nothing elsewhere."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

__all__ = ["adopt_orphans", "children_in_group", "descendants", "end_with_parent", "threads"]

_PDEATHSIG = 1
_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends, also outside its session."""
    _prctl(_CHILD_SUBREAPER, 1)


def end_with_parent(parent: int) -> None:
    """Be killed when the parent ends, however it ends.

    Parameters
    ----------
    parent
        Its id: where it is gone already, this process ends at once.
    """
    _prctl(_PDEATHSIG, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
    if sys.platform == "linux" and os.getppid() != parent:
        os._exit(1)


def threads() -> int:
    """Return how many threads this process has, also those of libraries; 0 where hidden."""
    try:
        return len(list(Path("/proc/self/task").iterdir()))
    except OSError:
        return 0


def descendants(pid: int) -> list[int]:
    """Return the ids of a process' children, their children and so on.

    On Linux each process names its children; elsewhere every process of the system is looked at.
    One that starts or ends meanwhile may be missing: good enough to measure, not to end them.
    """
    if not Path("/proc/self/task", str(os.getpid()), "children").exists():
        import psutil  # optional

        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    found: list[int] = []
    waiting = [pid]
    while waiting:
        children = _children(waiting.pop())
        found += children
        waiting += children
    return found


def children_in_group(leader: int) -> list[int]:
    """Return the ids of a process' descendants that are in the process group that it leads."""
    if sys.platform == "win32":
        return []
    found = []
    for pid in descendants(leader):
        with suppress(OSError):
            found += [pid] if os.getpgid(pid) == leader else []
    return found


def _children(pid: int) -> list[int]:
    children: list[int] = []
    with suppress(OSError):
        for task in Path("/proc", str(pid), "task").iterdir():
            children += map(int, (task / "children").read_text(encoding="ascii").split())
    return children


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)

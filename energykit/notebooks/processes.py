"""Processes that a notebook started: found by a mark in their environment, and ended."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

__all__ = ["MARK", "end", "marked", "new_mark"]

MARK = "ENERGYKIT_NOTEBOOK_RUN"
"""Environment variable that every process of a run inherits, also one that left its session."""
_TERM_S = 2.0


def new_mark() -> str:
    """Return a mark that no other run has."""
    return secrets.token_hex(8)


def marked(mark: str) -> list[psutil.Process]:
    """Return the running processes that carry a mark, but not this one.

    Where the system does not show the environment of a process (macOS for some, Windows for none of one's own), those
    that cannot be looked at are passed over.
    """
    import psutil  # noqa: PLC0415  # optional

    found = []
    for process in psutil.process_iter():
        try:
            is_ours = process.pid != os.getpid() and process.environ().get(MARK) == mark
            if is_ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def end(mark: str) -> list[str]:
    """End every process that carries a mark, and return what they were."""
    import psutil  # noqa: PLC0415  # optional

    ended = []
    for process in marked(mark):
        try:
            ended.append(f"{process.pid} {' '.join(process.cmdline()[:4]) or process.name()}")
            process.terminate()
        except psutil.Error:
            continue
    psutil.wait_procs(marked(mark), timeout=_TERM_S)
    for process in marked(mark):
        try:
            process.kill()
        except psutil.Error:
            continue
    psutil.wait_procs(marked(mark), timeout=_TERM_S)
    return ended

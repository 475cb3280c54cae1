"""Inside the kernel: everything that watches it, started before the first cell."""

from __future__ import annotations

from pathlib import Path

from energykit.notebooks import recording
from energykit.notebooks.kernel import figures, hooks, output_limits

__all__ = ["NOTES", "OUTSIDE", "RECORDS", "watch_kernel"]

NOTES = ".energykit-notes.jsonl"
"""What ended no cell and still fails it, one JSON object a line."""
OUTSIDE = ".energykit-outside.txt"
"""Files written outside the run's folder, one path a line."""
RECORDS = ".energykit-evidence.jsonl"
"""Recorded values and figures, one JSON object a line."""


def watch_kernel(folder: str) -> None:
    """Watch this kernel from now on.

    Parameters
    ----------
    folder
        The kernel's working directory; what is noted goes in here.
    """
    home = Path(folder)
    hooks.install(str(home / NOTES))
    output_limits.install(str(home / NOTES), str(home / OUTSIDE))
    recording.watch(home / RECORDS)
    figures.install(str(home.parent / "figures"))

"""Inside the kernel: everything that watches it, started before the first cell.

Only the standard library and what a kernel has is imported here: a notebook finds no package in its
kernel that it has not imported.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from energykit.notebooks import recording
from energykit.notebooks.kernel import (
    control_thread,
    figure_hooks,
    hooks,
    magic_watch,
    message_count,
    output_limits,
)
from energykit.notebooks.kernel.file_watch import FileWatch
from energykit.notebooks.kernel.notes import NotesFile

__all__ = ["NOTES", "OUTSIDE", "RECORDS", "USED", "watch_kernel"]

NOTES = "notes.jsonl"
"""What ended no cell and still fails it, and counts of messages; one JSON object a line."""
OUTSIDE = "outside.txt"
"""Files written outside the run's folder, one path a line."""
RECORDS = "records.jsonl"
"""Recorded values and figures, one JSON object a line."""
USED = "used.jsonl"
"""Files read, commands started and modules imported, one JSON object a line."""


def watch_kernel(folder: str, linked: list[str]) -> None:
    """Watch this kernel from now on.

    Parameters
    ----------
    folder
        The run's folder; what is noted goes in here.
    linked
        Source files that must not be written.
    """
    from IPython import get_ipython  # only in a kernel

    shell: Any = get_ipython()
    home = Path(folder)
    notes = NotesFile(home / NOTES)
    hooks.install(notes, shell)
    magic_watch.install(notes, shell)
    output_limits.install(notes, shell)
    message_count.install(notes, shell.kernel)
    control_thread.install(shell.kernel)
    recording.watch(home / RECORDS)
    figure_hooks.install(home / "figures", shell)
    watch = FileWatch(home, home / OUTSIDE, home / USED, linked)
    _note_imports(home / USED, shell)
    sys.addaudithook(watch.hear)


def _note_imports(used: Path, shell: Any) -> None:
    """Note after each cell which top-level packages it imported."""
    seen = {name.partition(".")[0] for name in list(sys.modules)}

    def note(_result: Any) -> None:
        new = {name.partition(".")[0] for name in list(sys.modules)} - seen
        if new:
            seen.update(new)
            with used.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"imported": sorted(new)}) + "\n")

    shell.events.register("post_run_cell", note)

"""The job of a process that executes one notebook, as a file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["JOB_FILE", "NotebookJob", "read_job", "write_job"]

JOB_FILE = "job.json"
"""In the run's folder."""


@dataclass(frozen=True, kw_only=True)
class NotebookJob:
    """One notebook to execute."""

    path: str
    """What the verdict calls it."""
    folder: str
    """The run's folder."""
    source: str
    """The notebook as it is executed: what its file lacks is filled in."""
    copy: str
    """Where the executed copy goes."""
    home: str
    """The kernel's working directory."""
    sockets: str
    """Folder for the kernel's sockets."""
    output: str = ""
    """A further place for the executed notebook, as papermill knows them; empty: none."""
    parameters: dict[str, Any] = field(default_factory=dict)
    """Values by name, as JSON has them."""
    environment: dict[str, str] = field(default_factory=dict)
    """Variables that the kernel gets."""
    kernel: str = ""
    """Kernel that is asked for; empty: the notebook's."""
    language: str = ""
    """Language that is given; empty: the notebook's."""
    cell_s: float = 60.0
    """Longest time for a cell [s]."""
    notebook_s: float = 300.0
    """Longest time for the notebook [s]."""
    memory_mb: float = 0.0
    """Most memory [MB]; 0: no limit."""
    start_s: int = 60
    """What a kernel may take to start [s]."""
    autosave_s: int = 30
    """How often the copy is saved within a long cell [s]; 0: never."""
    is_report: bool = False
    """Hide the sources, as papermill's report mode does."""
    logs_output: bool = False
    """Log what cells print."""
    allow: tuple[str, ...] = ()
    """Rules that are switched off."""
    linked: tuple[str, ...] = ()
    """Source files that must not be written."""
    until: str = ""
    """Last cell that runs; empty: all."""
    tags: tuple[str, ...] = ()
    """Tags of the cells that run; empty: all."""
    skip_tags: tuple[str, ...] = ()
    """Tags of cells that do not run."""


def write_job(job: NotebookJob, folder: Path) -> Path:
    """Write a job into a run's folder and return its path."""
    path = folder / JOB_FILE
    path.write_text(json.dumps(asdict(job)), encoding="utf-8")
    return path


def read_job(path: Path) -> NotebookJob:
    """Return the job in a file."""
    plain = json.loads(path.read_text(encoding="utf-8"))
    texts = ("allow", "linked", "tags", "skip_tags")
    return NotebookJob(**plain | {name: tuple(plain[name]) for name in texts})

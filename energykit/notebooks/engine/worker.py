"""One notebook in a process of its own: executes it, looks at what it left, and writes the verdict."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.notebooks.engine.execution import Limits, execute
from energykit.notebooks.kernel.manager import fork_kernel, new_manager, run_kernel
from energykit.notebooks.process.marked_processes import MARK, end_settled
from energykit.notebooks.process.process_tree import adopt_orphans
from energykit.notebooks.verdict.record import verdict_to_json

if TYPE_CHECKING:
    from energykit.notebooks.verdict.record import NotebookVerdict

__all__ = ["work"]


def work(job_file: Path, *, fork: bool = False) -> int:
    """Carry out a job; in the kernel that it forks, be the kernel.

    Parameters
    ----------
    job_file
        A file of JSON that names the notebook and where the verdict goes.
    fork
        Fork the kernel from this process instead of starting one.
    """
    job: dict[str, Any] = json.loads(job_file.read_text(encoding="utf-8"))
    adopt_orphans()
    copy = Path(job["copy"])
    sockets = Path(job["sockets"])
    sockets.mkdir(mode=0o700, parents=True, exist_ok=True)
    manager = new_manager(sockets)
    if fork and fork_kernel(manager):
        run_kernel(manager.connection_file, copy.parent)
        return 0
    os.environ.update(job["environment"])
    verdict = _executed(job, copy, manager)
    left = end_settled(os.environ.get(MARK, ""))
    if left and verdict.status == "passed":
        verdict = replace(verdict, status="leaked", why=f"left running: {'; '.join(left)}")
    Path(job["verdict"]).write_text(json.dumps(verdict_to_json(verdict)), encoding="utf-8")
    return _ended()


def _executed(job: dict[str, Any], copy: Path, manager: Any) -> NotebookVerdict:
    import nbformat  # optional

    notebook = nbformat.read(copy, as_version=4)
    progress = Path(job["verdict"]).with_name("progress.json")

    def told(*cells: int) -> None:
        progress.write_text(json.dumps(cells), encoding="utf-8")

    limits = Limits(cell_s=job["cell_s"], notebook_s=job["notebook_s"])
    verdict = execute(
        notebook,
        path=job["path"],
        folder=copy.parent,
        limits=limits,
        parameters=job["parameters"],
        on_cell=told,
        manager=manager,
    )
    nbformat.write(notebook, copy)
    return verdict


def _ended() -> int:
    """End without what libraries do at exit: the kernel is gone, and they would look for it."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(0)

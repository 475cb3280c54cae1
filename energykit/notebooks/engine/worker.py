"""One notebook in a process of its own: papermill executes it, and the verdict is kept."""

from __future__ import annotations

import json
import logging
import os
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.errors import EnergykitError
from energykit.notebooks.engine.job import NotebookJob, read_job
from energykit.notebooks.engine.selection import Selection
from energykit.notebooks.engine.session import EngineSession, Limits
from energykit.notebooks.kernel.choice import choose_kernel, needs_fresh_kernel
from energykit.notebooks.kernel.manager import fork_kernel, new_manager, run_kernel
from energykit.notebooks.process.marked_processes import MARK, end_settled
from energykit.notebooks.process.process_tree import adopt_orphans
from energykit.notebooks.source.metadata import notebook_rules
from energykit.notebooks.source.parameters import typed_parameters
from energykit.notebooks.verdict.leaks import describe_left, with_leaks
from energykit.notebooks.verdict.record import NotebookVerdict, verdict_to_json

if TYPE_CHECKING:
    from energykit.notebooks.kernel.choice import KernelChoice

__all__ = ["PROGRESS", "VERDICT", "execute_job", "work"]

VERDICT = "verdict.json"
"""In the run's folder: what became of the notebook."""
PROGRESS = "progress.json"
"""In the run's folder: ``[cell, cells]`` as the notebook goes on."""


def work(job_file: Path, *, preloaded: tuple[str, ...] = ()) -> int:
    """Do a job; in the kernel that it forks, be the kernel.

    Parameters
    ----------
    job_file
        The job.
    preloaded
        Modules that this process has imported, so that the kernel may be forked from it; none: a
        kernel is started as a program.
    """
    import nbformat  # optional

    job = read_job(job_file)
    adopt_orphans()
    sockets = Path(job.sockets)
    sockets.mkdir(mode=0o700, parents=True, exist_ok=True)
    notebook = nbformat.read(job.source, as_version=4)
    try:
        kernel = choose_kernel(notebook.metadata, job.kernel, job.language)
    except EnergykitError as exc:
        refused = _without_cells(
            job, "refused", f"{exc.what} → {exc.hint}" if exc.hint else exc.what
        )
        return _finish(job, refused)
    manager = new_manager(sockets, kernel)
    home = Path(job.home)
    can_fork = preloaded and kernel.is_own and not needs_fresh_kernel(notebook, home, preloaded)
    if can_fork and fork_kernel(manager):
        run_kernel(manager.connection_file, home)
    os.environ.update(job.environment)
    verdict = execute_job(job, notebook, kernel, manager)
    left = end_settled(os.environ.get(MARK, ""))
    allow = notebook_rules(notebook, job.allow)
    return _finish(job, with_leaks(verdict, {"leaks": describe_left(left)}, allow))


def execute_job(
    job: NotebookJob, notebook: Any, kernel: KernelChoice, manager: Any
) -> NotebookVerdict:
    """Let papermill execute a job's notebook and return the verdict."""
    import papermill  # optional, and heavy where the fork server has not imported it

    from energykit.notebooks.engine.parameter_code import register_translator  # with papermill

    level = logging.INFO if job.logs_output else logging.WARNING
    logging.basicConfig(level=level, format="%(message)s", stream=sys.stdout)
    session = _session(job, kernel, manager)
    register_translator()
    try:
        papermill.execute_notebook(
            job.source,
            job.output or job.copy,
            parameters=typed_parameters(notebook, job.parameters, where=job.path),
            engine_name="energykit",
            kernel_name=kernel.name,
            language=_papermill_language(notebook.metadata, kernel),
            progress_bar=False,
            log_output=job.logs_output,
            report_mode=job.is_report,
            start_timeout=job.start_s,
            autosave_cell_every=job.autosave_s,
            session=session,
        )
    except papermill.PapermillExecutionError:
        pass  # the verdict says it
    except Exception as exc:  # noqa: BLE001  # whatever happened, the cells keep their verdicts
        return _failed(session.verdict or _without_cells(job, "failed", ""), exc)
    finally:
        _keep_copy(job, session)
    return session.verdict or _without_cells(job, "failed", "papermill executed nothing")


def _failed(verdict: NotebookVerdict, exc: Exception) -> NotebookVerdict:
    is_folder = isinstance(exc, OSError)
    what = "the folder of the run is not as it was left" if is_folder else type(exc).__name__
    why = f"{what}: {exc}"
    return verdict if verdict.culprit else replace(verdict, status="failed", why=why)


def _papermill_language(metadata: Any, kernel: KernelChoice) -> str:
    """Return a language as papermill writes it: R is ``R``."""
    named = (metadata.get("kernelspec") or {}).get("language")
    return kernel.language if kernel.is_python or not named else str(named)


def _session(job: NotebookJob, kernel: KernelChoice, manager: Any) -> EngineSession:
    selection = Selection(until=job.until, tags=job.tags, skip_tags=job.skip_tags)
    progress = Path(job.folder, PROGRESS)

    def keep_progress(*cells: int) -> None:
        with suppress(OSError):
            progress.write_text(json.dumps(cells), encoding="utf-8")

    return EngineSession(
        path=job.path,
        folder=Path(job.folder),
        home=Path(job.home),
        copy=Path(job.copy),
        kernel=kernel,
        manager=manager,
        limits=Limits(cell_s=job.cell_s, notebook_s=job.notebook_s, memory_mb=job.memory_mb),
        allow=frozenset(job.allow),
        linked=frozenset(map(Path, job.linked)),
        selection=None if selection.is_all else selection,
        parameters=job.parameters,
        on_cell=keep_progress,
    )


def _keep_copy(job: NotebookJob, session: EngineSession) -> None:
    """Keep the executed notebook in the run's folder, too, where papermill saved it elsewhere."""
    import nbformat  # optional

    if job.output and session.notebook is not None:
        with suppress(OSError):
            nbformat.write(session.notebook, job.copy)


def _without_cells(job: NotebookJob, status: Any, why: str) -> NotebookVerdict:
    return NotebookVerdict(
        path=job.path,
        status=status,
        why=why,
        folder=str(Path(job.copy).parent),
        parameters=job.parameters,
    )


def _finish(job: NotebookJob, verdict: NotebookVerdict) -> int:
    """Keep the verdict and end, without what libraries do at exit.

    The kernel is gone, and they would look for it.
    """
    verdict = replace(verdict, run_folder=job.folder)
    Path(job.folder, VERDICT).write_text(json.dumps(verdict_to_json(verdict)), encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(0)

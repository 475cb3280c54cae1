"""One notebook's run: its folder, its process, and what only an observer sees afterwards."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.errors import EnergykitError
from energykit.notebooks.engine.job import NotebookJob, write_job
from energykit.notebooks.process.job_process import run_job, socket_folder
from energykit.notebooks.process.marked_processes import end, kernel_environment, new_mark
from energykit.notebooks.run_cache import RunCache
from energykit.notebooks.source.discovery import is_remote
from energykit.notebooks.source.metadata import notebook_rules, own_metadata
from energykit.notebooks.source.run_folder import lay_out
from energykit.notebooks.verdict.expectations import with_expectations
from energykit.notebooks.verdict.leaks import describe_left, with_leaks
from energykit.notebooks.verdict.logs import with_logs
from energykit.notebooks.verdict.record import NotebookVerdict, verdict_from_json
from energykit.notebooks.verdict.source_change import SourceWatch
from energykit.notebooks.verdict.stored_outputs import with_stored_outputs
from energykit.notebooks.verdict.time_budget import with_time_budget

if TYPE_CHECKING:
    from collections.abc import Callable

    from energykit.notebooks.options import Options
    from energykit.notebooks.process.interruption import RunInterrupt
    from energykit.notebooks.source.run_folder import RunFolder

__all__ = [
    "INTERRUPTED",
    "PlannedRun",
    "lost_verdict",
    "observe_end",
    "run_planned",
]

INTERRUPTED = "the run was interrupted"
_GRACE_S = 30.0
"""What a worker may take beyond the notebook's own limit: starting and stopping the kernel [s]."""
_AGAIN = frozenset({"failed", "timed-out", "kernel-died"})
"""A notebook with one of these statuses may be run again."""


@dataclass(frozen=True, kw_only=True)
class PlannedRun:
    """A notebook that is to run."""

    path: str
    """As the caller named it."""
    set_name: str = ""
    """Name of its parameter set; empty: none."""
    parameters: dict[str, Any] = field(default_factory=dict)
    """Values by name."""
    notebook: Any = None
    """As nbformat has it; None where it is refused."""
    refusal: str = ""
    """Why it cannot run; empty where it can."""
    cached: NotebookVerdict | None = None
    """The verdict that still holds; None: it runs."""
    runs_because: str = ""
    """What changed, where only changed notebooks run."""


def run_planned(
    job: PlannedRun,
    options: Options,
    stop: RunInterrupt,
    *,
    on_start: Callable[[NotebookVerdict, Path], None] | None = None,
    count: int = 1,
) -> NotebookVerdict:
    """Run a notebook, again where that is asked for, and return its verdict.

    Parameters
    ----------
    job
        The notebook.
    options
        How.
    stop
        Set where the whole run is interrupted.
    on_start
        Called as each attempt starts.
    count
        How many notebooks run: of several, `Options.output` names a folder.
    """
    if job.cached:
        return job.cached
    if job.refusal:
        return lost_verdict(job, None, "refused", job.refusal)
    failures: list[str] = []
    while True:
        verdict = _attempt(job, options, stop, on_start, count)
        if verdict.status not in _AGAIN or len(failures) >= options.retries or stop.event.is_set():
            break
        failures.append(f"{verdict.status}: {verdict.reason}")
    status = "passed-flaky" if verdict.status == "passed" and failures else verdict.status
    return replace(verdict, status=status, attempts=tuple(failures), options=options.as_typed())


def _attempt(
    job: PlannedRun,
    options: Options,
    stop: RunInterrupt,
    on_start: Callable[[NotebookVerdict, Path], None] | None,
    count: int,
) -> NotebookVerdict:
    """Run a notebook once; what goes wrong with its folder is its own alone."""
    mark = new_mark()
    folder = (options.out / f"{Path(job.path).stem}-{mark[:6]}").resolve()
    try:
        verdict = _observe(job, folder, mark, options, stop, on_start, count)
    except EnergykitError as exc:
        why = f"{exc.what} → {exc.hint}" if exc.hint else exc.what
        verdict = lost_verdict(job, folder, "refused", why)
    except OSError as exc:
        why = f"the folder of the run is not as it was left: {exc}"
        verdict = lost_verdict(job, folder, "failed", why)
    if stop.event.is_set() and not verdict.cells:
        return lost_verdict(job, folder, "not-run", INTERRUPTED)
    return verdict


def _observe(  # noqa: PLR0917  # what _attempt has
    job: PlannedRun,
    folder: Path,
    mark: str,
    options: Options,
    stop: RunInterrupt,
    on_start: Callable[[NotebookVerdict, Path], None] | None,
    count: int,
) -> NotebookVerdict:
    """Run one notebook in a worker and add what only an observer can see."""
    files = own_metadata(job.notebook.metadata).get("files", ())
    place = lay_out(job.path, folder, cwd=options.cwd, files=files)
    _write_source(job.notebook, folder)
    write_job(_notebook_job(job, place, mark, options, count), folder)
    if on_start is not None:
        on_start(lost_verdict(job, folder, "not-run", ""), folder)
    since, watch = datetime.now(UTC), SourceWatch(job.path, place.linked)
    try:
        verdict = _work(job, place, mark, options, stop)
    finally:
        left = end(mark)
        shutil.rmtree(socket_folder(mark), ignore_errors=True)
    leaks = {"leaks": describe_left(left), "files": watch.leaks(folder)}
    verdict = replace(verdict, set_name=job.set_name, notes=(*place.notes, *verdict.notes))
    verdict = observe_end(verdict, job, folder, since=since, options=options)
    verdict = with_leaks(verdict, leaks, notebook_rules(job.notebook, options.allow))
    cache = RunCache(options=options)
    verdict = with_time_budget(verdict, cache.times(job.path, job.set_name), options.time_budget)
    verdict = replace(verdict, options=options.as_typed())
    cache.keep(verdict, place)
    because = (f"ran because {job.runs_because}",) if job.runs_because else ()
    return replace(verdict, notes=(*because, *verdict.notes))


def observe_end(
    verdict: NotebookVerdict, job: PlannedRun, folder: Path, *, since: datetime, options: Options
) -> NotebookVerdict:
    """Return a verdict with what the notebook's services logged, and with what it recorded."""
    verdict = with_logs(verdict, folder, since=since)
    if options.compare_outputs:
        verdict = with_stored_outputs(verdict, job.notebook, options.sanitize)
    if not options.expectations:
        return verdict
    is_partial = options.is_partial
    return with_expectations(verdict, folder, Path(job.path), is_partial=is_partial)


def _write_source(notebook: Any, folder: Path) -> None:
    import nbformat  # optional

    nbformat.write(notebook, folder / "source.ipynb")


def _notebook_job(
    job: PlannedRun, place: RunFolder, mark: str, options: Options, count: int
) -> NotebookJob:
    return NotebookJob(
        path=job.path,
        folder=str(place.folder),
        source=str(place.folder / "source.ipynb"),
        copy=str(place.copy),
        home=str(place.home),
        sockets=str(socket_folder(mark)),
        output=_output(job, options, count),
        parameters=job.parameters,
        environment=options.environment,
        kernel=options.kernel,
        language=options.language,
        cell_s=options.cell_s,
        notebook_s=options.notebook_s,
        memory_mb=options.memory_mb,
        start_s=options.start_s,
        autosave_s=options.autosave_s,
        is_report=options.is_report,
        logs_output=options.logs_output,
        allow=tuple(options.allow),
        linked=tuple(map(str, place.linked)),
        until=options.until,
        tags=options.tags,
        skip_tags=options.skip_tags,
    )


def _output(job: PlannedRun, options: Options, count: int) -> str:
    """Return where the executed notebook is saved, too; a path is made absolute."""
    if not options.output:
        return ""
    name = Path(job.path).stem + (f"-{job.set_name}" if job.set_name else "")
    text = options.output.replace("{name}", name)
    is_file = text != options.output or (text.endswith(".ipynb") and count == 1)
    text = text if is_file else f"{text.rstrip('/')}/{name}.ipynb"
    return text if is_remote(text) else str(Path(text).absolute())


def _work(
    job: PlannedRun, place: RunFolder, mark: str, options: Options, stop: RunInterrupt
) -> NotebookVerdict:
    folder = place.folder
    environment = os.environ | kernel_environment(folder, mark, socket_folder(mark))
    # with it a kernel would not take what its children print
    environment.pop("PYTEST_CURRENT_TEST", None)
    if "COVERAGE_PROCESS_START" in options.environment:  # before which another coverage's would go
        environment.pop("COVERAGE_PROCESS_CONFIG", None)
    # a variable may act when a program starts
    is_fresh = options.fresh or bool(options.environment)
    limit_s = options.notebook_s + _GRACE_S
    if not run_job(folder, environment, limit_s=limit_s, is_fresh=is_fresh, stop=stop.event):
        why = f"took longer than {options.notebook_s:g} s"
        return lost_verdict(job, folder, "timed-out", why)
    try:
        return verdict_from_json(json.loads((folder / "verdict.json").read_text(encoding="utf-8")))
    except (OSError, ValueError):
        last = _last_line(folder / "worker.log")
        return lost_verdict(job, folder, "failed", f"the runner of this notebook ended: {last}")


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it was killed, or its process ended, before it had a verdict"


def lost_verdict(job: PlannedRun, folder: Path | None, status: Any, why: str) -> NotebookVerdict:
    """Return the verdict of a notebook of which no cell is known.

    Parameters
    ----------
    job
        The notebook.
    folder
        The run's folder; None: there is none.
    status
        What became of it.
    why
        What happened.
    """
    copies = sorted(folder.glob(f"project/**/{Path(job.path).name}")) if folder else []
    return NotebookVerdict(
        path=job.path,
        status=status,
        why=why,
        folder=str(copies[0].parent) if copies else str(folder or ""),
        run_folder=str(folder or ""),
        parameters=job.parameters,
        set_name=job.set_name,
    )

"""Running notebooks: each in a folder and a process of its own, several side by side, nothing left behind."""

from __future__ import annotations

import json
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.errors import EnergykitError
from energykit.notebooks.process.fork_server_client import shared_fork_server
from energykit.notebooks.process.interruption import Interrupted, Stop
from energykit.notebooks.process.job_process import run_job, socket_folder
from energykit.notebooks.process.marked_processes import MARK, SOCKETS, end, new_mark
from energykit.notebooks.source.discovery import find_notebooks
from energykit.notebooks.source.notebook_file import read_notebook
from energykit.notebooks.source.parameters import with_parameters
from energykit.notebooks.source.run_folder import files_in, lay_out, written_since
from energykit.notebooks.verdict.expectations import (
    expected_file,
    read_expectations,
    with_expectations,
)
from energykit.notebooks.verdict.logs import with_logs
from energykit.notebooks.verdict.record import NotebookVerdict, Report, verdict_from_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Options", "run"]

INTERRUPTED = "the run was interrupted"

_GRACE_S = 30.0
"""What a worker may take beyond the notebook's own limit: starting and stopping the kernel [s]."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How notebooks are run."""

    fresh: bool = False
    """Start every kernel as a program of its own, where it could be forked from a process that has
    imported all.
    """
    jobs: int = 1
    """How many at a time."""
    parameters: dict[str, Any] = field(default_factory=dict)
    """Values by name, for every notebook."""
    sets: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Further values by the name of a parameter set: every notebook runs once with each; none:
    once.
    """
    out: Path = Path("data/out/notebooks")
    """A folder for each run goes in here."""
    cell_s: float = 60.0
    """Longest time for a cell [s]."""
    notebook_s: float = 300.0
    """Longest time for a notebook [s]."""
    expectations: bool = True
    """Hold a notebook to what the file beside it expects, where there is one."""
    environment: dict[str, str] = field(default_factory=dict)
    """Variables that kernels get, and what they start; the runner itself does not."""


def run(
    paths: Sequence[Path | str],
    options: Options | None = None,
    *,
    on_verdict: Callable[[NotebookVerdict], None] | None = None,
    on_start: Callable[[NotebookVerdict, Path], None] | None = None,
) -> Report:
    """Run notebooks headless and return a verdict for each.

    Parameters
    ----------
    paths
        Notebooks, and folders of them.
    options
        How.
    on_verdict
        Told each verdict as it comes, in a thread of the runner.
    on_start
        Told of each notebook that starts, in a thread of the runner: a verdict without cells, and
        the run's folder. The file ``progress.json`` in it says ``[cell, cells]`` as the notebook
        goes on.

    Raises
    ------
    energykit.errors.UsageError
        There is no such notebook, it cannot run here, or a parameter is unknown or of another type
        than its default: before any kernel starts.
    """
    chosen = options or Options()
    if not chosen.fresh:
        shared_fork_server()  # it imports while we read the notebooks
    sets = chosen.sets or {"": {}}
    found = find_notebooks(paths)
    planned = [
        _planned(Path(path), name, chosen.parameters | sets[name])
        for path in found
        for name in sets
    ]
    start = time.monotonic()
    stop = Stop()
    pool = ThreadPoolExecutor(max(1, chosen.jobs))
    futures = [
        pool.submit(lambda job: _told(_carried_out(job, chosen, on_start, stop), on_verdict), job)
        for job in planned
    ]
    try:
        wait(futures)
    except KeyboardInterrupt:
        stop.stop()
        pool.shutdown(cancel_futures=True)
        done = (
            _lost(job, chosen.out, "not-run", INTERRUPTED)
            if one.cancelled() or one.exception()
            else one.result()
            for job, one in zip(planned, futures, strict=True)
        )
        raise Interrupted(Report(tuple(done), time.monotonic() - start)) from None
    pool.shutdown(cancel_futures=True)
    return Report(tuple(one.result() for one in futures), time.monotonic() - start)


def _told(
    verdict: NotebookVerdict, on_verdict: Callable[[NotebookVerdict], None] | None
) -> NotebookVerdict:
    if on_verdict is not None:
        on_verdict(verdict)
    return verdict


@dataclass(frozen=True)
class _Job:
    path: Path
    notebook: Any
    set_name: str
    parameters: dict[str, Any]


def _planned(path: Path, set_name: str, parameters: dict[str, Any]) -> _Job:
    notebook = read_notebook(path)
    read_expectations(expected_file(path, set_name))  # whether it can be read
    return _Job(path, with_parameters(notebook, parameters, where=str(path)), set_name, parameters)


def _carried_out(
    job: _Job,
    options: Options,
    on_start: Callable[[NotebookVerdict, Path], None] | None,
    stop: Stop,
) -> NotebookVerdict:
    """Return the verdict of one notebook; what goes wrong with its folder is its own, and not that of the others."""
    mark = new_mark()
    folder = (options.out / f"{job.path.stem}-{mark[:6]}").resolve()
    try:
        verdict = _observed(job, folder, mark, options, on_start, stop)
    except (OSError, EnergykitError) as exc:
        verdict = _lost(
            job, folder, "failed", f"the folder of the run is not as it was left: {exc}"
        )
    if stop.event.is_set() and not verdict.cells:
        verdict = _lost(job, folder, "not-run", INTERRUPTED)
    return replace(verdict, options=_options_as_typed(options))


def _options_as_typed(options: Options) -> tuple[str, ...]:
    """Return those options of the command without which a verdict may be another."""
    usual = Options()
    limits = {
        "--cell-timeout": (options.cell_s, usual.cell_s),
        "--notebook-timeout": (options.notebook_s, usual.notebook_s),
    }
    typed = [
        word for name, (now, then) in limits.items() if now != then for word in (name, f"{now:g}")
    ]
    return (*typed, *(["--fresh"] if options.fresh else []))


def _observed(  # noqa: PLR0917  # what _carried_out has
    job: _Job,
    folder: Path,
    mark: str,
    options: Options,
    on_start: Callable[[NotebookVerdict, Path], None] | None,
    stop: Stop,
) -> NotebookVerdict:
    """Run one notebook in a worker and add what only an observer can see: time-out of the whole, leaks."""
    import nbformat  # optional

    copy = lay_out(job.path, folder)
    nbformat.write(job.notebook, copy)
    request = {
        "path": str(job.path),
        "copy": str(copy),
        "verdict": str(folder / "verdict.json"),
        "cell_s": options.cell_s,
        "notebook_s": options.notebook_s,
        "parameters": job.parameters,
        "environment": options.environment,
        "sockets": str(socket_folder(mark)),
    }
    (folder / "job.json").write_text(json.dumps(request), encoding="utf-8")
    if on_start is not None:
        on_start(_lost(job, folder, "not-run", ""), folder)
    before = files_in(job.path.parent)
    try:
        verdict = replace(_worked(folder, mark, job, options, stop), set_name=job.set_name)
    finally:
        left = end(mark)
        shutil.rmtree(socket_folder(mark), ignore_errors=True)
    verdict = with_logs(verdict, folder)
    if options.expectations:
        verdict = with_expectations(verdict, folder, job.path)
    leaks = [f"left running: {'; '.join(left)}"] if left else []
    leaks += [
        f"wrote outside its folder: {path}" for path in written_since(before, job.path.parent)
    ]
    if leaks and verdict.status == "passed":
        return replace(verdict, status="leaked", why="; ".join(leaks))
    return verdict


def _worked(folder: Path, mark: str, job: _Job, options: Options, stop: Stop) -> NotebookVerdict:
    environment = {
        **os.environ,
        MARK: mark,
        SOCKETS: str(socket_folder(mark)),
        "TMPDIR": str(folder / "tmp"),
        "JUPYTER_RUNTIME_DIR": str(folder / "tmp"),
        "IPYTHONDIR": str(folder / "tmp"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }
    environment.pop(
        "PYTEST_CURRENT_TEST", None
    )  # with it a kernel would not take what its children print
    is_fresh = options.fresh or bool(
        options.environment
    )  # a variable may act when a program starts
    limit_s = options.notebook_s + _GRACE_S
    if not run_job(folder, environment, limit_s=limit_s, is_fresh=is_fresh, stop=stop.event):
        return _lost(job, folder, "timed-out", f"took longer than {options.notebook_s:g} s")
    try:
        return verdict_from_json(json.loads((folder / "verdict.json").read_text(encoding="utf-8")))
    except (OSError, ValueError):
        last = (
            (folder / "worker.log")
            .read_text(encoding="utf-8", errors="replace")
            .strip()
            .splitlines()[-1:]
        )
        said = " ".join(last) or "it was killed, or its process ended, before it had a verdict"
        return _lost(job, folder, "failed", f"the runner of this notebook ended: {said}")


def _lost(job: _Job, folder: Path, status: Any, why: str) -> NotebookVerdict:
    return NotebookVerdict(
        path=str(job.path),
        status=status,
        why=why,
        folder=str(folder / "notebooks"),
        parameters=job.parameters,
        set_name=job.set_name,
    )

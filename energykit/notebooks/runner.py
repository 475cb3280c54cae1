"""Running notebooks: each in a folder and a process of its own, nothing left behind."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from energykit.errors import EnergykitError
from energykit.notebooks.options import Options
from energykit.notebooks.process.fork_server_client import shared_fork_server
from energykit.notebooks.process.interruption import Interrupted, RunInterrupt
from energykit.notebooks.run_cache import RunCache, read_ahead
from energykit.notebooks.run_notebook import INTERRUPTED, PlannedRun, lost_verdict, run_planned
from energykit.notebooks.source.discovery import find_notebooks
from energykit.notebooks.source.metadata import check_rules
from energykit.notebooks.source.notebook_file import read_notebook
from energykit.notebooks.source.parameter_sets import sets_beside
from energykit.notebooks.source.parameters import check_parameters
from energykit.notebooks.verdict.expectations import expected_file, read_expectations
from energykit.notebooks.verdict.record import NotebookVerdict, Report

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Listener", "Options", "run"]


@dataclass(frozen=True, kw_only=True)
class Listener:
    """Who is called as notebooks run, in a thread of the runner."""

    on_verdict: Callable[[NotebookVerdict], None] | None = None
    """Called with each verdict as it comes."""
    on_start: Callable[[NotebookVerdict, Path], None] | None = None
    """Called with each notebook that starts, a verdict without cells, and its run's folder."""


def run(
    paths: Sequence[Path | str],
    options: Options | None = None,
    *,
    on_verdict: Callable[[NotebookVerdict], None] | None = None,
    on_start: Callable[[NotebookVerdict, Path], None] | None = None,
) -> Report:
    """Run notebooks headless and return a verdict for each.

    A notebook that cannot run here (no such file, not a notebook, a language without a kernel) is
    ``refused``; the others run.

    Parameters
    ----------
    paths
        Notebooks, folders of them, and addresses that papermill reads.
    options
        How.
    on_verdict
        Called with each verdict as it comes, in a thread of the runner.
    on_start
        Called with each notebook that starts, in a thread of the runner: a verdict without cells,
        and the run's folder. The file ``progress.json`` in it says ``[cell, cells]`` as the
        notebook goes on.

    Raises
    ------
    energykit.errors.UsageError
        A folder holds no notebook, a rule to allow is unknown, or a parameter is unknown or of
        another type than its default: before any kernel starts.
    """
    chosen = options or Options()
    check_rules(sorted(chosen.allow), "--allow")
    named = [
        PlannedRun(path=path, set_name=name, parameters=chosen.parameters | values)
        for path in find_notebooks(paths, chosen.exclude)
        for name, values in (chosen.sets or sets_beside(Path(path)) or {"": {}}).items()
    ]
    looked_up = [_look_up(one, chosen) for one in named] if chosen.changed else named
    if not chosen.fresh and any(one.cached is None for one in looked_up):
        shared_fork_server()  # it imports while we read the notebooks
    planned = [one if one.cached else _plan(one) for one in looked_up]
    listener = Listener(on_verdict=on_verdict, on_start=on_start)
    return _run_all(planned, chosen, listener)


def _look_up(planned: PlannedRun, options: Options) -> PlannedRun:
    """Return a planned run with the verdict that still holds, or with why it must run."""
    cache = RunCache(options=options)
    verdict, why = cache.find(planned.path, planned.set_name, planned.parameters)
    return replace(planned, cached=verdict, runs_because=why)


def _plan(planned: PlannedRun) -> PlannedRun:
    """Read a notebook; what is wrong with its file is its own, a wrong parameter the caller's."""
    path = planned.path
    try:
        notebook = read_notebook(path)
        read_expectations(expected_file(path, planned.set_name))  # whether it can be read
    except EnergykitError as exc:
        at = "" if str(exc.where) == path else f"{exc.where}: ".replace(f"{path}: ", "")
        refusal = f"{at}{exc.what}" + (f" → {exc.hint}" if exc.hint else "")
        return replace(planned, refusal=refusal)
    check_parameters(notebook, planned.parameters, where=path)
    return replace(planned, notebook=notebook)


def _run_all(planned: Sequence[PlannedRun], options: Options, listener: Listener) -> Report:
    start = time.monotonic()
    stop = RunInterrupt()
    pool = ThreadPoolExecutor(max(1, options.jobs))
    started = {
        at: pool.submit(_run_and_report, planned[at], options, listener, stop, len(planned))
        for at in _longest_first(planned, options)
    }
    futures = [started[at] for at in range(len(planned))]
    try:
        if any(not (job.cached or job.refusal) for job in planned):
            read_ahead()
        wait(futures)
    except KeyboardInterrupt:
        stop.stop()
        pool.shutdown(cancel_futures=True)
        pairs = zip(planned, futures, strict=True)
        done = tuple(_result(job, future) for job, future in pairs)
        raise Interrupted(Report(done, time.monotonic() - start)) from None
    pool.shutdown(cancel_futures=True)
    return Report(tuple(future.result() for future in futures), time.monotonic() - start)


def _longest_first(planned: Sequence[PlannedRun], options: Options) -> list[int]:
    """Return at which places of a plan the notebooks are that start first, second and so on.

    Of several workers, none is left alone with a long one at the end: what has not passed here
    before starts first, the most code cells before fewer, then what took long in its last runs.
    """
    if options.jobs <= 1 or len(planned) <= options.jobs:
        return list(range(len(planned)))
    cache = RunCache(options=options)

    def length(at: int) -> tuple[bool, float]:
        job = planned[at]
        times = cache.times(job.path, job.set_name)
        cells = job.notebook.cells if job.notebook else ()
        codes = sum(cell.cell_type == "code" for cell in cells)
        return not times, median(times) if times else codes

    return sorted(range(len(planned)), key=length, reverse=True)


def _result(job: PlannedRun, future: Future[NotebookVerdict]) -> NotebookVerdict:
    if future.cancelled() or future.exception():
        return lost_verdict(job, None, "not-run", INTERRUPTED)
    return future.result()


def _run_and_report(
    job: PlannedRun, options: Options, listener: Listener, stop: RunInterrupt, count: int
) -> NotebookVerdict:
    verdict = run_planned(job, options, stop, on_start=listener.on_start, count=count)
    if listener.on_verdict is not None:
        listener.on_verdict(verdict)
    return verdict

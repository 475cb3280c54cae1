"""Which run is resumed: the one that was named, or the newest that needs it."""

from __future__ import annotations

from itertools import islice
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from energykit.errors import ArtifactError, UsageError, nearest
from energykit.executor.resume import EarlierRuns
from energykit.executor.run_index import newest_first
from energykit.results import RunResult, load_run
from energykit.results.file import runs_folder

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from energykit.config import PipelineConfig

__all__ = ["Resumable", "earlier_runs", "named_run", "run_path"]

Resumable: TypeAlias = bool | str | PathLike[str] | RunResult
"""Which run to resume: True the newest that did not succeed; an id; a path of its record; its
result.
"""

_LISTED = 8
_COMPARED = 20
"""How many of a workflow's runs are looked through, the newest ones."""
_LOOKED_AT = 200
"""How many records are opened for that: others may be of an earlier version, or gone."""


def earlier_runs(
    resume: Resumable, config: PipelineConfig, data_root: Path, *, ignores: Collection[str] = ()
) -> EarlierRuns:
    """Return the run that is to be resumed, with those that it resumed itself.

    Parameters
    ----------
    resume
        Which run. True: the newest one of the same workflow that did not succeed and was not
        resumed since; the newest where all succeeded; none where there is none. What it lacks is
        looked for in the other runs of that workflow, the newest 20.
    config
        What is to be run: a run of the same workflow has its name, and a stage with the same
        output.
    data_root
        Holds ``runs/``.
    ignores
        What is not a reason to run a stage again.

    Raises
    ------
    energykit.errors.UsageError
        There is no such run; the nearest one is named.
    energykit.errors.ArtifactError
        Its record cannot be read.
    """
    if resume is not True:
        first = named_run(resume, data_root)
        return EarlierRuns(tuple(_follow_chain(first, data_root)), ignores=ignores)
    newest, torn = _load_newest(config, data_root)
    nothing = (
        f"no earlier run can be resumed; this is not a record of a run: {', '.join(torn)}"
        if torn and not newest
        else ""
    )
    chain = tuple(_follow_chain(_choose(newest), data_root)) if newest else ()
    in_chain = {run.run_id for run in chain}
    others = tuple(run for run in newest if run.run_id not in in_chain)
    return EarlierRuns(chain, others=others, nothing=nothing, ignores=ignores)


def named_run(resume: str | PathLike[str] | RunResult | bool, data_root: Path) -> RunResult:
    """Return a run by its id, or by the path of its record or its folder.

    Raises
    ------
    energykit.errors.UsageError
        There is no such run; the nearest one is named.
    energykit.errors.ArtifactError
        Its record cannot be read.
    """
    if isinstance(resume, RunResult):
        return resume
    try:
        return load_run(run_path(str(resume), data_root))
    except ArtifactError as exc:
        hint = "name another run; without resuming, every stage is run again"
        raise ArtifactError(exc.what, where=exc.where, hint=hint, code=exc.code) from exc


def run_path(name: str, data_root: Path) -> Path:
    """Return where the run of an id has its folder, or a path that exists as it is.

    Parameters
    ----------
    name
        An id, or the path of a record or its folder.
    data_root
        Holds ``runs/``.

    Raises
    ------
    energykit.errors.UsageError
        There is no such run; the nearest one is named. Or the folder of the runs is another user's,
        and no path is named.
    """
    folder = data_root / "runs"
    inside = runs_folder(data_root) / name if name and Path(name).name == name else None
    path = inside if inside is not None and inside.is_dir() else Path(name)
    if not name or not path.exists():
        known = sorted((path.parent.name for path in folder.glob("*/run.json")), reverse=True)
        raise UsageError(
            f"there is no run {name!r}", where=str(folder), hint=_suggestion(name, known)
        )
    return path


def _suggestion(name: str, known: list[str]) -> str:
    """Return the nearest id, or the newest ones."""
    text = nearest(name, known) or "there is no run yet"
    return nearest(name, known[:_LISTED]) if text.startswith("valid") else text


def _load_newest(config: PipelineConfig, data_root: Path) -> tuple[list[RunResult], list[str]]:
    """Return the newest runs of the workflow, and the paths of records that cannot be read."""
    newest: list[RunResult] = []
    torn: list[str] = []
    runs = runs_folder(data_root)
    for name in islice(newest_first(data_root, config.workflow_name), _LOOKED_AT):
        if not (runs / name / "run.json").is_file():  # removed meanwhile
            continue
        try:
            run = load_run(runs / name)
        except ArtifactError:
            torn.append(str(runs / name / "run.json"))
            continue
        if _is_of(config, run):
            newest.append(run)
        if len(newest) == _COMPARED:
            break
    return sorted(newest, key=lambda run: run.started, reverse=True), torn


def _is_of(config: PipelineConfig, run: RunResult) -> bool:
    before = run.config.get("containers", {})
    return run.workflow_name == config.workflow_name and any(
        name in before and before[name].get("output_file") == one.output_file
        for name, one in config.containers.items()
    )


def _choose(newest_first: list[RunResult]) -> RunResult:
    """Return the newest run that did not succeed and was not resumed since, else the newest."""
    resumed = {run.resumed_from for run in newest_first}
    undone = (run for run in newest_first if not run.ok and run.run_id not in resumed)
    return next(undone, newest_first[0])


def _follow_chain(run: RunResult, data_root: Path) -> Iterator[RunResult]:
    seen: set[str] = set()
    while run.run_id not in seen:
        yield run
        seen.add(run.run_id)
        try:
            run = load_run(data_root / "runs" / run.resumed_from) if run.resumed_from else run
        except ArtifactError:  # its record is gone: what it did is done again
            return

"""What an earlier run left that this one need not do again, and why each stage is reused or run again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from energykit.errors import ArtifactError, UsageError, nearest
from energykit.executor.message import plain, request_bytes
from energykit.executor.path import digest_later, local_path, seen_size
from energykit.results import RunResult, StageResult, load_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from energykit.config import PipelineConfig
    from energykit.executor.task import Task

__all__ = ["Earlier", "Resumable", "Verdict", "earlier_runs", "made_before", "named_run"]

Resumable: TypeAlias = bool | str | PathLike[str] | RunResult
"""Which run to resume: True the newest that did not succeed; an id; a path of its record; its result."""

_SAME = "same request, same input, same output"
_SHOWN = 12
_LISTED = 8


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether a stage is run again."""

    reason: str = ""
    """Why, as a phrase; empty where there was nothing to judge."""
    input_sha256: str = ""
    """Digest of its input as it is now, where it was found."""
    kept: StageResult | None = None
    """What is reused; None: the stage is run again."""
    run_id: str = ""
    """The run that did the work that is reused."""


class Earlier:
    """Earlier runs of a configuration, looked through for work that stands.

    Parameters
    ----------
    runs
        The one that is resumed, then the one which that resumed, and so on.
    predecessors
        Ids of the stages that each one waits for.
    nothing
        Why there is no run, where there is none though there should be one.
    """

    def __init__(
        self, runs: tuple[RunResult, ...], predecessors: Mapping[str, tuple[str, ...]], nothing: str = ""
    ) -> None:
        self.run_id = runs[0].run_id if runs else ""
        """The run that is resumed; empty for none."""
        self._runs = runs
        self._predecessors = predecessors
        self._nothing = nothing

    def judge(self, task: Task, done: Mapping[str, StageResult]) -> Verdict:
        """Say whether a stage is run again: it is, unless request, input and output are all as they were recorded.

        Parameters
        ----------
        task
            The stage.
        done
            The stages of this run so far, by id.
        """
        found = next(self._successes(task.id), None)
        if found is None:
            return Verdict(reason=self._unfinished(task.id), input_sha256=made_before(task, done))
        run, kept = found
        if change := _request_change(task, kept):
            return Verdict(reason=change, input_sha256=made_before(task, done))
        sha256 = _input_digest(task, done)
        change = (
            _input_change(task, kept, sha256) or self._upstream_change(task, run, done) or _output_change(task, kept)
        )
        if change:
            return Verdict(reason=change, input_sha256=sha256)
        return Verdict(reason=_SAME, input_sha256=sha256, kept=kept, run_id=kept.reused_from or run.run_id)

    def _successes(self, stage_id: str) -> Iterator[tuple[RunResult, StageResult]]:
        return ((run, stage) for run in self._runs for stage in run if stage.id == stage_id and stage.ok)

    def _unfinished(self, stage_id: str) -> str:
        for run in self._runs:
            for stage in run:
                if stage.id == stage_id and stage.status == "failed":
                    return f"it failed in run {run.run_id}"
        return f"it was not finished in run {self.run_id}" if self._runs else self._nothing

    def _upstream_change(self, task: Task, run: RunResult, done: Mapping[str, StageResult]) -> str:
        """Name a stage that this one waits for, also where it is not its input, and that has another output now."""
        before = {stage.id: stage.output_sha256 for stage in run}
        for name in self._predecessors.get(task.id, ()):
            now = done[name].output_sha256 if name in done else ""
            if not now or now != before.get(name):
                return f"the output of {name!r}, which it waits for, differs"
        return ""


def _request_change(task: Task, kept: StageResult) -> str:
    for name in ("input_file", "output_file"):
        if (now := getattr(task, name)) != (was := getattr(kept, name)):
            return f"{name} differs: it is {now!r}, and was {was!r}"
    if _on_the_wire(task.parameters) == _on_the_wire(kept.parameters):
        return ""
    for name in sorted({*task.parameters, *kept.parameters}):
        now, was = _said(task.parameters, name), _said(kept.parameters, name)
        if now != was:
            return f"the parameter {name!r} differs: it is {now}, and was {was}"
    return "the parameters differ"


def _on_the_wire(parameters: Mapping[str, object]) -> bytes:
    return request_bytes("", "", parameters, "")


def _said(parameters: Mapping[str, object], name: str) -> str:
    text = json.dumps(plain(parameters[name]), ensure_ascii=False) if name in parameters else "not given"
    return text if len(text) <= 4 * _SHOWN else f"{text[: 4 * _SHOWN]}…"


def made_before(task: Task, done: Mapping[str, StageResult]) -> str:
    """Return the digest of a stage's input where an earlier stage of this run wrote it, else nothing."""
    made = [stage.output_sha256 for stage in done.values() if stage.ok and stage.output_file == task.input_file]
    return made[-1] if made else ""


def _input_digest(task: Task, done: Mapping[str, StageResult]) -> str:
    if not task.input_file:
        return ""
    return made_before(task, done) or digest_later(local_path(task.data_root, task.input_file)).result()


def _input_change(task: Task, kept: StageResult, sha256: str) -> str:
    if not task.input_file:
        return ""
    if not sha256:
        return f"its input cannot be seen from here: {task.input_file!r}"
    if not kept.input_sha256:
        return "the record has no digest of its input"
    return "" if sha256 == kept.input_sha256 else f"the input's digest differs: {_pair(sha256, kept.input_sha256)}"


def _output_change(task: Task, kept: StageResult) -> str:
    if not kept.output_sha256:
        return "the record has no digest of its output"
    for file in (task.output_file, *(kept.metrics.outputs if kept.metrics else ())):
        if seen_size(local_path(task.data_root, file)) is None:
            return f"the output is missing: {file!r}"
    sha256 = digest_later(local_path(task.data_root, task.output_file)).result()
    return "" if sha256 == kept.output_sha256 else f"the output's digest differs: {_pair(sha256, kept.output_sha256)}"


def _pair(now: str, was: str) -> str:
    return f"it is {now[:_SHOWN] or 'unreadable'}, and was {was[:_SHOWN]}"


def earlier_runs(resume: Resumable, config: PipelineConfig, data_root: Path) -> Earlier:
    """Return the run that is to be resumed, with those that it resumed itself.

    Parameters
    ----------
    resume
        Which run. True: the newest one of the same workflow that did not succeed and was not resumed since; the newest
        where all succeeded; none where there is none.
    config
        What is to be run: a run of the same workflow has its name, and a stage with the same output.
    data_root
        Holds ``runs/``.

    Raises
    ------
    energykit.errors.UsageError
        There is no such run; the nearest one is named.
    energykit.errors.ArtifactError
        Its record cannot be read.
    """
    if resume is not True:
        first = named_run(resume, data_root)
        return Earlier(tuple(_chain(first, data_root)), config.predecessors)
    known, torn = _records(data_root)
    newest = _newest(run for run in known if _is_of(config, run))
    nothing = f"no earlier run can be resumed; this is no record of a run: {', '.join(torn)}" if torn else ""
    return Earlier(tuple(_chain(newest, data_root)) if newest else (), config.predecessors, nothing)


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
    name, folder = str(resume), data_root / "runs"
    inside = folder / name if name and Path(name).name == name else None
    path = inside if inside is not None and inside.is_dir() else Path(name)
    if not name or not path.exists():
        known = sorted((one.parent.name for one in folder.glob("*/run.json")), reverse=True)
        raise UsageError(f"there is no run {name!r}", where=str(folder), hint=_suggestion(name, known))
    try:
        return load_run(path)
    except ArtifactError as exc:
        hint = "resume another run, or run without resuming: every stage is then run again"
        raise ArtifactError(exc.what, where=exc.where, hint=hint, code=exc.code) from exc


def _suggestion(name: str, known: list[str]) -> str:
    """Return the nearest id, or the newest ones."""
    text = nearest(name, known) or "there is no run yet"
    return nearest(name, known[:_LISTED]) if text.startswith("valid") else text


def _records(data_root: Path) -> tuple[list[RunResult], list[str]]:
    """Return the runs whose records can be read, and the paths of those that cannot."""
    known, torn = [], []
    for path in sorted((data_root / "runs").glob("*/run.json")):
        try:
            known.append(load_run(path))
        except ArtifactError:
            torn.append(str(path))
    return known, torn


def _is_of(config: PipelineConfig, run: RunResult) -> bool:
    before = run.config.get("containers", {})
    return run.workflow_name == config.workflow_name and any(
        name in before and before[name].get("output_file") == one.output_file for name, one in config.containers.items()
    )


def _newest(runs: Iterable[RunResult]) -> RunResult | None:
    newest_first = sorted(runs, key=lambda run: run.started, reverse=True)
    resumed = {run.resumed_from for run in newest_first}
    open_ones = (run for run in newest_first if not run.ok and run.run_id not in resumed)
    return next(open_ones, newest_first[0] if newest_first else None)


def _chain(run: RunResult, data_root: Path) -> Iterator[RunResult]:
    seen: set[str] = set()
    while run.run_id not in seen:
        yield run
        seen.add(run.run_id)
        try:
            run = load_run(data_root / "runs" / run.resumed_from) if run.resumed_from else run
        except ArtifactError:  # its record is gone: what it did is done again
            return

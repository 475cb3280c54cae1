"""What an earlier run left that need not be done again, and why a stage is reused or run again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from energykit.config.location import is_url
from energykit.executor.message import plain, request_bytes
from energykit.executor.path import local_path, normalize, state_of
from energykit.results import FileRecord

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from energykit.executor.context import RunContext
    from energykit.executor.task import Task
    from energykit.results import RunResult, StageResult

__all__ = ["EarlierRuns", "ReuseDecision"]

_SAME = "same request, same input, same output"
_SHOWN = 12


@dataclass(frozen=True, kw_only=True)
class ReuseDecision:
    """Whether a stage is run again."""

    reason: str = ""
    """Why, as a phrase; empty where there was nothing to decide."""
    kept: StageResult | None = None
    """What is reused; None: the stage is run again."""
    run_id: str = ""
    """The run that did the work that is reused."""


class EarlierRuns:
    """Earlier runs of a configuration, looked through for work that need not be done again.

    Parameters
    ----------
    runs
        The one that is resumed, then those that it resumed itself.
    others
        Further runs whose work may be reused as well, the newest first.
    nothing
        Why there is no run, where there is none though there should be one.
    ignores
        What is not a reason to run a stage again.
    """

    def __init__(
        self,
        runs: tuple[RunResult, ...],
        *,
        others: tuple[RunResult, ...] = (),
        nothing: str = "",
        ignores: Collection[str] = (),
    ) -> None:
        self.run_id = runs[0].run_id if runs else ""
        """The run that is resumed; empty for none."""
        self._runs = runs
        self._others = others
        self._resumed = {run.run_id for run in runs}
        self._nothing = f"it was not finished in run {self.run_id}" if runs else nothing
        self._ignores_version = "version" in ignores

    def decide(
        self, task: Task, context: RunContext, done: Mapping[str, StageResult]
    ) -> ReuseDecision:
        """Say whether a stage is run again, and why.

        It is, unless request, inputs, outputs and the stage's version are as they were recorded.

        Parameters
        ----------
        task
            The stage.
        context
            The run's.
        done
            The stages of this run so far, by id.
        """
        present, reason = _Present(task, context, done), ""
        for run, kept in self._records(task.id):
            change = (
                self._find_change(present, run, kept)
                if kept.ok
                else f"it failed in run {run.run_id}"
            )
            if not change:
                by = kept.reused_from or run.run_id
                return ReuseDecision(reason=_SAME, kept=kept, run_id=by)
            reason = reason or (change if run.run_id in self._resumed else "")
        return ReuseDecision(reason=reason or self._nothing)

    def _records(self, stage_id: str) -> Iterator[tuple[RunResult, StageResult]]:
        """Yield what became of a stage in each run that came so far."""
        for run in (*self._runs, *self._others):
            yield from (
                (run, stage) for stage in run if stage.id == stage_id and stage.status != "skipped"
            )

    def _find_change(self, present: _Present, run: RunResult, kept: StageResult) -> str:
        return (
            _request_change(present.task, kept)
            or _input_change(present, kept)
            or _upstream_change(present, run)
            or _output_change(present, kept)
            or ("" if self._ignores_version else _version_change(present, kept))
        )


class _Present:
    """A stage's files and its service as they are now."""

    def __init__(self, task: Task, context: RunContext, done: Mapping[str, StageResult]) -> None:
        self.task = task
        self.done = done
        self._context = context

    def digest(self, file: str) -> str:
        """Return the digest of a file; empty where it is neither seen nor written in this run."""
        path = local_path(self.task.data_root, file)
        return self._context.digests.later(path).result() or self._context.upstream_digest(file)

    def is_missing(self, file: str) -> bool:
        return state_of(local_path(self.task.data_root, file)) is None

    @cached_property
    def stage_version(self) -> str:
        """The version of the stage's code; empty where the service does not say or is absent."""
        description = self._context.connect(self.task).description
        return description.stage_version if description else ""


def _upstream_change(present: _Present, run: RunResult) -> str:
    """Name a stage that this one waits for and that has another output now."""
    before = {stage.id: stage.output_sha256 for stage in run}
    for name in present.task.waits_for:
        now = present.done[name].output_sha256 if name in present.done else ""
        if not now or now != before.get(name):
            return f"the output of {name!r}, which it waits for, differs"
    return ""


def _request_change(task: Task, kept: StageResult) -> str:
    for name in ("input_file", "output_file"):
        if (now := getattr(task, name)) != (was := getattr(kept, name)):
            return f"{name} differs: it is {now!r}, and was {was!r}"
    if _encode_parameters(task.parameters) == _encode_parameters(kept.parameters):
        return ""
    for name in sorted({*task.parameters, *kept.parameters}):
        now = _format_parameter(task.parameters, name)
        was = _format_parameter(kept.parameters, name)
        if now != was:
            return f"the parameter {name!r} differs: it is {now}, and was {was}"
    return "the parameters differ"


def _encode_parameters(parameters: Mapping[str, object]) -> bytes:
    return request_bytes((), "", parameters, "")


def _format_parameter(parameters: Mapping[str, object], name: str) -> str:
    text = (
        json.dumps(plain(parameters[name]), ensure_ascii=False)
        if name in parameters
        else "not given"
    )
    return text if len(text) <= 4 * _SHOWN else f"{text[: 4 * _SHOWN]}…"


def _input_change(present: _Present, kept: StageResult) -> str:
    """Name an input that has changed since the stage read it: of its request, or any it read."""
    before = {normalize(read.path): read.sha256 for read in kept.inputs}
    if present.task.input_file:
        before.setdefault(normalize(present.task.input_file), kept.input_sha256)
    files = {normalize(file): file for file in present.task.inputs}
    files |= {normalize(read.path): read.path for read in kept.inputs}
    for key, file in files.items():
        now, was = present.digest(file), before.get(key, "")
        if not now:
            return f"its input cannot be seen from here: {file!r}"
        if not was:
            return "the record has no digest of its input"
        if now != was:
            return f"the input's digest differs: {_pair(now, was)}"
    return ""


def _output_change(present: _Present, kept: StageResult) -> str:
    if not kept.output_sha256:
        return "the record has no digest of its output"
    main = FileRecord(path=kept.output_file, sha256=kept.output_sha256)
    others = kept.metrics.outputs if kept.metrics else ()
    known = {normalize(written.path): written for written in (*kept.outputs, main)}
    for name in others:
        known.setdefault(normalize(name), FileRecord(path=name, sha256=""))
    for written in known.values():
        if is_url(written.path):
            return f"the output cannot be seen from here: {written.path!r}"
        if present.is_missing(written.path):
            return f"the output is missing: {written.path!r}"
        now = present.digest(written.path) if written.sha256 else ""
        if now != written.sha256:
            which = "" if written is main else f" {written.path!r}"
            return f"the output's digest differs{which}: {_pair(now, written.sha256)}"
    return ""


def _version_change(present: _Present, kept: StageResult) -> str:
    now, was = present.stage_version if kept.stage_version else "", kept.stage_version
    if not now or now == was:
        return ""
    return f"the stage's version differs: it is {now[:_SHOWN]!r}, and was {was[:_SHOWN]!r}"


def _pair(now: str, was: str) -> str:
    return f"it is {now[:_SHOWN] or 'unreadable'}, and was {was[:_SHOWN]}"

"""What an earlier run left that this one need not do again, and why each stage is reused or run again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from energykit.executor.message import plain, request_bytes
from energykit.executor.path import digest_later, local_path, seen_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from energykit.executor.task import Task
    from energykit.results import RunResult, StageResult

__all__ = ["EarlierRuns", "ReuseDecision", "upstream_digest"]

_SAME = "same request, same input, same output"
_SHOWN = 12


@dataclass(frozen=True, kw_only=True)
class ReuseDecision:
    """Whether a stage is run again."""

    reason: str = ""
    """Why, as a phrase; empty where there was nothing to judge."""
    input_sha256: str = ""
    """Digest of its input as it is now, where it was found."""
    kept: StageResult | None = None
    """What is reused; None: the stage is run again."""
    run_id: str = ""
    """The run that did the work that is reused."""


class EarlierRuns:
    """EarlierRuns runs of a configuration, looked through for work that stands.

    Parameters
    ----------
    runs
        The one that is resumed, then those that it resumed itself.
    predecessors
        Ids of the stages that each one waits for.
    others
        Further runs whose work may stand as well, the newest first.
    nothing
        Why there is no run, where there is none though there should be one.
    """

    def __init__(
        self,
        runs: tuple[RunResult, ...],
        predecessors: Mapping[str, tuple[str, ...]],
        *,
        others: tuple[RunResult, ...] = (),
        nothing: str = "",
    ) -> None:
        self.run_id = runs[0].run_id if runs else ""
        """The run that is resumed; empty for none."""
        self._runs = runs
        self._others = others
        self._resumed = {run.run_id for run in runs}
        self._predecessors = predecessors
        self._nothing = f"it was not finished in run {self.run_id}" if runs else nothing

    def decide(self, task: Task, done: Mapping[str, StageResult]) -> ReuseDecision:
        """Say whether a stage is run again: it is, unless request, input and output are all as they were recorded.

        Parameters
        ----------
        task
            The stage.
        done
            The stages of this run so far, by id.
        """
        present, reason = _Present(task, done), ""
        for run, kept in self._records(task.id):
            change = (
                self._change(present, run, kept) if kept.ok else f"it failed in run {run.run_id}"
            )
            if not change:
                by = kept.reused_from or run.run_id
                return ReuseDecision(
                    reason=_SAME, input_sha256=present.input_sha256, kept=kept, run_id=by
                )
            reason = reason or (change if run.run_id in self._resumed else "")
        return ReuseDecision(
            reason=reason or self._nothing, input_sha256=upstream_digest(task, done)
        )

    def _records(self, stage_id: str) -> Iterator[tuple[RunResult, StageResult]]:
        """Yield what became of a stage in each run that came so far."""
        for run in (*self._runs, *self._others):
            yield from (
                (run, stage) for stage in run if stage.id == stage_id and stage.status != "skipped"
            )

    def _change(self, present: _Present, run: RunResult, kept: StageResult) -> str:
        return (
            _request_change(present.task, kept)
            or _input_change(present, kept)
            or self._upstream_change(present, run)
            or _output_change(present, kept)
        )

    def _upstream_change(self, present: _Present, run: RunResult) -> str:
        """Name a stage that this one waits for, also where it is not its input, and that has another output now."""
        before = {stage.id: stage.output_sha256 for stage in run}
        for name in self._predecessors.get(present.task.id, ()):
            now = present.done[name].output_sha256 if name in present.done else ""
            if not now or now != before.get(name):
                return f"the output of {name!r}, which it waits for, differs"
        return ""


class _Present:
    """A stage's files as they are now, each read once."""

    def __init__(self, task: Task, done: Mapping[str, StageResult]) -> None:
        self.task = task
        self.done = done

    @cached_property
    def input_sha256(self) -> str:
        if not self.task.input_file:
            return ""
        return upstream_digest(self.task, self.done) or self._digest(self.task.input_file)

    @cached_property
    def output_sha256(self) -> str:
        return self._digest(self.task.output_file)

    def is_missing(self, file: str) -> bool:
        return seen_size(local_path(self.task.data_root, file)) is None

    def _digest(self, file: str) -> str:
        return digest_later(local_path(self.task.data_root, file)).result()


def _request_change(task: Task, kept: StageResult) -> str:
    for name in ("input_file", "output_file"):
        if (now := getattr(task, name)) != (was := getattr(kept, name)):
            return f"{name} differs: it is {now!r}, and was {was!r}"
    if _encode_parameters(task.parameters) == _encode_parameters(kept.parameters):
        return ""
    for name in sorted({*task.parameters, *kept.parameters}):
        now, was = (
            _format_parameter(task.parameters, name),
            _format_parameter(kept.parameters, name),
        )
        if now != was:
            return f"the parameter {name!r} differs: it is {now}, and was {was}"
    return "the parameters differ"


def _encode_parameters(parameters: Mapping[str, object]) -> bytes:
    return request_bytes("", "", parameters, "")


def _format_parameter(parameters: Mapping[str, object], name: str) -> str:
    text = (
        json.dumps(plain(parameters[name]), ensure_ascii=False)
        if name in parameters
        else "not given"
    )
    return text if len(text) <= 4 * _SHOWN else f"{text[: 4 * _SHOWN]}…"


def upstream_digest(task: Task, done: Mapping[str, StageResult]) -> str:
    """Return the digest of a stage's input where an earlier stage of this run wrote it, else nothing."""
    made = [
        stage.output_sha256
        for stage in done.values()
        if stage.ok and stage.output_file == task.input_file
    ]
    return made[-1] if made else ""


def _input_change(present: _Present, kept: StageResult) -> str:
    now, was, file = present.input_sha256, kept.input_sha256, present.task.input_file
    if not file:
        return ""
    if not now:
        return f"its input cannot be seen from here: {file!r}"
    if not was:
        return "the record has no digest of its input"
    return "" if now == was else f"the input's digest differs: {_pair(now, was)}"


def _output_change(present: _Present, kept: StageResult) -> str:
    if not kept.output_sha256:
        return "the record has no digest of its output"
    for file in (present.task.output_file, *(kept.metrics.outputs if kept.metrics else ())):
        if present.is_missing(file):
            return f"the output is missing: {file!r}"
    now, was = present.output_sha256, kept.output_sha256
    return "" if now == was else f"the output's digest differs: {_pair(now, was)}"


def _pair(now: str, was: str) -> str:
    return f"it is {now[:_SHOWN] or 'unreadable'}, and was {was[:_SHOWN]}"

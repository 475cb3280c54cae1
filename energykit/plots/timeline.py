"""The timeline of a run: every attempt of every stage as a bar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from energykit.errors import UsageError
from energykit.plots.alt import count, describe
from energykit.plots.theme import (
    BLUE,
    GREEN,
    PURPLE,
    VERMILLION,
    axes,
    dress,
    legend,
    note,
    package,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from energykit.results import RunResult, StageResult

__all__ = ["run_timeline"]

_LOOKS = {
    "succeeded": (GREEN, ""),
    "reused": (GREEN, "--"),
    "failed": (VERMILLION, "xx"),
    "retried": (PURPLE, "//"),
    "skipped": (BLUE, ".."),
}
"""Colour and hatch of each status; ``"retried"``: an attempt that failed and was followed by
another.
"""
_CLOCK_S = 1e-4
"""Stages that overlap by no more than this ran one after the other [s]."""


@dataclass(frozen=True)
class _Bar:
    """One bar of the timeline."""

    stage: str
    """Id of the stage."""
    status: str
    """A key of the looks."""
    start_s: float
    """From the start of the run [s]."""
    seconds: float
    """Length [s]."""


def run_timeline(run: RunResult | Iterable[StageResult], *, ax: Axes | None = None) -> Axes:
    """Draw a run as a Gantt chart: a row per stage, a bar per attempt, its status thrice encoded.

    Parameters
    ----------
    run
        The result of a run, or some of its stages.
    ax
        Axes to draw on; new ones when None.

    Returns
    -------
    matplotlib.axes.Axes
        One container of bars per status, its label the status; x is seconds since the run started
        [s].

    Raises
    ------
    UsageError
        When there are no stages.
    MissingPackageError
        When matplotlib is not installed.
    """
    stages = tuple(run)
    if not stages:
        hint = "give a RunResult, or the stages that `steps` yielded"
        raise UsageError(
            "the run has no stages, so there is nothing to draw",
            where="plots.run_timeline",
            hint=hint,
        )
    started: datetime = getattr(run, "started", None) or min(stage.started for stage in stages)
    bars = [bar for stage in stages for bar in _bars(stage, started)]
    end = max(bar.start_s + bar.seconds for bar in bars) or 1e-3
    ax = axes(ax, size=(8.5, 1.7 + 0.5 * len(stages)))
    _draw(ax, bars, {stage.id: row for row, stage in enumerate(stages)})
    for row, stage in enumerate(stages):
        note(ax, 1.02, row, _verdict(stage), va="center", transform=ax.get_yaxis_transform())
    ax.set_yticks(range(len(stages)), [stage.id for stage in stages])
    ax.set_ylim(len(stages) - 0.4, -0.6)
    ax.set_xlim(-end * 0.01, end * 1.01)
    dress(ax, title="Run timeline", x="time since the run started [s]", y="stage", grid="x")
    legend(ax, [_patch(status) for status in _LOOKS if any(bar.status == status for bar in bars)])
    parts = ", then ".join(map(_describe_group, _side_by_side(stages)))
    describe(
        ax, f"Timeline of a run of {count(len(stages), 'stage')} over {_duration(end)}: {parts}."
    )
    return ax


def _bars(stage: StageResult, started: datetime) -> list[_Bar]:
    """Return a bar for each attempt, or one for a stage without attempts."""
    if not stage.attempts:
        return [_Bar(stage.id, stage.status, _since(started, stage.started), stage.seconds)]
    *earlier, last = stage.attempts
    bars = [
        _Bar(stage.id, "retried", _since(started, attempt.started), attempt.seconds)
        for attempt in earlier
    ]
    return [*bars, _Bar(stage.id, stage.status, _since(started, last.started), last.seconds)]


def _side_by_side(stages: Iterable[StageResult]) -> list[list[StageResult]]:
    """Return the stages by when they began, those together that ran at the same time."""
    groups: list[list[StageResult]] = []
    end_s = 0.0
    for stage in sorted(stages, key=lambda one: one.started):
        start_s = stage.started.timestamp()
        if stage.seconds and start_s < end_s - _CLOCK_S:
            groups[-1].append(stage)
        else:
            groups.append([stage])
        end_s = max(end_s, start_s + stage.seconds)
    return groups


def _describe_group(group: Sequence[StageResult]) -> str:
    """Return what became of stages that ran at the same time."""
    said = "; ".join(f"{stage.id} {_verdict(stage)}" for stage in group)
    return f"side by side ({said})" if len(group) > 1 else said


def _since(started: datetime, moment: datetime) -> float:
    """Return the seconds from the start of the run to a moment."""
    return max((moment - started).total_seconds(), 0.0)


def _verdict(stage: StageResult) -> str:
    """Return what became of a stage, in words."""
    if stage.status == "skipped":
        return "skipped"
    code = f" ({stage.error.code})" if stage.error is not None else ""
    tries = f", {len(stage.attempts)} attempts" if len(stage.attempts) > 1 else ""
    return f"{stage.status}{code}, {_duration(stage.seconds)}{tries}"


def _duration(seconds: float) -> str:
    """Return a duration with its unit, three digits."""
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def _draw(ax: Axes, bars: Sequence[_Bar], rows: dict[str, int]) -> None:
    """Draw the bars, a container for each status."""
    for status, (colour, hatch) in _LOOKS.items():
        own = [bar for bar in bars if bar.status == status]
        if own:
            ax.barh(
                [rows[bar.stage] for bar in own],
                [bar.seconds for bar in own],
                left=[bar.start_s for bar in own],
                height=0.55,
                facecolor=(colour, 0.35),
                edgecolor=colour,
                linewidth=1.4,
                hatch=hatch,
                label=status,
            )


def _patch(status: str) -> Artist:
    """Return what explains a status in the legend."""
    colour, hatch = _LOOKS[status]
    patch: Artist = package("matplotlib.patches").Patch(
        facecolor=(colour, 0.35), edgecolor=colour, hatch=hatch, label=status
    )
    return patch

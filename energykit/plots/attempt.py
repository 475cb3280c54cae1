"""The attempts of stages: when each call was made, how it ended, and the pause before the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from energykit.errors import UsageError
from energykit.plots.alt import count, describe
from energykit.plots.theme import BLUE, GREEN, VERMILLION, axes, dress, legend, note, package
from energykit.results import StageResult
from energykit.results.view import second_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from energykit.results import Attempt, RunResult

__all__ = ["attempts"]

_LOOKS = {"call answered": (GREEN, ""), "failed call": (VERMILLION, "xx"), "pause": (BLUE, "..")}
"""Colour and hatch of each kind of bar."""
_THINNEST = 0.006
"""Share of the width that a bar has at least: a refusal takes a millisecond, and is to be seen all
the same.
"""


@dataclass(frozen=True)
class _Row:
    """One attempt on its own row."""

    name: str
    """Stage and number of the attempt."""
    start_s: float
    """From the first attempt of all [s]."""
    attempt: Attempt
    """What it shows."""


def attempts(
    result: RunResult | StageResult | Iterable[StageResult], *, ax: Axes | None = None
) -> Axes:
    """Draw the attempts of a stage, or of each stage of a run: a row per call, with its pause.

    Parameters
    ----------
    result
        A run, one of its stages, or several stages.
    ax
        Axes to draw on; new ones when None.

    Returns
    -------
    matplotlib.axes.Axes
        One container of bars per kind (``"call answered"``, ``"failed call"``, ``"pause"``), its
        label the kind; x is seconds since the first attempt [s]. Beside each row stand the status
        code, the time of the call, and the pause.

    Raises
    ------
    UsageError
        When no stage has an attempt: all were reused or skipped.
    MissingPackageError
        When matplotlib is not installed.
    """
    rows = _rows([result] if isinstance(result, StageResult) else list(result))
    ax = axes(ax, size=(8.5, 1.7 + 0.4 * len(rows)))
    end = max(row.start_s + row.attempt.seconds + row.attempt.wait_s for row in rows) or 1e-3
    bars = _bars(rows, end)
    _draw(ax, bars)
    for at, row in enumerate(rows):
        note(ax, 1.02, at, _words(row.attempt), va="center", transform=ax.get_yaxis_transform())
    ax.set_yticks(range(len(rows)), [row.name for row in rows])
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlim(-end * 0.01, end * 1.01)
    dress(
        ax, title="Attempts", x="time since the first attempt [s]", y="stage and attempt", grid="x"
    )
    legend(ax, [_patch(kind) for kind in _LOOKS if bars[kind]])
    sentences = "; ".join(f"{row.name} {_words(row.attempt)}" for row in rows)
    describe(ax, f"Timeline of {count(len(rows), 'attempt')} over {second_text(end)}: {sentences}.")
    return ax


def _rows(stages: Sequence[StageResult]) -> list[_Row]:
    started = [attempt.started for stage in stages for attempt in stage.attempts]
    if not started:
        hint = "draw a run with a stage that was called, neither reused nor skipped"
        raise UsageError(
            "there are no attempts, so there is nothing to draw", where="plots.attempts", hint=hint
        )
    first = min(started)
    return [
        _Row(f"{stage.id} {attempt.number}", (attempt.started - first).total_seconds(), attempt)
        for stage in stages
        for attempt in stage.attempts
    ]


def _bars(rows: Sequence[_Row], end: float) -> dict[str, list[tuple[int, float, float]]]:
    """Return row, start [s] and length [s] of the bars of each kind."""
    bars: dict[str, list[tuple[int, float, float]]] = {kind: [] for kind in _LOOKS}
    for at, row in enumerate(rows):
        kind = "call answered" if row.attempt.status == "OK" else "failed call"
        bars[kind].append((at, row.start_s, max(row.attempt.seconds, end * _THINNEST)))
        if row.attempt.wait_s:
            bars["pause"].append((at, row.start_s + row.attempt.seconds, row.attempt.wait_s))
    return bars


def _draw(ax: Axes, bars: dict[str, list[tuple[int, float, float]]]) -> None:
    for kind in (
        "pause",
        "call answered",
        "failed call",
    ):  # a thin call lies above the pause after it
        own, (colour, hatch) = bars[kind], _LOOKS[kind]
        if own:
            ax.barh(
                [at for at, _, _ in own],
                [seconds for _, _, seconds in own],
                left=[start for _, start, _ in own],
                height=0.3 if kind == "pause" else 0.55,
                facecolor=(colour, 0.35),
                edgecolor=colour,
                linewidth=1.4,
                hatch=hatch,
                label=kind,
            )


def _words(attempt: Attempt) -> str:
    """Return how an attempt ended, in words."""
    pause = f", then a pause of {second_text(attempt.wait_s)}" if attempt.wait_s else ""
    return f"{attempt.status} after {second_text(attempt.seconds)}{pause}"


def _patch(kind: str) -> Artist:
    """Return what explains a kind of bar in the legend."""
    colour, hatch = _LOOKS[kind]
    patch: Artist = package("matplotlib.patches").Patch(
        facecolor=(colour, 0.35), edgecolor=colour, hatch=hatch, label=kind
    )
    return patch

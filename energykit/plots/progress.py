"""The progress of stages: how much was done at each moment."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from energykit.errors import UsageError
from energykit.plots.alt import count, describe
from energykit.plots.theme import BLUE, GREEN, PURPLE, VERMILLION, axes, dress, legend
from energykit.results.view import second_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes

    from energykit.executor import Event, Progress

__all__ = ["progress"]

_LOOKS = ((BLUE, "o"), (VERMILLION, "s"), (GREEN, "^"), (PURPLE, "D"))
"""Colour and marker of the stages, in their order; then from the start again."""
_TINY = 0.01
"""Share of a phase's largest file below which another one is not drawn."""
_STYLES = ("-", "--", ":")
"""Line style of each phase, the same in every stage; in their order, then from the start again."""


def progress(events: Iterable[Event], *, ax: Axes | None = None) -> Axes:
    """Draw the progress that stages reported: a line per stage and phase, a marker per event.

    Parameters
    ----------
    events
        What ``on_event`` of a run was given; only its `energykit.executor.Progress` are drawn. All
        count the same unit.
    ax
        Axes to draw on; new ones when None.

    Returns
    -------
    matplotlib.axes.Axes
        One line per stage and phase, its label both; x is the time since the stage began [s], y how
        much was done, in the unit of the events. Each line begins at (0, 0); it is broken where a
        phase begins again, with another file.

    Raises
    ------
    UsageError
        When there is no progress among the events, or it counts in several units.
    MissingPackageError
        When matplotlib is not installed.
    """
    stages = _by_stage(events)
    unit = _unit(stages)
    ax = axes(ax, size=(8.5, 4.2))
    phases = list(dict.fromkeys(step.phase for steps in stages.values() for step in steps))
    for at, (name, steps) in enumerate(stages.items()):
        for phase, own in _by_phase(steps).items():
            colour, marker = _LOOKS[at % len(_LOOKS)]
            style = _STYLES[phases.index(phase) % len(_STYLES)]
            look: dict[str, Any] = {"color": colour, "marker": marker, "linestyle": style}
            ax.plot(*_points(own), **look, label=f"{name}: {phase}")
    ax.set_ylim(bottom=0)
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    dress(ax, title="Progress", x="time since the stage began [s]", y=f"done [{unit}]")
    legend(ax)
    described = "; ".join(_words(name, steps, unit) for name, steps in stages.items())
    describe(ax, f"Progress of {count(len(stages), 'stage')}: {described}.")
    return ax


def _by_stage(events: Iterable[Event]) -> dict[str, list[Progress]]:
    """Return the progress of each stage, in the order in which the stages began."""
    from energykit.executor import Progress  # heavy: gRPC

    stages: dict[str, list[Progress]] = {}
    for event in events:
        if isinstance(event, Progress):
            stages.setdefault(event.id, []).append(event)
    if not stages:
        hint = (
            "collect the events of a run: seen = []; ek.run(config, services, on_event=seen.append)"
        )
        raise UsageError(
            "no event reports progress, so there is nothing to draw",
            where="plots.progress",
            hint=hint,
        )
    return stages


def _by_phase(events: Iterable[Progress]) -> dict[str, list[Progress]]:
    phases: dict[str, list[Progress]] = {}
    for one in events:
        phases.setdefault(one.phase, []).append(one)
    return phases


def _points(events: Iterable[Progress]) -> tuple[list[float], list[float]]:
    """Return seconds and amounts, NaN between files; a tiny one, such as a summary, is left out."""
    files: list[list[Progress]] = [[]]
    for one in events:
        if files[-1] and one.done < files[-1][-1].done:
            files.append([])
        files[-1].append(one)
    most = max(file[-1].done for file in files)
    seconds, done = [0.0], [0.0]
    for number, file in enumerate(each for each in files if each[-1].done >= most * _TINY):
        if number:
            seconds, done = [*seconds, math.nan], [*done, math.nan]
        seconds += [one.seconds for one in file]
        done += [float(one.done) for one in file]
    return seconds, done


def _unit(stages: dict[str, list[Progress]]) -> str:
    units = sorted({one.unit for events in stages.values() for one in events})
    if len(units) > 1:
        hint = "draw the stages of one unit at a time"
        raise UsageError(
            f"the events count in {' and '.join(units)}", where="plots.progress", hint=hint
        )
    return units[0]


def _words(name: str, events: list[Progress], unit: str) -> str:
    most = max(events, key=lambda one: one.done)
    first_s, most_s = second_text(events[0].seconds), second_text(most.seconds)
    times = count(len(events), "time")
    return (
        f"{name} reported {times}, first after {first_s}, "
        f"and had {most.done:,} {unit} after {most_s}"
    )

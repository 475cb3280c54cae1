"""From a grid to its points: one configuration for each combination of values."""

from __future__ import annotations

import itertools
import json
import math
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from energykit.config import config_as_json
from energykit.errors import UsageError
from energykit.experiments.input_files import INPUT, expand_pattern
from energykit.experiments.point import Point
from energykit.experiments.setting import set_values
from energykit.experiments.value import as_json_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from os import PathLike

    from energykit.config import PipelineConfig

__all__ = ["MOST_POINTS", "combinations", "count_points", "points"]

MOST_POINTS = 100_000
"""A larger grid is refused: it is a typing error, or a job for several sweeps."""


def count_points(grid: Mapping[str, Sequence[Any]]) -> int:
    """Return how many combinations a grid has, without making one.

    Raises
    ------
    energykit.errors.UsageError
        They are more than `MOST_POINTS`.
    """
    size = math.prod(len(values) for values in grid.values())
    if size > MOST_POINTS:
        longest = max(grid, key=lambda key: len(grid[key]))
        what = f"{size:,} points, and at most {MOST_POINTS:,} are run"
        hint = f"{longest!r} has {len(grid[longest]):,} values: give fewer, or a larger step"
        raise UsageError(what, where="grid", hint=hint)
    return size


def combinations(grid: Mapping[str, Iterable[Any]]) -> Iterator[dict[str, Any]]:
    """Return every combination of a grid's values; the last key changes fastest.

    Raises
    ------
    energykit.errors.UsageError
        What stands beside a key is one value, not several; a value cannot travel in a request; or
        the grid has more points than `MOST_POINTS`.
    """
    bounded = {key: _bounded(key, values) for key, values in grid.items()}
    count_points(bounded)
    values = [[as_json_value(value, key) for value in several] for key, several in bounded.items()]
    return (dict(zip(grid, chosen, strict=True)) for chosen in itertools.product(*values))


def _bounded(key: str, values: object) -> Sequence[Any]:
    """Return the values of a key as a sequence; of an endless one no more than are refused."""
    if isinstance(values, range | list | tuple):
        return values
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        what = f"{key!r}: {values!r:.60} is not a list of values"
        raise UsageError(what, where="grid", hint=f"write [{values!r:.60}]")
    return list(itertools.islice(values, MOST_POINTS + 1))


def points(
    config: PipelineConfig,
    grid: Mapping[str, Iterable[Any]],
    *,
    data_root: str | PathLike[str] = "data",
    repeats: int = 1,
) -> list[Point]:
    """Return the points of a grid; the last key changes fastest, repeats faster still.

    Parameters
    ----------
    config
        The pipeline.
    grid
        Values by key; a pattern such as ``/data/meters/*.csv`` may stand beside an ``input_file``.
    data_root
        What ``/data`` stands for: where patterns look.
    repeats
        How often each combination is run.

    Raises
    ------
    energykit.errors.UsageError
        A key does not name a container, or nothing in it; one value stands beside it, not several;
        a value cannot travel; a pattern has no file; or there are more points than `MOST_POINTS`.
    """
    if type(repeats) is not int or repeats < 1:
        raise UsageError(f"repeats={repeats!r}", where="sweep", hint="a whole number from 1")
    files = {
        key: expand_pattern(key, values, data_root) if key.endswith(INPUT) else values
        for key, values in grid.items()
    }
    bounded = {key: _bounded(key, several) for key, several in files.items()}
    count_points({**bounded, "repeats": range(repeats)})
    base = Point(
        number=0,
        settings={},
        config="",
        plan="",
        data_root=str(data_root),
        run_id=f"sweep-{secrets.token_hex(4)}",
    )
    plan = config_as_json(config)
    settled = ((chosen, again) for chosen in combinations(bounded) for again in range(repeats))
    return [
        _point(base, plan, chosen, number, again if repeats > 1 else None)
        for number, (chosen, again) in enumerate(settled)
    ]


def _point(
    base: Point, plan: dict[str, Any], settings: dict[str, Any], number: int, repeat: int | None
) -> Point:
    """Return a point of its own number and settings, else as another one."""
    changed = set_values(plan, settings)
    folder = PurePosixPath("/data/sweeps", base.run_id, f"{number:04d}")
    return replace(
        base,
        number=number,
        settings=settings if repeat is None else {**settings, "repeat": repeat},
        config=json.dumps(_moved(changed, folder)),
        plan=json.dumps([changed, repeat], sort_keys=True),
        place=str(folder.relative_to("/data")),
        run_id=f"{base.run_id}-{number:04d}",
    )


def _moved(plan: dict[str, Any], folder: PurePosixPath) -> dict[str, Any]:
    """Return a configuration whose outputs go to a folder, and whose stages read them there."""
    nodes = plan["containers"]
    names = [PurePosixPath(one["output_file"]).name for one in nodes.values()]
    written = {
        one["output_file"]: str(folder / (name if names.count(name) == 1 else f"{key}-{name}"))
        for (key, one), name in zip(nodes.items(), names, strict=True)
    }
    moved = {key: _rerouted(one, written) for key, one in nodes.items()}
    return {**plan, "containers": moved}


def _rerouted(container: dict[str, Any], written: Mapping[str, str]) -> dict[str, Any]:
    """Return a container that reads and writes where the others do."""
    places = {key: written.get(container[key], container[key]) for key in _FILES & container.keys()}
    several = container.get("input_files", ())
    joined = {"input_files": [written.get(file, file) for file in several]} if several else {}
    return {**container, **places, **joined}


_FILES = {"input_file", "output_file"}

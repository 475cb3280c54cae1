"""From a grid to its points: one configuration for each combination of values."""

from __future__ import annotations

import itertools
import json
import secrets
from collections.abc import Iterable, Mapping
from copy import deepcopy
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from energykit.config import config_as_json
from energykit.errors import UsageError, nearest
from energykit.experiments.point import Point

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    from energykit.config import PipelineConfig

__all__ = ["combinations", "points"]


def combinations(grid: Mapping[str, Iterable[Any]]) -> Iterator[dict[str, Any]]:
    """Yield every combination of a grid's values; the last key changes fastest.

    Raises
    ------
    energykit.errors.UsageError
        What stands beside a key is one value, not several.
    """
    values = [_values(key, given) for key, given in grid.items()]
    for combination in itertools.product(*values):
        yield dict(zip(grid, combination, strict=True))


def _values(key: str, given: object) -> list[Any]:
    """Return the values of a key, those of numpy as Python's own: they go into a configuration."""
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise UsageError(
            f"{key!r}: {given!r} is no list of values", where="grid", hint=f"write [{given!r}]"
        )
    return [one.item() if hasattr(one, "item") else one for one in given]


def points(
    config: PipelineConfig,
    grid: Mapping[str, Iterable[Any]],
    *,
    data_root: str | PathLike[str] = "data",
) -> list[Point]:
    """Return the points of a grid; the last key changes fastest.

    Raises
    ------
    energykit.errors.UsageError
        A key names no container, or nothing in it; or one value stands beside it, not several.
    """
    name = f"sweep-{secrets.token_hex(4)}"
    found = []
    for number, settings in enumerate(combinations(grid)):
        plan = _moved(
            _set(config_as_json(config), settings),
            PurePosixPath("/data/sweeps", name, f"{number:04d}"),
        )
        point = Point(
            number=number,
            settings=settings,
            config=json.dumps(plan),
            data_root=str(data_root),
            run_id=f"{name}-{number:04d}",
        )
        found.append(point)
    return found


def _set(plan: dict[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration with parameters set."""
    changed = deepcopy(plan)
    for key, value in settings.items():
        name, _, path = key.partition(".")
        if name not in changed["containers"] or not path:
            hint = (
                nearest(name, changed["containers"])
                if name not in changed["containers"]
                else "write CONTAINER.PARAMETER"
            )
            raise UsageError(f"{key!r} names no parameter of a container", where="grid", hint=hint)
        _put(changed["containers"][name].setdefault("parameters", {}), path.split("."), value, key)
    return changed


def _put(holder: dict[str, Any], path: list[str], value: Any, key: str) -> None:
    """Set a value below an object; a part that is not there is made."""
    for at, part in enumerate(path[:-1]):
        below = holder.setdefault(part, {})
        if isinstance(below, list):
            _put(_named(below, path[at + 1], key), path[at + 2 :], value, key)
            return
        if not isinstance(below, dict):
            raise UsageError(
                f"{key!r}: {part!r} is {below!r}, which has nothing below it", where="grid"
            )
        holder = below
    if not path:
        raise UsageError(
            f"{key!r} ends at a name, not at a parameter",
            where="grid",
            hint="add the parameter's name",
        )
    holder[path[-1]] = value


def _named(items: list[Any], name: str, key: str) -> dict[str, Any]:
    """Return the object of that name in a list; a bare name becomes an object."""
    for at, one in enumerate(items):
        if one == name:
            items[at] = {"name": name}
        if isinstance(items[at], dict) and items[at].get("name") == name:
            found: dict[str, Any] = items[at]
            return found
    known = [one if isinstance(one, str) else one.get("name", "") for one in items]
    raise UsageError(
        f"{key!r}: there is no {name!r} in the list", where="grid", hint=nearest(name, known)
    )


def _moved(plan: dict[str, Any], folder: PurePosixPath) -> dict[str, Any]:
    """Return a configuration whose outputs go to a folder, and whose stages read them there."""
    written = {
        one["output_file"]: str(folder / PurePosixPath(one["output_file"]).name)
        for one in plan["containers"].values()
    }
    for one in plan["containers"].values():
        one["output_file"] = written[one["output_file"]]
        one["input_file"] = written.get(one["input_file"], one["input_file"])
    return plan

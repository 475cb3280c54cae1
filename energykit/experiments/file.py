"""A sweep in a file: what runs, and the values of its parameters."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from energykit.errors import MissingPackageError, UsageError, nearest
from energykit.experiments.input_files import INPUT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

__all__ = ["GridFile", "read_grid"]

_KEYS = ("grid", "notebook", "pipeline")


@dataclass(frozen=True, kw_only=True)
class GridFile:
    """What a file says."""

    kind: Literal["notebook", "pipeline"]
    """What is swept over."""
    path: Path
    """The configuration or the notebook; relative to the file in which it is named."""
    grid: Mapping[str, Sequence[Any]]
    """Values by key; the pattern of a sweep over inputs is the only one of its list."""

    @property
    def size(self) -> int:
        """How many points it has, a pattern counted as one file."""
        return math.prod(len(values) for values in self.grid.values())


def read_grid(path: str | PathLike[str]) -> GridFile:
    """Read a sweep from a YAML or JSON file.

    Parameters
    ----------
    path
        The file. It names a ``pipeline`` (a configuration) or a ``notebook``, and holds a ``grid``:
        a list of values by key, or ``{range: [start, stop]}`` or ``{range: [start, stop, step]}``
        for whole numbers, `stop` left out.

    Raises
    ------
    energykit.errors.UsageError
        The file cannot be read, or is not of this shape.
    energykit.errors.MissingPackageError
        PyYAML is not installed and the file is YAML.
    """
    file = Path(path)
    found = _content(file)
    unknown = [key for key in found if key not in _KEYS]
    if unknown:
        raise UsageError(
            f"unknown key {unknown[0]!r}", where=str(file), hint=nearest(unknown[0], _KEYS)
        )
    if ("notebook" in found) == ("pipeline" in found):
        raise UsageError(
            "it names a pipeline or a notebook, one of them",
            where=str(file),
            hint="pipeline: FILE.json",
        )
    grid = found.get("grid")
    if not isinstance(grid, dict) or not grid:
        raise UsageError(
            "there is no grid", where=f"{file}: grid", hint="grid: {energy-generator.seed: [1, 2]}"
        )
    kind: Literal["notebook", "pipeline"] = "notebook" if "notebook" in found else "pipeline"
    return GridFile(
        kind=kind,
        path=_target(file, kind, str(found[kind])),
        grid={str(key): _values(one, key, file) for key, one in grid.items()},
    )


def _target(file: Path, kind: str, name: str) -> Path:
    """Return what is swept over, which is named relative to the file."""
    target = file.parent / name
    if not target.is_file():
        hint = "it is relative to this file"
        raise UsageError(f"there is no {kind} {target}", where=f"{file}: {kind}", hint=hint)
    return target


def _values(given: Any, key: str, file: Path) -> Sequence[Any]:
    if isinstance(given, list):
        return given
    if isinstance(given, str) and key.endswith(INPUT):
        return [given]
    if isinstance(given, dict) and list(given) == ["range"]:
        bounds = given["range"]
        if (
            isinstance(bounds, list)
            and len(bounds) in {2, 3}
            and all(type(one) is int for one in bounds)
        ):
            return _range(bounds, key, file)
    raise UsageError(
        f"{given!r} is not a list of values",
        where=f"{file}: grid: {key}",
        hint="[1, 2, 3] or {range: [0, 5]}",
    )


def _range(bounds: list[int], key: str, file: Path) -> range:
    try:
        return range(*bounds)
    except ValueError:
        where = f"{file}: grid: {key}"
        raise UsageError("a step of 0 never ends", where=where, hint="leave it out") from None


def _content(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
        found = json.loads(text) if file.suffix == ".json" else _yaml(text)
    except (OSError, ValueError) as exc:
        raise UsageError(
            f"cannot be read: {exc}", where=str(file), hint="a YAML or JSON file"
        ) from exc
    if not isinstance(found, dict):
        raise UsageError(
            "is not a sweep", where=str(file), hint="pipeline: FILE.json and grid: {KEY: [VALUES]}"
        )
    return found


def _yaml(text: str) -> Any:
    try:
        import yaml  # comes with the notebook packages
    except ImportError:
        raise MissingPackageError(
            "pyyaml", extra="notebooks", needed_for="a sweep in YAML"
        ) from None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as exc:
        raise ValueError(str(exc)) from exc

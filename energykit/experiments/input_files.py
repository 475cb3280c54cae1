"""A sweep over inputs: a list of files, or a pattern that stands for those that there are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.config.location import inside_root, is_url
from energykit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from os import PathLike

__all__ = ["INPUT", "expand_pattern", "files_outside", "inputs_of"]

INPUT = ".input_file"
"""How the key of a sweep over inputs ends: ``energy-generator.input_file``."""
_MARKS = frozenset("*?[")


def expand_pattern(
    key: str, values: str | Iterable[Any], data_root: str | PathLike[str]
) -> list[Any]:
    """Return the files that stand beside a key, patterns replaced by what they match, sorted.

    Parameters
    ----------
    key
        Of the grid.
    values
        A path or pattern, or several; ``**`` matches any number of folders.
    data_root
        What ``/data`` stands for.

    Raises
    ------
    energykit.errors.UsageError
        A pattern matches no file.
    """
    listed = [values] if isinstance(values, str) else list(values)
    return [file for one in listed for file in _matches(key, one, Path(data_root))]


def _matches(key: str, file: Any, root: Path) -> list[Any]:
    if not isinstance(file, str) or not _MARKS & set(file):
        return [file]
    if is_url(file):
        what, hint = f"{key!r}: {file!r} is a pattern of URLs", "list the objects one by one"
        raise UsageError(what, where="grid", hint=hint)
    place = inside_root(file)
    if place.startswith("/"):
        what, hint = f"{key!r}: {file!r} is outside /data", "write /data/… or a relative pattern"
        raise UsageError(what, where="grid", hint=hint)
    matches = sorted(path for path in root.glob(place) if path.is_file())
    if not matches:
        hint = f"look into {root}; quote the pattern where a shell would expand it"
        raise UsageError(f"{key!r}: {file!r} matches no file", where="grid", hint=hint)
    return [f"/data/{path.relative_to(root).as_posix()}" for path in matches]


def inputs_of(plan: Mapping[str, Any]) -> list[str]:
    """Return the inputs that no stage of a configuration writes, sorted, each once.

    Parameters
    ----------
    plan
        The configuration as JSON.
    """
    nodes = plan["containers"].values()
    made = {inside_root(one["output_file"]) for one in nodes}
    named = {file for one in nodes for file in (one.get("input_files") or [one["input_file"]])}
    return sorted(file for file in named if file and inside_root(file) not in made)


def files_outside(text: str, root: Path) -> list[str]:
    """Return every file here that the stages of a point read and do not write.

    Inputs, those that fit an input that is a pattern, and files that a parameter names.

    Parameters
    ----------
    text
        The plan of a point.
    root
        What ``/data`` stands for here.
    """
    plan, _repeat = json.loads(text)
    parameters = [one.get("parameters", {}) for one in plan["containers"].values()]
    named = [*inputs_of(plan), *(text for text in _texts(parameters) if text.startswith("/data/"))]
    places = [path for name in named for path in _places(root, inside_root(name))]
    return sorted({f"/data/{path.relative_to(root).as_posix()}" for path in places})


def _places(root: Path, place: str) -> list[Path]:
    if place.startswith(("/", "..")):
        return []
    paths = root.glob(place) if _MARKS & set(place) else [root / place]
    return [path for path in paths if path.is_file()]


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in a value of JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for below in value.values() if isinstance(value, dict) else value:
            yield from _texts(below)

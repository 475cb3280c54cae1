"""A sweep over inputs: a list of files, or a pattern that stands for those that there are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.config.location import inside_root
from energykit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike

__all__ = ["INPUT", "expand_pattern"]

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
    place = inside_root(file)
    if place.startswith("/"):
        what, hint = f"{key!r}: {file!r} is outside /data", "write /data/… or a relative pattern"
        raise UsageError(what, where="grid", hint=hint)
    matches = sorted(path for path in root.glob(place) if path.is_file())
    if not matches:
        hint = f"look into {root}; quote the pattern where a shell would expand it"
        raise UsageError(f"{key!r}: {file!r} matches no file", where="grid", hint=hint)
    return [f"/data/{path.relative_to(root).as_posix()}" for path in matches]

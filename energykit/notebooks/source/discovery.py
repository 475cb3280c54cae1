"""Which notebooks are meant by paths."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from energykit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["find_notebooks"]


def find_notebooks(paths: Iterable[Path | str]) -> list[Path]:
    """Return notebooks in the order in which they are named; of a folder, those in it by name.

    Parameters
    ----------
    paths
        Notebooks, and folders of them; what a folder hides is left out, and so are its folders.

    Raises
    ------
    energykit.errors.UsageError
        A folder holds none.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        found.extend(_in(path) if path.is_dir() else [path])
    return list(dict.fromkeys(found))


def _in(folder: Path) -> list[Path]:
    inside = sorted(path for path in folder.glob("*.ipynb") if not path.name.startswith("."))
    if not inside:
        raise UsageError(
            "the folder holds no notebooks",
            where=str(folder),
            hint="name one that holds .ipynb files",
        )
    return inside

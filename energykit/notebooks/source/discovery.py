"""Which notebooks are meant by paths."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from energykit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["find_notebooks", "is_remote", "is_run_folder"]


def is_remote(path: Path | str) -> bool:
    """Return whether a path is an address that papermill reads, as ``s3://bucket/a.ipynb``."""
    return "://" in str(path)


def is_run_folder(folder: Path) -> bool:
    """Return whether a folder is that of a run: the notebooks in it are executed copies."""
    return (folder / "job.json").is_file() and (folder / "project").is_dir()


def find_notebooks(paths: Iterable[Path | str], exclude: Sequence[str] = ()) -> list[str]:
    """Return notebooks in the order in which they are named; of a folder, those in and below it.

    Parameters
    ----------
    paths
        Notebooks, folders of them, and addresses. Below a folder hidden files and folders are left
        out, and so are the copies that an earlier run executed.
    exclude
        Patterns of paths or names that are left out, as ``"draft-*"`` or ``"old/*"``.

    Raises
    ------
    energykit.errors.UsageError
        A folder holds none, or every notebook is excluded.
    """
    every: list[str] = []
    for path in paths:
        is_folder = not is_remote(path) and Path(path).is_dir()
        every += _notebooks_in(Path(path)) if is_folder else [str(path)]
    kept = [path for path in dict.fromkeys(every) if not _is_excluded(path, exclude)]
    if every and not kept:
        hint = "leave out fewer patterns"
        raise UsageError("every notebook is excluded", where=", ".join(exclude), hint=hint)
    return kept


def _notebooks_in(folder: Path) -> list[str]:
    notebooks = sorted(
        (path.parent, path.name)
        for path in folder.rglob("*.ipynb")
        if not _is_left_out(path, folder)
    )
    if not notebooks:
        hint = "name one that holds .ipynb files"
        raise UsageError("the folder holds no notebooks", where=str(folder), hint=hint)
    return [str(parent / name) for parent, name in notebooks]


def _is_left_out(path: Path, folder: Path) -> bool:
    """Return whether a path is hidden, a folder, or below the folder of a run."""
    below = path.relative_to(folder)
    if any(part.startswith(".") for part in below.parts) or not path.is_file():
        return True
    parents = [folder / parent for parent in below.parents]
    return any(map(is_run_folder, parents))


def _is_excluded(path: str, patterns: Sequence[str]) -> bool:
    names = (path, Path(path).name, Path(path).as_posix())
    return any(
        fnmatch(name, f"*/{pattern}") or fnmatch(name, pattern)
        for name in names
        for pattern in patterns
    )

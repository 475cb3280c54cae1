"""Checking notebooks as they are stored: nothing is run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from energykit.errors import UsageError, nearest, suggest_file
from energykit.notebooks.rules import CHECKS, RULES
from energykit.notebooks.rules.finding import Finding, read_stored

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from energykit.notebooks.rules.finding import StoredNotebook

__all__ = ["check", "notebooks_in"]


def check(paths: Iterable[Path | str], *, ignore: Collection[str] = ()) -> tuple[Finding, ...]:
    """Return what is wrong with stored notebooks, in the order of files and cells.

    Parameters
    ----------
    paths
        Notebooks, or folders of them.
    ignore
        Names of rules, or of subjects (``"stored"``, ``"grading"``, ``"code"``, ``"prose"``), that
        are not looked at. A notebook, or a cell, has its own in its metadata: ``{"energykit":
        {"ignore": ["url"]}}``.

    Raises
    ------
    energykit.errors.UsageError
        There is no such path, a folder holds no notebook, or a rule has no such name.
    """
    left_out = _rules(ignore)
    return tuple(finding for path in notebooks_in(paths) for finding in _of(path, left_out))


def notebooks_in(paths: Iterable[Path | str]) -> list[Path]:
    """Return the notebooks that paths mean: files, and those in and below folders.

    Checkpoints of Jupyter are left out.

    Raises
    ------
    energykit.errors.UsageError
        There is no such path, or a folder holds no notebook.
    """
    found: dict[Path, None] = {}
    for path in map(Path, paths):
        if not path.exists():
            hint = suggest_file(path)
            raise UsageError("there is no such notebook or folder", where=str(path), hint=hint)
        below = (
            [path]
            if path.is_file()
            else sorted(one for one in path.rglob("*.ipynb") if not _is_hidden(one, path))
        )
        if not below:
            raise UsageError(
                "the folder holds no notebook",
                where=str(path),
                hint="name a folder with .ipynb files",
            )
        found |= dict.fromkeys(below)
    return list(found)


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _rules(names: Collection[str]) -> frozenset[str]:
    every = frozenset().union(*RULES.values())
    for name in names:
        if name not in every and name not in RULES:
            raise UsageError(
                f"there is no rule {name!r}",
                where="ignore",
                hint=nearest(name, every | RULES.keys()),
            )
    return frozenset().union(*(RULES.get(name, frozenset({name})) for name in names))


def _of(path: Path, left_out: frozenset[str]) -> list[Finding]:
    try:
        notebook = read_stored(path)
    except ValueError as exc:
        hint = "give a file that Jupyter can open"
        return [Finding(str(path), "nbformat", f"is not a notebook: {exc}", hint)]
    found = [
        finding for look in CHECKS for finding in look(notebook) if finding.rule not in left_out
    ]
    return sorted((one for one in found if not _asked(notebook, one)), key=lambda one: one.number)


def _asked(notebook: StoredNotebook, finding: Finding) -> bool:
    """Whether the notebook itself asks to ignore a finding."""
    asked = notebook.ignored(finding.number)
    return finding.rule in asked or any(finding.rule in RULES.get(name, ()) for name in asked)

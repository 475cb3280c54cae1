"""The folder that a notebook runs in: a copy of its own place, so that the source is never written.

::

    RUN/                 job.json, verdict.json, worker.log, evidence.json, figures/, tmp/
    RUN/project/         what lies beside and above the notebook, up to the project's root
    RUN/project/…/NAME   the executed copy

The root is the nearest folder above with a mark of a project (``.git``, ``pyproject.toml`` …), else
the working directory where the notebook is below it, else the folder above the notebook's own.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from energykit.errors import UsageError
from energykit.notebooks.source.discovery import is_remote
from energykit.notebooks.source.tree_copy import TreeCopy
from energykit.private_folder import check_place, make_private_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["RunFolder", "lay_out", "project_root"]

_MARKS = (
    ".git",
    ".hg",
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "environment.yml",
    "requirements.txt",
    "_config.yml",
    "myst.yml",
    "Project.toml",
    "DESCRIPTION",
)
_PROJECT = "project"


@dataclass(frozen=True, kw_only=True)
class RunFolder:
    """Where a notebook runs."""

    folder: Path
    """The run's folder."""
    copy: Path
    """The notebook's copy, which is executed."""
    home: Path
    """The kernel's working directory."""
    root: Path
    """The project's root, of which the run's folder holds a copy."""
    copied: dict[Path, Path] = field(default_factory=dict)
    """Source file by copied file."""
    linked: frozenset[Path] = frozenset()
    """Source files that are too large to copy: the run's folder links to them."""
    notes: tuple[str, ...] = ()
    """What is not a copy, as sentences."""


def lay_out(
    notebook: str, folder: Path, *, cwd: Path | None = None, files: Sequence[str] = ()
) -> RunFolder:
    """Copy a notebook's place into a run's folder; the notebook itself is not written.

    Parameters
    ----------
    notebook
        Its path or address.
    folder
        The run's folder; made if it is missing.
    cwd
        The folder that the notebook is to run in; None: its own.
    files
        Further files, as patterns below the notebook's folder; they are copied whatever their size.

    Raises
    ------
    energykit.errors.UsageError
        A pattern matches no file, the working directory is not a folder, or the run's folder, or
        the one that it is in, is another user's.
    """
    place = _place(notebook, cwd)
    if not place.is_dir():
        raise UsageError("is not a folder", where=str(place), hint="name an existing folder")
    further = _matching(place, files)
    root = project_root(place)
    base = Path(os.path.commonpath([root, *(path.parent for path in further)]))
    make_private_folder(folder)
    check_place(folder.parent)
    (folder / "tmp").mkdir(exist_ok=True)
    (folder / _PROJECT).mkdir(exist_ok=True)
    (folder / "job.json").touch()  # now it is a run's folder: no other run copies it
    copies = TreeCopy(base, folder / _PROJECT, leave_out=folder)
    copies.copy_files(further)
    copies.copy_around(place, root)
    home = folder / _PROJECT / place.relative_to(base)
    home.mkdir(parents=True, exist_ok=True)
    name = Path(notebook).name
    at = home if cwd is None or is_remote(notebook) else folder / _PROJECT / _beside(notebook, base)
    at.mkdir(parents=True, exist_ok=True)
    return RunFolder(
        folder=folder,
        copy=at / name,
        home=home,
        root=base,
        copied=copies.copied,
        linked=frozenset(copies.linked),
        notes=tuple(copies.notes()),
    )


def _place(notebook: str, cwd: Path | None) -> Path:
    if cwd is not None:
        return cwd.resolve()
    return Path.cwd() if is_remote(notebook) else Path(notebook).resolve().parent


def _beside(notebook: str, base: Path) -> Path:
    """Return the folder of a notebook below a root; the root itself where it is elsewhere."""
    own = Path(notebook).resolve().parent
    return own.relative_to(base) if own.is_relative_to(base) else Path()


def _matching(place: Path, patterns: Sequence[str]) -> list[Path]:
    found: list[Path] = []
    for pattern in patterns:
        up = Path(pattern).parts.count("..")
        start = place.parents[up - 1] if up else place
        below = os.path.join(*Path(pattern).parts[up:])  # a pattern, not a path
        matches = sorted(path for path in start.glob(below) if path.is_file())
        if not matches:
            hint = "the metadata 'files' are patterns relative to the notebook"
            raise UsageError(f"no file matches {pattern!r}", where=str(place), hint=hint)
        found += matches
    return found


def project_root(place: Path) -> Path:
    """Return the root of the project that a folder belongs to."""
    above = [place, *place.parents]
    too_wide = {Path(place.anchor), Path.home(), Path(tempfile.gettempdir()).resolve()}
    for folder in above:
        if folder in too_wide:
            break
        if any((folder / mark).exists() for mark in _MARKS):
            return folder
    here = Path.cwd()
    if place.is_relative_to(here) and here not in too_wide:
        return here
    return place if place.parent in too_wide else place.parent

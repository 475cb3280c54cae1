"""The folder that a notebook runs in: its own copy of what it needs, laid out as the project is.

A notebook of this project reads ``../config`` and ``../data``, as it does in JupyterLab. So the
run's folder holds ``notebooks/`` (the working directory), ``config/`` and the samples in ``data/``;
what the notebook writes stays in there.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

__all__ = ["files_in", "lay_out", "written_since"]

COMPANIONS = ("config", "data/household")
"""Folders beside the notebook's own that are copied, where they exist."""
LARGEST_BYTES = 20_000_000
"""A larger companion is not copied: a notebook that needs it is no regression test."""


def lay_out(notebook: Path, folder: Path) -> Path:
    """Copy a notebook and its companions into a folder and return the copy's path.

    Parameters
    ----------
    notebook
        The notebook.
    folder
        The run's folder; made if it is missing.
    """
    home = folder / "notebooks"
    home.mkdir(parents=True, exist_ok=True)
    project = notebook.resolve().parent.parent
    for name in COMPANIONS:
        source = project / name
        if source.is_dir() and _size(source) <= LARGEST_BYTES:
            shutil.copytree(source, folder / name, dirs_exist_ok=True)
    (folder / "tmp").mkdir(exist_ok=True)
    return Path(shutil.copy(notebook, home / notebook.name))


def files_in(folder: Path) -> dict[str, int]:
    """Return the files that stand in a folder, not below it, with the time of their last change [ns]."""
    with os.scandir(folder) as entries:
        return {
            one.path: one.stat().st_mtime_ns
            for one in entries
            if one.is_file() and not one.name.startswith(".")
        }


def written_since(before: dict[str, int], folder: Path) -> list[str]:
    """Return the files in a folder that are new or changed since; a notebook or its expectations may be a person's.

    Parameters
    ----------
    before
        What `files_in` said.
    folder
        The same folder.
    """
    own = (".ipynb", ".expected.json")
    return [
        path
        for path, when in files_in(folder).items()
        if before.get(path) != when and not path.endswith(own)
    ]


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())

"""Where the course is, in a clone of the project or installed, and a copy of it to work in."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from energykit.course.answer import without_answers
from energykit.datasets import excerpt_path
from energykit.errors import UsageError
from energykit.private_folder import check_place

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["copy_companions", "copy_course", "course_folder", "new_folder"]

_NOT_COPIED = shutil.ignore_patterns(
    ".ipynb_checkpoints", "__pycache__", "*.expected.json", "predictions.json"
)


def course_folder() -> Path:
    """Return the folder that holds ``notebooks/`` and ``config/``.

    Raises
    ------
    energykit.errors.UsageError
        The notebooks are not installed with the package.
    """
    package = Path(__file__).resolve().parents[1]
    for place in (package.parent, package / "course"):
        if (place / "notebooks" / "00-start-here.ipynb").is_file():
            return place
    raise UsageError(
        "the course is not installed", where=str(package), hint="work in a clone of the project"
    )


def copy_course(folder: str | PathLike[str], *, answers: bool = False) -> Path:
    """Copy the notebooks and what they read, to work in, and return the folder.

    Parameters
    ----------
    folder
        Where; it is made, and must be empty or missing.
    answers
        Leave the answers of the exercises, and their hidden tests, in the copy.

    Raises
    ------
    energykit.errors.UsageError
        The folder is not empty, or the course is not installed.
    """
    target = new_folder(folder)
    shutil.copytree(course_folder() / "notebooks", target / "notebooks", ignore=_NOT_COPIED)
    copy_companions(course_folder(), target)
    if not answers:
        for path in (target / "notebooks").glob("*.ipynb"):
            lesson = without_answers(json.loads(path.read_text(encoding="utf-8")))
            path.write_text(
                json.dumps(lesson, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
            )
    return target


def copy_companions(home: Path, folder: Path) -> None:
    """Copy what a lesson reads: the configurations in `home`, and the excerpt of the data set."""
    if (home / "config").is_dir():
        shutil.copytree(home / "config", folder / "config")
    shutil.copytree(excerpt_path().parent, folder / "data" / "household")


def new_folder(folder: str | PathLike[str]) -> Path:
    """Make a folder and return it.

    Raises
    ------
    energykit.errors.UsageError
        Something is there already, or the folder is another user's, who could change the copy.
    """
    target = Path(folder)
    if target.exists():
        check_place(target)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError("is not an empty folder", where=str(target), hint="name a new one")
    target.mkdir(parents=True, exist_ok=True)
    return target

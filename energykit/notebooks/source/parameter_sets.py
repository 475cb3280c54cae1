"""Parameter sets of a notebook: in a file beside it, ``NAME.parameters.json`` or ``.yaml``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from energykit.errors import UsageError
from energykit.notebooks.source.parameter_file import read_sets

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SUFFIXES", "sets_beside"]

SUFFIXES = (".parameters.json", ".parameters.yaml", ".parameters.yml")


def sets_beside(notebook: Path) -> dict[str, dict[str, Any]]:
    """Return a notebook's parameter sets by name; none where no file is beside it.

    The file holds ``{"sets": {"small": {"count": 3}, "defaults": {}}}``: the notebook is a test
    once with each.

    Raises
    ------
    energykit.errors.UsageError
        The file cannot be read, there are two, or it holds no sets.
    energykit.errors.MissingPackageError
        It is YAML, and PyYAML is not installed.
    """
    files = [notebook.with_name(notebook.stem + suffix) for suffix in SUFFIXES]
    found = [file for file in files if file.is_file()]
    if not found:
        return {}
    if len(found) > 1:
        raise UsageError(
            f"{found[1].name} is there, too", where=str(found[0]), hint="keep one of them"
        )
    sets = read_sets(found[0])
    if "" in sets:
        raise UsageError(
            "holds no parameter sets",
            where=str(found[0]),
            hint='write {"sets": {"name": {"x": 1}}}',
        )
    return sets

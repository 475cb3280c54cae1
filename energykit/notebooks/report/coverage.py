"""Coverage: which lines of packages the notebooks run, in kernels and in started services."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from energykit.errors import MissingPackageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["Covered", "combine", "prepare"]

_SETTINGS = """\
[run]
data_file = {data}
source_pkgs =
    {packages}
parallel = true
sigterm = true
disable_warnings = module-not-imported,module-not-measured,no-data-collected
"""
_NAME = "settings.ini"


@dataclass(frozen=True)
class Covered:
    """One file, and how much of it ran."""

    path: str
    """The file, below the working directory where it is."""
    statements: int
    """Statements in it."""
    executed: int
    """How many of them the notebooks ran."""

    @property
    def share(self) -> float:
        """Share of the statements that ran [1]; 1 for an empty file."""
        return self.executed / self.statements if self.statements else 1.0


def prepare(folder: Path, packages: Sequence[str]) -> dict[str, str]:
    """Write a measurement's settings and return the variables by which an interpreter starts it.

    Parameters
    ----------
    folder
        Where the data of each process goes; made if it is missing.
    packages
        Names of the packages that are looked at.

    Raises
    ------
    energykit.errors.MissingPackageError
        The package coverage is not installed.
    """
    _package()
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / _NAME
    text = _SETTINGS.format(data=folder / "data", packages="\n    ".join(packages))
    settings.write_text(text, encoding="utf-8")
    return {"COVERAGE_PROCESS_START": str(settings)}


def combine(folder: Path, *, html: Path | None = None) -> tuple[Covered, ...]:
    """Put the data of all processes together.

    Parameters
    ----------
    folder
        The folder that `prepare` was given.
    html
        Where pages with each line of source go; None: nowhere.

    Raises
    ------
    energykit.errors.UsageError
        No process wrote data, or nothing of the packages is known.
    energykit.errors.MissingPackageError
        The package coverage is not installed.
    """
    package = _package()
    measured = package.Coverage(config_file=str(folder / _NAME))
    result = folder / "coverage.json"
    try:
        measured.combine([str(folder)], strict=True)
        measured.json_report(outfile=str(result), ignore_errors=True)
        if html is not None:
            measured.html_report(directory=str(html), ignore_errors=True)
    except package.CoverageException as exc:
        hint = "name packages that a notebook imports; coverage 7.10 or newer is needed"
        raise UsageError(f"nothing was measured: {exc}", where="coverage", hint=hint) from exc
    files = json.loads(result.read_text(encoding="utf-8"))["files"]
    return tuple(
        Covered(path, found["summary"]["num_statements"], found["summary"]["covered_lines"])
        for path, found in files.items()
    )


def _package() -> Any:
    try:
        import coverage  # optional
    except ImportError:
        raise MissingPackageError(
            "coverage", extra="dev", needed_for="coverage of notebooks"
        ) from None
    return coverage

"""The kit's name on a package index, which is not its import name, and what follows from that.

On the public index ``energykit`` is another project, in the same field, with the same import name.
This kit is installed as `DISTRIBUTION`. Where both are in one environment they share a folder, and
the one that was installed last overwrites files of the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import Distribution

__all__ = ["DISTRIBUTION", "Namesake", "find_namesake", "install_command", "reinstall_command"]

DISTRIBUTION = "energykit-course"
"""What ``pip install`` calls this kit."""
_IMPORT_NAME = "energykit"
_OUR_GROUP = "energykit.services"
"""Only distributions of this kit registered entry points here under the name ``energykit``."""
_CHECKOUT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, kw_only=True)
class Namesake:
    """A distribution called ``energykit`` that shares the environment with this kit."""

    version: str
    """Its version."""
    is_earlier_install: bool
    """Whether it is this kit, installed before it was called `DISTRIBUTION`."""


def find_namesake() -> Namesake | None:
    """Return the distribution called ``energykit`` in this environment, if there is one."""
    other = _find_distribution(_IMPORT_NAME)
    if other is None:
        return None
    is_ours = any(entry.group == _OUR_GROUP for entry in other.entry_points)
    return Namesake(version=other.version, is_earlier_install=is_ours)


def install_command(extra: str) -> str:
    """Return the pip command that adds an extra to this installation.

    An installed kit, from a wheel or from a clone, is asked for by its name: pip takes the extra's
    requirements from the metadata that is there, also where no index knows the kit. Files that run
    without being installed have no metadata: there the command names their folder.

    Parameters
    ----------
    extra
        Name of a set of optional packages, such as ``"notebooks"``.
    """
    if _find_distribution(DISTRIBUTION) is None and _is_checkout():
        return f'pip install -e "{_CHECKOUT}[{extra}]"'
    return f'pip install "{DISTRIBUTION}[{extra}]"'


def reinstall_command() -> str:
    """Return the pip command that puts this kit's files back, its dependencies untouched."""
    if _is_checkout():
        return f'pip install --no-deps -e "{_CHECKOUT}"'
    return f"pip install --force-reinstall --no-deps {DISTRIBUTION}"


@cache
def _is_checkout() -> bool:
    return (_CHECKOUT / "pyproject.toml").is_file()


def _find_distribution(name: str) -> Distribution | None:
    from importlib.metadata import PackageNotFoundError, distribution  # a tenth of a command's time

    try:
        return distribution(name)
    except PackageNotFoundError:
        return None

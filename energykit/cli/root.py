"""The option ``--data-root``, which several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from energykit.errors import UsageError

if TYPE_CHECKING:
    import argparse

__all__ = ["add_data_root", "check_data_root"]


def add_data_root(parser: argparse.ArgumentParser) -> None:
    """Add the option to a command's parser."""
    parser.add_argument("--data-root", default="data", help="what /data stands for (default: data)")


def check_data_root(folder: str) -> None:
    """Do nothing where the folder is one, or can become one.

    Raises
    ------
    energykit.errors.UsageError
        It, or a folder above it, is a file.
    """
    path = Path(folder)
    for one in (path, *path.parents):
        if one.exists():
            if not one.is_dir():
                raise UsageError(
                    f"{str(one)!r} is a file, not a folder",
                    where="--data-root",
                    hint="name a folder",
                )
            return

"""The files that stages read and write: csv, pb and parquet, in bounded memory at any size.

A reader counts every row that it leaves out, with reason and first line; a writer replaces its
target in one step, so that nobody ever sees half a file. Names are imported when they are first
used: looking at a `Skipped` loads no data frames.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from energykit.artifacts.atomic import replace_file
    from energykit.artifacts.checksum import digest
    from energykit.artifacts.reader import Scan, scan
    from energykit.artifacts.skipped import Skipped
    from energykit.artifacts.table import frame
    from energykit.artifacts.writer import Written, write

__all__ = ["Scan", "Skipped", "Written", "digest", "frame", "replace_file", "scan", "write"]

_HOMES = {
    "Scan": "reader",
    "Skipped": "skipped",
    "Written": "writer",
    "digest": "checksum",
    "frame": "table",
    "replace_file": "atomic",
    "scan": "reader",
    "write": "writer",
}


def __getattr__(name: str) -> object:
    """Import a public name on first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'energykit.artifacts' has no attribute {name!r}")
    value: object = getattr(import_module(f"energykit.artifacts.{_HOMES[name]}"), name)
    globals()[name] = value
    return value

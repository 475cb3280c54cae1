"""What a run of a notebook recorded and drew, in the form in which expectations are kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from energykit.notebooks.source.metadata import own_metadata

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["CELL_RECORDS", "VARIES", "CellRecords", "read_cell_records"]

CELL_RECORDS = "evidence.json"
"""In the run's folder."""
VARIES = "figures_vary"
"""Name in the metadata of a cell whose figures are different each time, as those of measured
seconds are: only what they are is expected then, not their numbers.
"""
_SHOWING_NONE = frozenset({"agg", "pdf", "ps", "svg", "template", "cairo"})
PIXELS = "compare_pixels"
"""Name in the metadata of a cell whose figures are compared as pictures, too."""


class CellRecords:
    """Takes the notes of a kernel, cell by cell.

    Parameters
    ----------
    notes
        The file that the kernel appends to.
    """

    def __init__(self, notes: Path) -> None:
        self._notes = notes
        self._read = 0
        self._open: dict[str, Any] = {}
        self._open_since: dict[int, str] = {}
        self.records: dict[str, dict[str, Any]] = {}
        """By name: cell, value, tolerances."""
        self.figures: list[dict[str, Any]] = []
        """Cell, axes, picture; in order."""

    def take(self, cell: Any) -> None:
        """Take what was noted while a cell ran."""
        drawn: dict[int, dict[str, Any]] = {}
        for line in self._new():
            if line["kind"] == "record":
                self.records[line["name"]] = {"cell": cell.get("id", "")} | {
                    name: line[name] for name in ("value", "rel", "abs")
                }
            elif line["kind"] == "figure":
                drawn[line["figure"]] = line
            elif line["kind"] == "open":
                self._open = line
                for number in line["figures"]:
                    self._open_since.setdefault(number, cell.get("id", ""))
        self.figures += [_figure(cell, line) for line in drawn.values()]

    @property
    def lost(self) -> str:
        """The figures that were made and never shown, as a sentence; empty for none."""
        numbers = self._open.get("figures", [])
        if not numbers:
            return ""
        cells = ", ".join(dict.fromkeys(self._open_since[number] for number in numbers))
        count = "a figure was" if len(numbers) == 1 else f"{len(numbers)} figures were"
        backend = self._open["backend"]
        hint = (
            "which shows none: choose %matplotlib inline, show a picture of it, or close it"
            if backend.rpartition(".")[2] in _SHOWING_NONE
            else "so return the figure, or close it"
        )
        return f"{count} made in cell {cells} and never shown: the backend is {backend!r}, {hint}"

    def write(self, folder: Path) -> None:
        """Write what was found into a folder."""
        found = {"records": self.records, "figures": self.figures}
        folder.mkdir(parents=True, exist_ok=True)
        (folder / CELL_RECORDS).write_text(json.dumps(found), encoding="utf-8")

    def _new(self) -> list[dict[str, Any]]:
        if not self._notes.exists():
            return []
        lines = self._notes.read_text(encoding="utf-8").splitlines()
        new, self._read = lines[self._read :], len(lines)
        return [json.loads(line) for line in new]


def _figure(cell: Any, line: dict[str, Any]) -> dict[str, Any]:
    own = own_metadata(cell.metadata)
    axes = [_outline(one) for one in line["axes"]] if own.get(VARIES) else line["axes"]
    pixels = {"pixels": True} if own.get(PIXELS) else {}
    return {"cell": cell.get("id", ""), "axes": axes, "image": line["image"]} | pixels


def _outline(axes: dict[str, Any]) -> dict[str, Any]:
    return {name: axes[name] for name in ("title", "x", "y") if name in axes}


def read_cell_records(folder: Path) -> dict[str, Any] | None:
    """Return what a run left in its folder; None where it did not come that far."""
    try:
        found: dict[str, Any] = json.loads((folder / CELL_RECORDS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found

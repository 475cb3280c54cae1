"""The executed copy of a notebook: when each of its cells ran, and what it left."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.notebooks.source.metadata import own_metadata

if TYPE_CHECKING:
    from energykit.notebooks.verdict.record import NotebookVerdict

__all__ = ["Copy", "ExecutedCell", "read_copy"]

_STARTED = "iopub.execute_input"


@dataclass(frozen=True)
class ExecutedCell:
    """A code cell with what it left."""

    number: int
    """Which code cell of the notebook, from 1."""
    id: str
    """Its id in the file."""
    source: str
    """Its lines."""
    outputs: tuple[dict[str, Any], ...]
    """Its outputs, as nbformat has them."""
    started: datetime | None
    """When it began, UTC; None where it did not run."""
    own: dict[str, Any]
    """What its metadata say to the runner: the key ``energykit``."""
    tags: tuple[str, ...] = ()
    """Its tags."""


@dataclass(frozen=True)
class Copy:
    """An executed copy."""

    path: Path
    """The file; it may be missing where the runner of the notebook was lost."""
    cells: tuple[ExecutedCell, ...] = ()
    """Its code cells, in order."""
    own: dict[str, Any] = field(default_factory=dict)
    """What the notebook's metadata say to the runner: the key ``energykit``."""
    widgets: dict[str, Any] = field(default_factory=dict)
    """State of its widgets, by model id."""

    def cell(self, number: int) -> ExecutedCell | None:
        """Return a code cell by its number; None where there is none."""
        return self.cells[number - 1] if 0 < number <= len(self.cells) else None

    def at(self, when: datetime | None) -> ExecutedCell | None:
        """Return the cell that ran at a time: the last one that had begun."""
        begun = [cell for cell in self.cells if when and cell.started and cell.started <= when]
        return begun[-1] if begun else None


def read_copy(verdict: NotebookVerdict) -> Copy:
    """Return what a verdict's run left; without cells where the file cannot be read.

    Parameters
    ----------
    verdict
        A verdict with its folder.
    """
    path = Path(verdict.folder, Path(verdict.path).name)
    try:
        plain = json.loads(path.read_text(encoding="utf-8")) if verdict.folder else {}
    except (OSError, ValueError):
        return Copy(path)
    codes = [cell for cell in plain.get("cells", []) if cell.get("cell_type") == "code"]
    metadata = plain.get("metadata") or {}
    states = (
        (metadata.get("widgets") or {})
        .get("application/vnd.jupyter.widget-state+json", {})
        .get("state", {})
    )
    cells = tuple(_cell(number, cell) for number, cell in enumerate(codes, 1))
    return Copy(path, cells, own_metadata(metadata), states)


def _cell(number: int, plain: dict[str, Any]) -> ExecutedCell:
    metadata = plain.get("metadata") or {}
    source = plain.get("source", "")
    return ExecutedCell(
        number=number,
        id=plain.get("id", ""),
        source=source if isinstance(source, str) else "".join(source),
        outputs=tuple(plain.get("outputs") or ()),
        started=_time((metadata.get("execution") or {}).get(_STARTED)),
        own=own_metadata(metadata),
        tags=tuple(metadata.get("tags") or ()),
    )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None

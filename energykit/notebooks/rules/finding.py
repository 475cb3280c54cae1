"""What a check of a stored notebook looks at, and what it finds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Cell", "Finding", "StoredNotebook", "read_stored"]


@dataclass(frozen=True)
class Finding:
    """One thing that a stored notebook should not have, or lacks."""

    path: str
    """The notebook, as the caller named it."""
    rule: str
    """Name of the rule; what is to be ignored is named by it."""
    what: str
    """What is wrong."""
    hint: str
    """What to do."""
    cell_id: str = ""
    """Id of the cell; empty where the notebook as a whole is meant, or the cell has none."""
    number: int = 0
    """Place of the cell, from 1, all cells counted; 0 for the notebook as a whole."""

    def __str__(self) -> str:
        """``path:cell-id (number): what, what to do [rule]``."""
        at = f":{self.cell_id} ({self.number})" if self.number else ""
        return f"{self.path}{at}: {self.what}, {self.hint} [{self.rule}]"


@dataclass(frozen=True)
class Cell:
    """One cell as it is stored."""

    number: int
    """Its place, from 1."""
    raw: dict[str, Any]
    """The cell as the file has it."""

    @property
    def id(self) -> str:
        """Its id; empty where it has none."""
        return str(self.raw.get("id", ""))

    @property
    def is_code(self) -> bool:
        """Whether it is code."""
        return bool(self.raw.get("cell_type") == "code")

    @property
    def is_markdown(self) -> bool:
        """Whether it is Markdown."""
        return bool(self.raw.get("cell_type") == "markdown")

    @cached_property
    def source(self) -> str:
        """Its text."""
        source = self.raw.get("source", "")
        return source if isinstance(source, str) else "".join(source)

    @property
    def metadata(self) -> dict[str, Any]:
        """Its metadata."""
        found: dict[str, Any] = self.raw.get("metadata") or {}
        return found

    @property
    def tags(self) -> list[str]:
        """Its tags."""
        return list(self.metadata.get("tags", []))


@dataclass(frozen=True)
class StoredNotebook:
    """A notebook as it is stored."""

    path: Path
    """The file, as the caller named it."""
    text: str
    """The file's text."""
    raw: dict[str, Any]
    """The file's content."""

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """Its cells."""
        return tuple(Cell(number, raw) for number, raw in enumerate(self.raw["cells"], 1))

    @property
    def code(self) -> list[Cell]:
        """Its code cells."""
        return [cell for cell in self.cells if cell.is_code]

    @property
    def prose(self) -> list[Cell]:
        """Its Markdown cells."""
        return [cell for cell in self.cells if cell.is_markdown]

    @property
    def metadata(self) -> dict[str, Any]:
        """Its metadata."""
        found: dict[str, Any] = self.raw.get("metadata") or {}
        return found

    def finding(self, rule: str, what: str, hint: str, cell: Cell | None = None) -> Finding:
        """Return a finding in this notebook."""
        if cell is None:
            return Finding(str(self.path), rule, what, hint)
        return Finding(str(self.path), rule, what, hint, cell.id, cell.number)

    def ignored(self, cell_number: int) -> set[str]:
        """Return the rules that the metadata of the notebook, or of a cell, ask to ignore."""
        metadata = [self.metadata] + [
            cell.metadata for cell in self.cells if cell.number == cell_number
        ]
        return {rule for one in metadata for rule in one.get("energykit", {}).get("ignore", [])}


def read_stored(path: Path) -> StoredNotebook:
    """Read a notebook as it is stored.

    Raises
    ------
    ValueError
        It cannot be read, or is not a notebook; the text says why.
    """
    try:
        text = path.read_text(encoding="utf-8")
        raw = json.loads(text)
    except OSError as exc:
        raise ValueError(exc.strerror or str(exc)) from exc
    cells = raw.get("cells") if isinstance(raw, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise ValueError("it holds no list of cells")
    return StoredNotebook(path, text, raw)

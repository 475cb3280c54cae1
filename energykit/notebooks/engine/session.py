"""What the engine needs to know beyond papermill's arguments, and what it leaves when done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from energykit.notebooks.engine.selection import Selection
    from energykit.notebooks.kernel.choice import KernelChoice
    from energykit.notebooks.verdict.record import CellVerdict, NotebookVerdict

__all__ = ["EngineSession", "Limits"]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a notebook may take."""

    cell_s: float = 60.0
    """A cell, unless its metadata say otherwise: ``{"energykit": {"timeout_s": 120}}`` [s]."""
    notebook_s: float = 300.0
    """All cells together [s]."""
    memory_mb: float = 0.0
    """Memory of the notebook's processes together [MB]; 0: no limit."""


@dataclass(kw_only=True)
class EngineSession:
    """One notebook's execution."""

    path: str
    """What the verdict calls the notebook."""
    folder: Path
    """The run's folder: what is noted goes in here."""
    home: Path
    """The kernel's working directory."""
    copy: Path
    """Where the executed copy goes."""
    kernel: KernelChoice
    """Which kernel."""
    manager: Any
    """Of the kernel, which may run already."""
    limits: Limits = field(default_factory=Limits)
    """Time-outs and memory."""
    allow: frozenset[str] = frozenset()
    """Rules that are switched off for the whole notebook."""
    linked: frozenset[Path] = frozenset()
    """Source files that must not be written."""
    selection: Selection | None = None
    """Which cells run; None: all."""
    parameters: dict[str, Any] = field(default_factory=dict)
    """Those that were set, as JSON has them."""
    on_cell: Callable[[int, int], None] | None = None
    """Called with the number of each code cell that starts, and how many there are."""
    at_stop: Callable[[Any, CellVerdict], Awaitable[None]] | None = None
    """Awaited with the client and the verdict of the cell that did not pass, before the kernel
    ends.
    """
    verdict: NotebookVerdict | None = None
    """Set when the notebook was executed."""
    notebook: Any = None
    """Set when the notebook was executed: with its outputs."""

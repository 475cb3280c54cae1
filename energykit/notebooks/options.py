"""How notebooks are run."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Options"]


@dataclass(frozen=True, kw_only=True)
class Options:
    """How notebooks are run."""

    fresh: bool = False
    """Start every kernel as a program of its own, where it could be forked from a process that has
    imported all.
    """
    jobs: int = 1
    """How many at a time."""
    parameters: dict[str, Any] = field(default_factory=dict)
    """Values by name, for every notebook."""
    sets: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Further values by the name of a parameter set: every notebook runs once with each; none:
    those of the file beside a notebook, ``NAME.parameters.json``, or once with its defaults.
    """
    out: Path = Path("data/out/notebooks")
    """A folder for each run goes in here."""
    output: str = ""
    """Where the executed notebook is saved, too: a path, a folder, or an address that papermill
    writes; ``{name}`` stands for the notebook's name. Empty: only in the run's folder.
    """
    cell_s: float = 60.0
    """Longest time for a cell [s]."""
    notebook_s: float = 300.0
    """Longest time for a notebook [s]."""
    memory_mb: float = 0.0
    """Most memory of a notebook's processes together [MB]; 0: no limit."""
    time_budget: float = 0.0
    """How many times the median of its last runs a notebook may take, or it fails; 0: it is only
    noted.
    """
    expectations: bool = True
    """Hold a notebook to what the file beside it expects, where there is one."""
    environment: dict[str, str] = field(default_factory=dict)
    """Variables that kernels get, and what they start; the runner itself does not."""
    kernel: str = ""
    """Kernel to run with; empty: the one that the notebook names."""
    language: str = ""
    """Language of the notebooks; empty: the one that the notebook names."""
    cwd: Path | None = None
    """Folder to run in, as a copy; None: the notebook's own."""
    allow: frozenset[str] = frozenset()
    """Rules that are switched off: see `energykit.notebooks.source.metadata.RULES`."""
    exclude: tuple[str, ...] = ()
    """Patterns of notebooks in folders that are left out."""
    until: str = ""
    """Id, tag or number of the last cell that runs; empty: all."""
    tags: tuple[str, ...] = ()
    """Only cells with one of these tags run; empty: all."""
    skip_tags: tuple[str, ...] = ()
    """Cells with one of these tags do not run."""
    retries: int = 0
    """How often a notebook that does not pass is run again."""
    changed: bool = False
    """Do not run notebooks of which nothing has changed since they passed."""
    compare_outputs: bool = False
    """Hold each cell to the outputs that are stored in the notebook."""
    sanitize: tuple[tuple[str, str], ...] = ()
    """Pattern and replacement, applied to outputs before they are compared."""
    start_s: int = 60
    """What a kernel may take to start [s]."""
    autosave_s: int = 30
    """How often the executed copy is saved within a long cell [s]; 0: only between cells."""
    is_report: bool = False
    """Hide the sources in the executed copy, as papermill's report mode does."""
    logs_output: bool = False
    """Log what cells print as they print it."""

    @property
    def is_partial(self) -> bool:
        """Whether some cells are not run on purpose."""
        return bool(self.until or self.tags or self.skip_tags)

    def as_typed(self) -> tuple[str, ...]:
        """Return those options of the command without which a verdict may be another."""
        usual = Options()
        words: list[str] = []
        for name, field_name in _NUMBERS.items():
            value = getattr(self, field_name)
            words += [name, f"{value:g}"] if value != getattr(usual, field_name) else []
        for name, value in (
            ("--kernel", self.kernel),
            ("--language", self.language),
            ("--cwd", self.cwd or ""),
            ("--until", self.until),
        ):
            words += [name, str(value)] if value else []
        for name, values in (
            ("--allow", sorted(self.allow)),
            ("--tag", self.tags),
            ("--skip-tag", self.skip_tags),
        ):
            words += [word for value in values for word in (name, value)]
        words += ["--compare-outputs"] if self.compare_outputs else []
        return (*words, *(["--fresh"] if self.fresh else []))


_NUMBERS = {
    "--cell-timeout": "cell_s",
    "--notebook-timeout": "notebook_s",
    "--memory-limit": "memory_mb",
    "--time-budget": "time_budget",
}
"""Options with a number, by their name on the command line."""

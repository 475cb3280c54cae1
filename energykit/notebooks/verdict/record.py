"""Verdicts of cells, of notebooks, and of a whole run."""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

__all__ = [
    "EXIT_CODES",
    "CellVerdict",
    "Difference",
    "LogTail",
    "NotebookVerdict",
    "Report",
    "Status",
    "verdict_from_json",
    "verdict_to_json",
]

Status = Literal[
    "passed", "passed-flaky", "failed", "timed-out", "kernel-died", "not-run", "leaked", "refused"
]

EXIT_CODES: dict[Status, int] = {
    "passed": 0,
    "passed-flaky": 0,
    "failed": 1,
    "not-run": 1,
    "refused": 2,
    "timed-out": 3,
    "kernel-died": 4,
    "leaked": 5,
}
"""Exit code of a run whose worst notebook has this status; of several the first in `_WORST_FIRST`
decides.
"""
_WORST_FIRST: tuple[Status, ...] = (
    "refused",
    "kernel-died",
    "timed-out",
    "failed",
    "not-run",
    "leaked",
    "passed-flaky",
    "passed",
)
PASSING = frozenset({"passed", "passed-flaky"})
"""Statuses of a notebook that passed; a flaky one passed when it was run again."""


_OF_DEBUG = frozenset({"--cell-timeout", "--notebook-timeout"})
"""Options that the command ``debug`` has, too; each has a value."""


@dataclass(frozen=True, kw_only=True)
class CellVerdict:
    """What became of one code cell."""

    number: int
    """Which code cell of the notebook, from 1."""
    id: str
    """Its id in the file."""
    status: Status
    """``"not-run"`` for every cell behind the one that stopped the notebook."""
    seconds: float = 0.0
    """How long it ran [s]."""
    line: int = 0
    """Line of the cell where it failed, from 1; 0 where that is not known."""
    source: str = ""
    """That line."""
    why: str = ""
    """What happened, as a sentence; empty where it passed."""
    output: str = ""
    """The end of what it printed, with its traceback; without colours."""
    peak_mb: float = 0.0
    """Most memory of the notebook's processes together while it ran [MB]; 0 where that was not
    measured.
    """

    @property
    def title(self) -> str:
        """Its number, and its id where it has one: those of notebooks older than 4.5 have none."""
        return f"cell {self.number}" + (f" ({self.id})" if self.id else "")


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that is not as the notebook's expectations say."""

    kind: Literal["record", "figure", "output"]
    """What was compared."""
    name: str
    """The record's name, or the figure's place: ``"figure 2 (cell 7, power-curve)"``."""
    expected: str
    """What the expectations say, as text; empty where they do not name it."""
    actual: str
    """What the run gave, as text; empty where it gave none."""
    why: str
    """The difference, as a sentence."""
    cell: int = 0
    """The code cell it came from, from 1; 0 where there is none."""
    image: str = ""
    """A picture of the actual figure, a path below the run's folder; empty where there is none."""


@dataclass(frozen=True, kw_only=True)
class LogTail:
    """The end of a log that a notebook's services wrote."""

    path: str
    """The file, below the run's folder."""
    text: str
    """Its last lines."""
    errors: tuple[str, ...] = ()
    """Its lines of level ERROR."""


@dataclass(frozen=True, kw_only=True)
class NotebookVerdict:
    """What became of one notebook."""

    path: str
    """The notebook, as the caller named it."""
    status: Status
    """The worst of its cells, or what was wrong with the notebook as a whole."""
    cells: tuple[CellVerdict, ...] = ()
    """Its code cells, in order."""
    seconds: float = 0.0
    """From the start of the kernel to its end [s]."""
    why: str = ""
    """What happened, where no cell says it."""
    folder: str = ""
    """Where the executed copy is, and what the notebook wrote beside it."""
    run_folder: str = ""
    """The run's folder, with all that the runner kept of it."""
    parameters: dict[str, Any] = field(default_factory=dict)
    """Those that were set."""
    differences: tuple[Difference, ...] = ()
    """What is not as expected; any makes the notebook fail."""
    logs: tuple[LogTail, ...] = ()
    """Logs of its services."""
    records: dict[str, Any] = field(default_factory=dict)
    """Values that it recorded, by name."""
    peak_mb: float = 0.0
    """Most memory of its processes together [MB]; 0 where that was not measured."""
    set_name: str = ""
    """Name of the parameter set that it ran with; empty where the run had none."""
    options: tuple[str, ...] = ()
    """Options of the command that ran it, as typed, where they are not the usual ones: limits,
    ``--fresh``.
    """
    notes: tuple[str, ...] = ()
    """What a reader should know: what a switch allowed, what was not watched or not done."""
    attempts: tuple[str, ...] = ()
    """Why each earlier attempt did not pass, where the notebook was run again."""
    cached: bool = False
    """Whether it is that of an earlier run, as nothing has changed since."""

    @property
    def ok(self) -> bool:
        """Whether it passed."""
        return self.status in PASSING

    @property
    def culprit(self) -> CellVerdict | None:
        """The first cell that did not pass, though it ran."""
        return next((cell for cell in self.cells if cell.status not in {"passed", "not-run"}), None)

    @property
    def reason(self) -> str:
        """Why it did not pass, with the cell and its line."""
        cell = self.culprit
        if cell is None:
            return self.why
        is_quoted = cell.why.startswith(cell.source)  # as !commands and magics are
        source = "" if is_quoted else f": {cell.source}"
        at = f", line {cell.line}{source}" if cell.line else ""
        return f"{cell.title}{at}: {cell.why}"

    @property
    def remarks(self) -> tuple[str, ...]:
        """Its notes, and what earlier attempts failed by."""
        before = (f"attempt {at}: {why}" for at, why in enumerate(self.attempts, 1))
        unchanged = ("not run: nothing has changed since it passed",) if self.cached else ()
        return (*unchanged, *before, *self.notes)

    @property
    def title(self) -> str:
        """The notebook, with its parameter set in brackets."""
        return f"{self.path} [{self.set_name}]" if self.set_name else self.path

    @property
    def command(self) -> str:
        """The command that reproduces it, as a shell takes it."""
        chosen = ["--set", self.set_name] if self.set_name else []
        words = [self.path, *chosen, *self._parameter_words, *self.options]
        return shlex.join(["energykit", "notebooks", "run", *words])

    @property
    def look(self) -> str:
        """The command that runs it up to the cell that fails, and shows the variables there."""
        words = iter(self.options)
        options = [part for word in words if word in _OF_DEBUG for part in (word, next(words))]
        return shlex.join(
            ["energykit", "notebooks", "debug", self.path, *self._parameter_words, *options]
        )

    @property
    def _parameter_words(self) -> list[str]:
        return [
            word
            for name, value in self.parameters.items()
            for word in ("-p", name, json.dumps(value))
        ]


@dataclass(frozen=True)
class Report:
    """What became of a run of notebooks."""

    notebooks: tuple[NotebookVerdict, ...]
    """In the order in which they were named."""
    seconds: float
    """From the first one's start to the last one's end [s]."""

    @property
    def ok(self) -> bool:
        """Whether all passed."""
        return all(one.ok for one in self.notebooks)

    @property
    def exit_code(self) -> int:
        """0 passed, 1 failed, 2 refused before it ran, 3 time-out, 4 kernel died, 5 leak."""
        found = {one.status for one in self.notebooks}
        return EXIT_CODES[next((status for status in _WORST_FIRST if status in found), "passed")]

    def __repr__(self) -> str:
        """Return a line for each notebook, those that failed last, the sum, and their commands."""
        lines = [
            f"{one.status:<11} {one.title} {one.seconds:6.1f} s" + f"  {one.reason}" * (not one.ok)
            for one in sorted(self.notebooks, key=lambda one: not one.ok)
        ]
        passed = sum(one.ok for one in self.notebooks)
        again = [f"  again: {one.command}" for one in self.notebooks if not one.ok]
        notes = [f"  {one.title}: {note}" for one in self.notebooks for note in one.remarks]
        return "\n".join(
            [
                *lines,
                f"{passed} of {len(lines)} notebooks passed in {self.seconds:.1f} s",
                *notes,
                *again,
            ]
        )


def verdict_to_json(verdict: NotebookVerdict) -> dict[str, Any]:
    """Return a verdict as plain data."""
    return asdict(verdict)


def verdict_from_json(plain: dict[str, Any]) -> NotebookVerdict:
    """Return the verdict in plain data."""
    parts = {
        "cells": tuple(CellVerdict(**one) for one in plain["cells"]),
        "differences": tuple(Difference(**one) for one in plain["differences"]),
        "logs": tuple(LogTail(**{**one, "errors": tuple(one["errors"])}) for one in plain["logs"]),
        "options": tuple(plain["options"]),
        "notes": tuple(plain.get("notes", ())),
        "attempts": tuple(plain.get("attempts", ())),
    }
    return NotebookVerdict(**{**plain, **parts})

"""What a notebook left behind, and what becomes of its verdict."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from energykit.notebooks.verdict.record import NotebookVerdict

__all__ = ["describe_left", "with_leaks"]


def describe_left(processes: Sequence[str]) -> list[str]:
    """Return processes that were still running as one sentence; none for none."""
    return [f"left running: {'; '.join(processes)}"] if processes else []


def with_leaks(
    verdict: NotebookVerdict, leaks: Mapping[str, Sequence[str]], allow: Collection[str]
) -> NotebookVerdict:
    """Return a verdict with leaks: a notebook that passed is ``leaked``, unless they are allowed.

    Parameters
    ----------
    verdict
        What is known without them.
    leaks
        Sentences by the rule that they break.
    allow
        Rules that are switched off: their leaks become notes.
    """
    allowed = [f"allowed: {leak}" for rule in leaks if rule in allow for leak in leaks[rule]]
    forbidden = [leak for rule in leaks if rule not in allow for leak in leaks[rule]]
    notes = tuple(dict.fromkeys([*verdict.notes, *allowed]))
    if forbidden and verdict.status == "passed":
        return replace(verdict, status="leaked", why="; ".join(forbidden), notes=notes)
    return replace(verdict, notes=notes)

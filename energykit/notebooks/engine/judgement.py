"""Judging a cell by what it left: notes of the watch, errors that it showed, messages that came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from energykit.notebooks.source.metadata import allowed_rules, own_metadata, raises_any
from energykit.notebooks.verdict.traceback_text import line_of, without_colours

if TYPE_CHECKING:
    from collections.abc import Sequence

    from energykit.notebooks.verdict.kernel_notes import Note
    from energykit.notebooks.verdict.record import Status

__all__ = ["CellEvidence", "Judgement", "judge", "shorten"]

_LONGEST = 2000
"""How much of an exception's message a verdict holds, in characters."""
_SWITCHED_BY = {"exit": "exit", "command": "command", "magic": "magic"}
_MAY_BE_EXPECTED = {"command", "magic"}
"""Kinds of notes that a tag ``raises-exception`` expects."""


@dataclass(frozen=True, kw_only=True)
class CellEvidence:
    """What is known of a cell that was executed."""

    notes: Sequence[Note]
    """Notes of the watch that belong to it."""
    errors: Sequence[dict[str, Any]]
    """Contents of its error messages, in order."""
    widget_errors: Sequence[dict[str, Any]] = ()
    """Contents of the error messages that an Output widget shows: it went on behind them."""
    stopped_by: dict[str, Any] | None = None
    """Name, value and traceback of the error that ended it; None where it ran to its end."""
    lost: int = 0
    """Messages that the kernel sent and that did not come."""
    has_flooded: bool = False
    """Whether it showed too much."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What became of a cell."""

    status: Status = "passed"
    """``"passed"`` or ``"failed"``, or how it ended."""
    why: str = ""
    """What happened; empty where it passed."""
    line: int = 0
    """Line of the cell, from 1; 0 where that is not known."""
    remarks: tuple[str, ...] = ()
    """What was allowed by a switch, as sentences."""
    ends_notebook: bool = False
    """Whether an allowed exit ended the notebook here."""


def judge(
    cell: Any, evidence: CellEvidence, *, allow: frozenset[str], allow_errors: bool = False
) -> Judgement:
    """Return what became of a cell.

    Parameters
    ----------
    cell
        As nbformat has it, executed.
    evidence
        What is known of it.
    allow
        Rules that are switched off for the notebook; the cell's own count, too.
    allow_errors
        Whether the notebook goes on behind any error.
    """
    if evidence.lost and not evidence.has_flooded:
        return Judgement(status="failed", why=_describe_loss(evidence.lost))
    allow |= allowed_rules(cell.metadata)
    allowed = [note for note in evidence.notes if _SWITCHED_BY.get(note.kind) in allow]
    remarks = tuple(f"allowed: {note.text}" for note in allowed)
    if any(note.kind == "exit" for note in allowed):
        return Judgement(remarks=remarks, ends_notebook=True)
    notes = [note for note in evidence.notes if note not in allowed]
    if raises_any(cell):
        expected = [note for note in notes if note.kind in _MAY_BE_EXPECTED]
        notes = [note for note in notes if note.kind not in _MAY_BE_EXPECTED]
        if expected and not notes and not evidence.errors:
            return Judgement(remarks=(f"expected: {expected[0].text}",))
    if notes:
        trace = "\n".join((evidence.stopped_by or {}).get("traceback", ()))
        line = notes[0].line or (line_of(cell, trace) if trace else 0)
        return Judgement(status="failed", why=notes[0].text, line=line)
    if evidence.has_flooded:
        return Judgement(status="failed", why="showed more than 20 MB", line=_line(cell, evidence))
    return _judge_errors(cell, evidence, remarks, allow_errors=allow_errors)


def _describe_loss(count: int) -> str:
    messages = "a message" if count == 1 else f"{count:,} messages"
    return f"output was lost: {messages} that the kernel sent did not come"


def _line(cell: Any, evidence: CellEvidence) -> int:
    traceback = "\n".join((evidence.stopped_by or {}).get("traceback", ()))
    return line_of(cell, traceback)


def _judge_errors(
    cell: Any, evidence: CellEvidence, remarks: tuple[str, ...], *, allow_errors: bool
) -> Judgement:
    """Judge a cell by its errors: one that shows an error failed, also where it went on."""
    raises = own_metadata(cell.metadata).get("raises")
    expected = raises or ("" if raises_any(cell) else None)
    errors = list(evidence.errors) or ([evidence.stopped_by] if evidence.stopped_by else [])
    shown = [f"{one['ename']}: {shorten(one['evalue'])}" for one in evidence.widget_errors]
    if shown and not errors:
        names = {one["ename"] for one in evidence.widget_errors}
        if expected in {None, "", *names}:
            more = () if expected is not None else (f"an Output widget shows {shown[0]}",)
            return Judgement(remarks=(*remarks, *more))
    if not errors:
        if expected is None:
            return Judgement(remarks=remarks)
        why = f"{expected or 'an exception'} was expected, and none came"
        return Judgement(status="failed", why=why)
    ended = _real_error(evidence) or errors[0]
    name, text = ended["ename"], shorten(ended.get("evalue", ""))
    if expected in {"", name}:
        return Judgement(remarks=remarks)
    line = line_of(cell, "\n".join(ended.get("traceback", ())))
    why = f"{expected} was expected, {name} came: {text}" if expected else f"{name}: {text}"
    if allow_errors:
        return Judgement(remarks=(*remarks, f"allowed by execution.allow_errors: {why}"))
    return Judgement(status="failed", why=why, line=line)


def _real_error(evidence: CellEvidence) -> dict[str, Any] | None:
    """Return the error that ended a cell; of an object that could not be shown, its own error."""
    stopped = evidence.stopped_by
    is_only_shown = stopped is not None and stopped["ename"] in {"NoneType", ""}
    return evidence.errors[0] if is_only_shown and evidence.errors else stopped


def shorten(message: str) -> str:
    """Return a message without colours, and cut where it is long."""
    text = without_colours(message)
    if len(text) <= _LONGEST:
        return text
    return f"{text[:_LONGEST]} … {len(text) - _LONGEST:,} characters left out"

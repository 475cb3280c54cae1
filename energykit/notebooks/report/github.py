"""Verdicts for a workflow of GitHub: annotations of lines, and the summary of a job."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from energykit.notebooks.verdict.record import CellVerdict, NotebookVerdict, Report

__all__ = ["workflow_commands", "write_summary"]


def workflow_commands(report: Report) -> Iterator[str]:
    """Yield a workflow command for each notebook that did not pass, or passed at a later attempt.

    The line is that of the notebook's file: where the line of the cell stands in its JSON.
    """
    for verdict in report.notebooks:
        if verdict.ok and not verdict.attempts:
            continue
        kind = "warning" if verdict.ok else "error"
        text = verdict.reason or f"flaky: {verdict.attempts[0]}"
        line = _line_in_file(verdict)
        at = f",line={line}" if line else ""
        title = _property(f"{verdict.status}: {Path(verdict.path).name}")
        message = _data(f"{text}\nagain: {verdict.command}")
        yield f"::{kind} file={_property(verdict.path)}{at},title={title}::{message}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _line_in_file(verdict: NotebookVerdict) -> int:
    """Return the line of a notebook's file at which it failed, from 1; 0: not known."""
    cell = verdict.culprit
    if cell is None:
        return 0
    try:
        lines = Path(verdict.path).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return 0
    return _line_of(cell, lines)


def _line_of(cell: CellVerdict, lines: list[str]) -> int:
    start = next((at for at, line in enumerate(lines) if f'"id": "{cell.id}"' in line), 0)
    source = json.dumps(cell.source, ensure_ascii=False)[1:-1]
    if cell.source:
        hits = (at for at in range(start, len(lines)) if source in lines[at])
        return next(hits, start) + 1
    return start + 1 if cell.id else 0


def write_summary(report: Report, file: str) -> None:
    """Append a table of the verdicts, as Markdown, to the file that a job's summary is made of.

    Parameters
    ----------
    report
        The verdicts.
    file
        Its path, as GitHub gives it in ``GITHUB_STEP_SUMMARY``; empty: nothing is written.
    """
    if not file:
        return
    passed = sum(verdict.ok for verdict in report.notebooks)
    head = f"### {passed} of {len(report.notebooks)} notebooks passed in {report.seconds:.1f} s"
    rows = [
        f"| {verdict.status} | {_cell(verdict.title)} | {verdict.seconds:.1f} s | "
        f"{_cell(verdict.reason or '; '.join(verdict.remarks))} |"
        for verdict in sorted(report.notebooks, key=lambda verdict: verdict.ok)
    ]
    table = ["", "| verdict | notebook | time | why |", "| --- | --- | ---: | --- |", *rows, ""]
    with Path(file).open("a", encoding="utf-8") as summary:
        summary.write("\n".join([head, *table]) + "\n")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")[:500]

"""What a notebook's services wrote while it ran: their logs, and the records of its pipelines.

A line of level ERROR fails the notebook at the cell that ran when it was written, and so does a
pipeline of which one stage received another number of rows than the stage before it sent. A cell
that provokes a fault says so in its metadata: ``{"energykit": {"errors_expected": true}}``; in the
notebook's metadata it holds for every cell.
"""

from __future__ import annotations

import json
import re
from collections import deque
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from energykit.notebooks.verdict.executed_copy import read_copy
from energykit.notebooks.verdict.kernel_notes import started_commands
from energykit.notebooks.verdict.pipeline_record import find_lost_rows, has_pipeline_records
from energykit.notebooks.verdict.record import LogTail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from energykit.notebooks.verdict.executed_copy import Copy
    from energykit.notebooks.verdict.record import CellVerdict, NotebookVerdict

__all__ = ["EXPECTED", "with_logs"]

EXPECTED = "errors_expected"
"""Name in the metadata of a cell or a notebook that provokes faults."""
TAIL_LINES = 40
"""How many lines of each log a verdict holds."""
LARGEST_LINE = 1000
"""What is kept of a line."""
_FRACTION = timedelta(milliseconds=1)
"""What a log's time leaves out."""
_MOST_LOGS = 40
_MOST_ERRORS = 20
_TIME = r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),(\d{3})"
_ERROR = re.compile(_TIME + r" (?:- )?(?:ERROR|CRITICAL)\b")
_HINT = f'if the cell provokes it, its metadata say so: {{"energykit": {{"{EXPECTED}": true}}}}'


@dataclass(frozen=True)
class _Trouble:
    when: datetime | None
    text: str
    hint: str = ""

    @property
    def why(self) -> str:
        return f"{self.text} → {self.hint}" if self.hint else self.text


def with_logs(verdict: NotebookVerdict, folder: Path, *, since: datetime) -> NotebookVerdict:
    """Return a verdict with the ends of the logs below a folder; errors in them fail it.

    Parameters
    ----------
    verdict
        What is known without the logs.
    folder
        The run's folder: logs are looked for in every ``logs`` folder below it, records in every
        ``runs``.
    since
        When the run started: what is older is data that the notebook brought.
    """
    found = [_read(path, folder, since) for path in _log_files(folder, since)]
    verdict = replace(verdict, logs=tuple(tail for tail, _ in found))
    trouble = [one for _, some in found for one in some] + [
        _Trouble(lost.started, lost.text) for lost in find_lost_rows(folder, since)
    ]
    if verdict.status != "passed" or not trouble:
        return verdict
    return _fail_by(verdict, trouble, read_copy(verdict))


def _fail_by(verdict: NotebookVerdict, trouble: list[_Trouble], copy: Copy) -> NotebookVerdict:
    """Return a verdict that fails by the first trouble that no metadata expect."""
    if copy.own.get(EXPECTED):
        trouble = [one for one in trouble if not one.hint]
    for one in sorted(trouble, key=lambda one: one.when or datetime.max.replace(tzinfo=UTC)):
        cell = copy.at(one.when)
        if cell is None:
            return replace(verdict, status="failed", why=one.why)
        if not (one.hint and cell.own.get(EXPECTED)):
            return replace(
                verdict, status="failed", cells=tuple(_marked(verdict, cell.number, one.why))
            )
    return verdict


def _marked(verdict: NotebookVerdict, number: int, why: str) -> Iterator[CellVerdict]:
    for cell in verdict.cells:
        yield replace(cell, status="failed", why=why) if cell.number == number else cell


def _log_files(folder: Path, since: datetime) -> list[Path]:
    """Return the services' logs, and the JSON lines that no log stands beside."""
    logs = sorted(folder.glob("**/logs/*.log"))
    lines = [
        path
        for path in sorted(folder.glob("**/logs/*.jsonl"))
        if path.with_suffix(".log") not in logs
    ]
    started = "\n".join(started_commands(folder))
    kept = [path for path in logs + lines if _is_recent(path, since) and _is_of_kit(path, started)]
    return kept[:_MOST_LOGS]


def _is_recent(path: Path, since: datetime) -> bool:
    return path.is_file() and path.stat().st_mtime >= since.timestamp()


def _is_of_kit(path: Path, started: str) -> bool:
    """Return whether a log is a service's or a pipeline's: any other ``logs`` folder holds data."""
    if str(path) in started:
        return True
    return has_pipeline_records(path.parent.parent)


def _read(path: Path, folder: Path, since: datetime) -> tuple[LogTail, list[_Trouble]]:
    name = path.relative_to(folder).as_posix()
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    errors: list[str] = []
    trouble: list[_Trouble] = []
    with path.open("rb") as file:
        for line in file:
            text = line[:LARGEST_LINE].decode(errors="replace").rstrip()
            tail.append(text)
            is_error, when = _level(text)
            is_old = when is not None and when < since
            if is_error and not is_old and len(errors) < _MOST_ERRORS:
                errors.append(text)
                trouble.append(_Trouble(when, f"{name} says {_without_time(text)}", _HINT))
    return LogTail(path=name, text="\n".join(tail), errors=tuple(errors)), trouble


def _without_time(line: str) -> str:
    """Return a line of a log without its time."""
    return " ".join(re.sub(_TIME + r" (?:- )?", "", line).split())


def _level(line: str) -> tuple[bool, datetime | None]:
    """Return whether a line has level ERROR, and when it was written, UTC."""
    found = _ERROR.match(line)
    if found:
        when = datetime.strptime(f"{found[1]}.{found[2]}", "%Y-%m-%d %H:%M:%S.%f")  # noqa: DTZ007  # the local time
        return True, when.astimezone(UTC) + _FRACTION
    if not line.startswith("{"):
        return False, None
    try:
        record = json.loads(line)
        return record.get("level") in {"ERROR", "CRITICAL"}, datetime.fromisoformat(
            record["time"]
        ).astimezone(UTC)
    except (ValueError, KeyError, TypeError):
        return False, None

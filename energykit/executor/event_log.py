"""The events of a run as lines of its log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from energykit.executor.event import Moved, Retrying, StageFinished, StageStarted, Waiting

if TYPE_CHECKING:
    from energykit.executor.event import Event
    from energykit.executor.journal import RunJournal

__all__ = ["log_event"]


def log_event(journal: RunJournal, event: Event) -> None:
    """Write an event to the log; progress is not logged."""
    match event:
        case StageStarted():
            _log_start(journal, event)
        case Waiting():
            text = f"{event.id} at {event.address}: {event.message}; "
            text += f"waited {event.seconds:.1f} s so far"
            journal.write("WARNING", "waiting", text, stage=event.id, address=event.address)
        case Retrying():
            _log_retry(journal, event)
        case Moved():
            _log_transfer(journal, event)
        case StageFinished():
            _log_end(journal, event)


def _log_start(journal: RunJournal, event: StageStarted) -> None:
    why = f", run again: {event.reason}" if event.reason else ""
    text = f"Executing {event.id} at {event.address} ({event.number} of {event.total}){why}"
    journal.write(
        "INFO",
        "stage-started",
        text,
        stage=event.id,
        address=event.address,
        reason=event.reason,
    )


def _log_retry(journal: RunJournal, event: Retrying) -> None:
    attempt = event.attempt
    text = (
        f"{event.id}: attempt {attempt.number}: {attempt.status}: {attempt.message};"
        f" next in {attempt.wait_s:.2f} s"
    )
    journal.write(
        "WARNING",
        "retrying",
        text,
        stage=event.id,
        address=attempt.address,
        attempt=attempt.number,
        status=attempt.status,
        seconds=attempt.seconds,
    )


def _log_transfer(journal: RunJournal, event: Moved) -> None:
    moved = event.transfer
    text = (
        f"{event.id}: moved {moved.path} from {moved.source} to {moved.target}:"
        f" {moved.bytes} bytes in {moved.seconds:.3f} s"
    )
    journal.write(
        "INFO",
        "transfer",
        text,
        stage=event.id,
        path=moved.path,
        source=moved.source,
        target=moved.target,
        bytes=moved.bytes,
        seconds=moved.seconds,
    )


def _log_end(journal: RunJournal, event: StageFinished) -> None:
    stage = event.result
    message = stage.reason if stage.status == "reused" else stage.message
    message = str(stage.error or message)
    for note in stage.notes:
        journal.write("WARNING", "note", f"{stage.id}: {note}", stage=stage.id)
    journal.write(
        "ERROR" if stage.status == "failed" else "INFO",
        f"stage-{stage.status}",
        f"{stage.id} {stage.status} in {stage.seconds:.3f} s: {message}",
        stage=stage.id,
        address=stage.address,
        attempt=len(stage.attempts),
        seconds=stage.seconds,
        message=message,
    )

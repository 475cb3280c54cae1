"""The log of the orchestrator: lines for people, and the same as JSON for programs."""

from __future__ import annotations

import json
import logging
import os
import threading
from typing import TYPE_CHECKING, Any, BinaryIO

from energykit.private_folder import make_private_folder, open_private
from energykit.results.text import escape_controls, shorten

if TYPE_CHECKING:
    from pathlib import Path

    from energykit.executor.clock import RunClock

__all__ = ["RunJournal"]

_LONGEST = 4_000
"""A longer text is cut [characters]."""
_encode = json.JSONEncoder(ensure_ascii=False).encode
_logger = logging.getLogger(__name__)


class RunJournal:
    """Appends to ``orchestrator.log`` and ``orchestrator.jsonl``, each line in one write.

    A log that cannot be written (a full disk) ends no run: it is said once, and the run goes on.

    Parameters
    ----------
    folder
        Made if it is missing, for this user only.
    run_id
        Stands in every JSON line.
    clock
        The run's.
    trace_id
        Id of the run's trace; it stands in every JSON line, too, unless it is empty.
    """

    def __init__(self, folder: Path, run_id: str, clock: RunClock, *, trace_id: str = "") -> None:
        self._folder = folder
        self._ids = {"run_id": run_id} | ({"trace_id": trace_id} if trace_id else {})
        self._clock = clock
        self._lock = threading.Lock()
        self._files: list[BinaryIO] = []
        try:
            make_private_folder(folder)
            for name in ("orchestrator.log", "orchestrator.jsonl"):
                handle = open_private(folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
                self._files.append(os.fdopen(handle, "ab", buffering=0))
        except OSError as exc:
            self._give_up(exc)

    def write(self, level: str, event: str, text: str, **fields: Any) -> None:
        """Append one event.

        Parameters
        ----------
        level
            ``"INFO"``, ``"WARNING"`` or ``"ERROR"``.
        event
            Its name in the JSON lines.
        text
            The line for people.
        fields
            Further fields of the JSON line.
        """
        now = self._clock.now()
        local = now.astimezone()
        stamp = f"{local:%Y-%m-%d %H:%M:%S},{local.microsecond // 1000:03d}"
        line = f"{stamp} - {level} - {escape_controls(' '.join(shorten(text, _LONGEST).split()))}\n"
        head = {"time": now.isoformat(), "level": level, "event": event} | self._ids
        texts = {
            name: shorten(value, _LONGEST) if isinstance(value, str) else value
            for name, value in fields.items()
        }
        self._append(line, _encode(head | texts) + "\n")

    def _append(self, *lines: str) -> None:
        try:
            with self._lock:
                for file, line in zip(self._files, lines, strict=False):
                    file.write(line.encode(errors="backslashreplace"))
        except OSError as exc:
            self._give_up(exc)

    def _give_up(self, exc: OSError) -> None:
        _logger.warning(
            "cannot write the log in %s: %s; the run goes on without it", self._folder, exc.strerror
        )
        self.close()

    def close(self) -> None:
        """Close both files."""
        for file in self._files:
            file.close()
        self._files = []

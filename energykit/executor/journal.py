"""The log of the orchestrator: lines for people, and the same as JSON for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from energykit.executor.clock import Clock

__all__ = ["Journal"]


class Journal:
    """Appends to ``orchestrator.log`` and ``orchestrator.jsonl``, each line in one write.

    Parameters
    ----------
    folder
        Made if it is missing.
    run_id
        Stands in every JSON line.
    clock
        The run's.
    """

    def __init__(self, folder: Path, run_id: str, clock: Clock) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lines = (folder / "orchestrator.log").open("ab", buffering=0)
        self._records = (folder / "orchestrator.jsonl").open("ab", buffering=0)
        self._run_id = run_id
        self._clock = clock

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
        line = f"{local:%Y-%m-%d %H:%M:%S},{local.microsecond // 1000:03d} - {level} - {' '.join(text.split())}\n"
        record = {
            "time": now.isoformat(),
            "level": level,
            "event": event,
            "run_id": self._run_id,
            **fields,
        }
        self._lines.write(line.encode())
        self._records.write((json.dumps(record, ensure_ascii=False) + "\n").encode())

    def close(self) -> None:
        """Close both files."""
        self._lines.close()
        self._records.close()

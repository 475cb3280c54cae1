"""Which runs a data root has seen, in their order: found in constant time among any number.

``logs/runs.jsonl`` gets a line for each run when its record is opened: its id and its workflow. Runs
that it does not name (of an earlier version, copied by hand) come after those that it names.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["append_run", "newest_first"]

_FILE = "logs/runs.jsonl"


def append_run(data_root: Path, run_id: str, workflow_name: str) -> None:
    """Name a run as the newest one.

    Parameters
    ----------
    data_root
        Holds ``logs/``.
    run_id, workflow_name
        As its record says.
    """
    path = data_root / _FILE
    path.parent.mkdir(mode=0o700, exist_ok=True)
    line = json.dumps([run_id, workflow_name]) + "\n"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(handle, line.encode())
    finally:
        os.close(handle)


def newest_first(data_root: Path, workflow_name: str) -> Iterator[str]:
    """Yield the ids of a workflow's runs, the newest first; then those of which nothing is known.

    Parameters
    ----------
    data_root
        Holds ``runs/`` and ``logs/``.
    workflow_name
        As the configuration says.
    """
    indexed = _read(data_root / _FILE)
    for run_id, name in reversed(indexed.items()):
        if name == workflow_name:
            yield run_id
    yield from sorted(
        (name for name in _list(data_root / "runs") if name not in indexed), reverse=True
    )


def _read(path: Path) -> dict[str, str]:
    """Return the workflow of each run by its id; a line cut short by a full disk is passed over."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    found: dict[str, str] = {}
    for line in lines:
        try:
            run_id, name = json.loads(line)
        except (ValueError, TypeError, RecursionError):
            continue
        found[str(run_id)] = str(name)
    return found


def _list(runs: Path) -> list[str]:
    try:
        return [path.name for path in runs.iterdir() if not path.name.startswith(".")]
    except OSError:
        return []

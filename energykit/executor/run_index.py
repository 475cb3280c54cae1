"""Which runs a data root has seen, in their order: found in constant time among any number.

``logs/runs.jsonl`` gets a line for each run when its record is opened: its id and its workflow.
Runs that are not in it (of an earlier version, copied by hand) come after those that are.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from energykit.private_folder import make_private_folder, open_private

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["append_run", "newest_first"]

_FILE = "logs/runs.jsonl"
_BLOCK_BYTES = 1 << 14


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
    make_private_folder(path.parent)
    line = json.dumps([run_id, workflow_name]) + "\n"
    handle = open_private(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
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
    indexed = set()
    for run_id, name in _read_backwards(data_root / _FILE):
        indexed.add(run_id)
        if name == workflow_name:
            yield run_id
    yield from sorted(
        (name for name in _list(data_root / "runs") if name not in indexed), reverse=True
    )


def _read_backwards(path: Path) -> Iterator[tuple[str, str]]:
    """Yield run and workflow, the last line first; a line that was cut short is passed over."""
    for line in _lines_backwards(path):
        try:
            run_id, name = json.loads(line)
        except (ValueError, TypeError, RecursionError):
            continue
        yield str(run_id), str(name)


def _lines_backwards(path: Path) -> Iterator[bytes]:
    """Yield the lines of a file from its end; only what is asked for is read."""
    try:
        file = path.open("rb")
    except OSError:
        return
    with file:
        at, rest = file.seek(0, os.SEEK_END), b""
        while at:
            size = min(_BLOCK_BYTES, at)
            at = file.seek(at - size)
            first, *lines = (file.read(size) + rest).split(b"\n")
            yield from filter(None, reversed(lines))
            rest = first
        if rest:
            yield rest


def _list(runs: Path) -> list[str]:
    try:
        return [path.name for path in runs.iterdir() if not path.name.startswith(".")]
    except OSError:
        return []

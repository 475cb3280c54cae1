"""One notebook in a process of its own: ``python -m energykit.notebooks JOB.json``.

The job names the notebook and where the verdict goes. The process ends when its stdin closes, so that nothing
outlives a runner that was killed: it ends its kernel and whatever carries the run's mark first.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from energykit.notebooks.execute import Limits, execute
from energykit.notebooks.processes import MARK, end
from energykit.notebooks.verdict import verdict_to_json

__all__ = ["main"]


def main(arguments: list[str]) -> int:
    """Carry out one job."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    job: dict[str, Any] = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    import nbformat  # noqa: PLC0415  # optional

    copy = Path(job["copy"])
    notebook = nbformat.read(copy, as_version=4)
    progress = Path(job["verdict"]).with_name("progress.json")

    def told(*cells: int) -> None:
        progress.write_text(json.dumps(cells), encoding="utf-8")

    limits = Limits(cell_s=job["cell_s"], notebook_s=job["notebook_s"])
    os.environ.update(job["environment"])
    verdict = execute(
        notebook, path=job["path"], folder=copy.parent, limits=limits, parameters=job["parameters"], on_cell=told
    )
    nbformat.write(notebook, copy)
    Path(job["verdict"]).write_text(json.dumps(verdict_to_json(verdict)), encoding="utf-8")
    return 0


def _end_with_parent() -> None:
    """Wait until the runner is gone; then end everything that this notebook started, and this process."""
    sys.stdin.buffer.read()
    end(os.environ.get(MARK, ""))
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

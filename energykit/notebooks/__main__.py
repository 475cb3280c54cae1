"""One notebook in a process of its own: ``python -m energykit.notebooks JOB.json``.

The job names the notebook and where the verdict goes. The process ends when its stdin closes, so
that nothing outlives a runner that was killed: it ends its kernel, all that came from it, and
whatever carries the run's mark first.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
from pathlib import Path

from energykit.notebooks.engine.worker import work
from energykit.notebooks.process.marked_processes import MARK, SOCKETS, end_all

__all__ = ["main"]


def main(arguments: list[str]) -> int:
    """Run one job."""
    # a grammar of jsonschema's that takes a second to import and is never used here
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    threading.Thread(target=_end_with_parent, daemon=True).start()
    return work(Path(arguments[0]))


def _end_with_parent() -> None:
    """Wait until the runner is gone; then end all that this notebook started, and this process."""
    while os.read(0, 4096):
        pass
    end_all(os.environ.get(MARK, ""))
    shutil.rmtree(os.environ.get(SOCKETS, ""), ignore_errors=True)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

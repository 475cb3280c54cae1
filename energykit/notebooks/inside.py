"""Inside the kernel: what leaves no trace in the kernel's messages is written down.

``sys.exit(0)``, an exception in a background thread and a failed ``!command`` may end no cell with an error, and so
count as success for who only listens. Imported into the kernel before the first cell.
"""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["install"]


def install(path: str) -> None:
    """Write what happens to a file of JSON lines.

    Parameters
    ----------
    path
        The file; it is appended to.
    """
    from IPython import get_ipython  # noqa: PLC0415  # only in a kernel

    shell: Any = get_ipython()
    notes = _Notes(Path(path))
    shell.events.register("post_run_cell", notes.cell_ended)
    shell.system = notes.watched(shell.system, shell)
    threading.excepthook = notes.thread_failed


class _Notes:
    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, kind: str, text: str, line: int = 0) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"kind": kind, "text": text, "line": line}) + "\n")

    def cell_ended(self, result: Any) -> None:
        error = result.error_in_exec
        if isinstance(error, SystemExit):
            self.write(
                "exit", f"the cell called sys.exit({'' if error.code is None else error.code!r})", _line_of(error)
            )

    def thread_failed(self, args: Any) -> None:
        name = args.thread.name if args.thread else "a thread"
        self.write("thread", f"{args.exc_type.__name__} in {name}: {args.exc_value}")
        sys.__excepthook__(args.exc_type, args.exc_value, args.exc_traceback)

    def watched(self, system: Callable[[str], Any], shell: Any) -> Callable[[str], Any]:
        """Return a shell's ``!``, watched for the exit code of each command."""

        def run(command: str) -> Any:
            result = system(command)
            code = shell.user_ns.get("_exit_code", 0)
            if code:
                self.write("command", f"!{command} ended with exit code {code}")
            return result

        return run


def _line_of(error: BaseException) -> int:
    """Return the line of the cell in which an exception arose: the outermost frame of the cell."""
    trace = error.__traceback__
    while trace is not None:
        if "ipykernel" in trace.tb_frame.f_code.co_filename or trace.tb_frame.f_code.co_name == "<module>":
            return trace.tb_lineno
        trace = trace.tb_next
    return 0

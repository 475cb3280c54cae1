"""Inside the kernel: what leaves no trace in the kernel's messages is written down.

``sys.exit(0)``, ``exit``, an exception in a background thread or task and a failed ``!command`` may
end no cell with an error, and so count as success for who only listens. Imported into the kernel
before the first cell.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

from energykit.notebooks.kernel.frames import calling_line, innermost

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from energykit.notebooks.kernel.notes import NotesFile

__all__ = ["install"]


def install(notes_file: NotesFile, shell: Any) -> None:
    """Write what happens to a file of notes.

    Parameters
    ----------
    notes_file
        The file.
    shell
        The kernel's shell.
    """
    notes = _Notes(notes_file, shell)
    shell.events.register("post_run_cell", notes.cell_ended)
    shell.system = notes.watched(shell.system)
    shell.ask_exit = notes.exiting(shell.ask_exit)
    _watch_captured(notes)
    threading.excepthook = notes.thread_failed
    asyncio.get_running_loop().set_exception_handler(notes.task_failed)


def _watch_captured(notes: _Notes) -> None:
    """Watch ``x = !command`` and ``!!command``, too, of which the shell takes no exit code."""
    used: Any = sys.modules["IPython.core.interactiveshell"]
    common: Any = sys.modules.get("IPython.utils._process_common")
    if common is not None and used.getoutput is common.getoutput:  # elsewhere than on Windows
        used.getoutput = notes.captured(common.process_handler)


class _Notes:
    def __init__(self, notes: NotesFile, shell: Any) -> None:
        self.write = notes.write
        self._shell = shell

    def cell_ended(self, result: Any) -> None:
        error = result.error_in_exec
        if isinstance(error, SystemExit):
            code = "" if error.code is None else repr(error.code)
            kind = "exit" if not error.code else "exit-code"
            self.write(kind, f"the cell called sys.exit({code})", _line_of(error))

    def thread_failed(self, args: Any) -> None:
        if args.exc_type is SystemExit:  # ends a thread, and nothing else, as in any program
            return
        name = args.thread.name if args.thread else "a thread"
        self._background(
            f"{args.exc_type.__name__} in {name}: {args.exc_value}", args.exc_traceback
        )
        sys.__excepthook__(args.exc_type, args.exc_value, args.exc_traceback)

    def task_failed(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Take an exception that nobody awaits; what else a loop complains of fails no cell."""
        error = context.get("exception")
        if error is not None and (context.get("task") or context.get("future")):
            self._background(f"{type(error).__name__} in a task: {error}", error.__traceback__)
        loop.default_exception_handler(context)

    def _background(self, text: str, trace: TracebackType | None) -> None:
        frame, line = innermost(trace)
        name = (
            self._shell.compile.format_code_name(frame.f_code.co_filename)
            if frame is not None
            else None
        )
        count = name[1].removeprefix("In[").removesuffix("]") if name else ""
        self.write("background", text, line, count=int(count) if count.isdecimal() else 0)

    def exiting(self, ask_exit: Callable[[], None]) -> Callable[[], None]:
        """Return a shell's way to end, watched: ``exit`` would stop a notebook in silence."""

        def exit_() -> None:
            self.write("exit", "the cell called exit or quit")
            ask_exit()

        return exit_

    def watched(self, system: Callable[[str], Any]) -> Callable[[str], Any]:
        """Return a shell's ``!``, watched for the exit code of each command."""

        def run(command: str) -> Any:
            result = system(command)
            self._ended(command, self._shell.user_ns.get("_exit_code", 0))
            return result

        return run

    def captured(self, handle: Callable[..., Any]) -> Callable[[str], str]:
        """Return a shell's way to take what a command prints, watched for its exit code."""

        def run(command: str) -> str:
            done = handle(
                command,
                lambda process: (process.communicate()[0], process.returncode),
                subprocess.STDOUT,
            )
            output, code = done or (b"", 0)
            self._ended(command, code)
            return str(output.decode(errors="replace"))

        return run

    def _ended(self, command: str, code: int) -> None:
        if code:
            line = calling_line(sys._getframe(1))
            self.write("command", f"!{command} ended with exit code {code}", line)


def _line_of(error: BaseException) -> int:
    """Return the line of the cell in which an exception arose: the outermost frame of the cell."""
    trace = error.__traceback__
    while trace is not None:
        if (
            "ipykernel" in trace.tb_frame.f_code.co_filename
            or trace.tb_frame.f_code.co_name == "<module>"
        ):
            return trace.tb_lineno
        trace = trace.tb_next
    return 0

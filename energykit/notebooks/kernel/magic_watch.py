"""Inside the kernel: magics of IPython that fail by a printed line only, as ``%cd nosuch`` does.

IPython's own magics catch exceptions and print, warn of or log them, or print that nothing was
found; the cell then ends as if all were well. What these modules print is looked at, and nothing
else: output of the notebook's own code, of scripts and of other packages' magics stays as it is.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from energykit.notebooks.kernel.frames import calling_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, ModuleType

    from energykit.notebooks.kernel.notes import NotesFile

__all__ = ["import_magics", "install"]

_MODULES = re.compile(
    r"IPython\.core\.(magics\.\w+|interactiveshell)|IPython\.extensions\.(autoreload|storemagic)|ipykernel\.zmqshell"
)
_SHELL = "IPython.core.interactiveshell"
_WAYS = ("print", "warn", "error")
"""By which magics tell of a failure, as names in their modules."""
_FAILED = re.compile(
    r"is not an IPython extension|doesn't define how to unload it"
    r"|^(Object|File) `.*` not found|Couldn't evaluate or find in history"
    r"|^No lines in history match|^Number of lines (must be|to rerun cannot)"
    r"|does not exist in history|^No matching entry in directory history"
    r"|^Don't know how to reset|^Incorrect argument|^reset array only works"
    r"|can't be found as a variable"
)
"""Of what is said where no exception was caught. That an extension is loaded already, or a log not
started that is to end, is not a failure: all is as the cell wants it.
"""
_RUNNERS = {"run_line_magic": "%", "run_cell_magic": "%%"}


def import_magics() -> None:
    """Import IPython's magics, which it else does as they are first used."""
    from IPython.core import magics  # only in a kernel, or in what becomes one

    for module in pkgutil.iter_modules(magics.__path__, f"{magics.__name__}."):
        with suppress(ImportError):
            importlib.import_module(module.name)


def install(notes: NotesFile, shell: Any) -> None:
    """Note from now on which magics fail by saying so only.

    Parameters
    ----------
    notes
        The file that takes a note of the kind ``magic``.
    shell
        The kernel's shell.
    """
    import_magics()
    watched: set[str] = set()

    def watch_new(_result: Any = None) -> None:
        for name in list(sys.modules):  # threads may import meanwhile
            if name not in watched and _MODULES.fullmatch(name):
                watched.add(name)
                _watch(sys.modules[name], notes)

    watch_new()
    shell.events.register("post_run_cell", watch_new)  # extensions are imported by cells


def _watch(module: ModuleType, notes: NotesFile) -> None:
    for way in _WAYS:
        say = print if way == "print" else getattr(module, way, None)
        if say is not None:
            setattr(module, way, _watched(say, notes))


def _watched(say: Callable[..., Any], notes: NotesFile) -> Callable[..., Any]:
    def say_and_note(*values: Any, **options: Any) -> Any:
        caller = sys._getframe(1)
        text = " ".join(map(str, values))
        if _caught(caller) or _FAILED.search(text):
            first = text.strip().partition("\n")[0]
            notes.write("magic", f"{_magic_of(caller)}{first}", calling_line(caller))
        if say is warnings.warn:
            options["stacklevel"] = options.get("stacklevel", 1) + 1  # the magic's line, not this
        return say(*values, **options)

    return say_and_note


def _caught(frame: FrameType | None) -> bool:
    """Return whether a magic's code has just caught an exception, which it now tells of.

    What the notebook's own code is handling while it calls a magic was caught outside of it.
    """
    trace = sys.exc_info()[2]
    while trace is not None and frame is not None and _is_watched(frame):
        if trace.tb_frame is frame:
            return True
        frame = frame.f_back
    return False


def _is_watched(frame: FrameType) -> bool:
    name = frame.f_globals.get("__name__", "")
    return bool(_MODULES.fullmatch(name)) and name != _SHELL  # which shows errors of cells


def _magic_of(frame: FrameType | None) -> str:
    """Return the magic that a frame was called from, as it stands in the cell, and a colon."""
    while frame is not None:
        sign = _RUNNERS.get(frame.f_code.co_name)
        if sign:
            names = frame.f_locals
            return f"{sign}{names['magic_name']} {names['line']}".rstrip() + ": "
        frame = frame.f_back
    return ""

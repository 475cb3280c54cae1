"""Inside the kernel: the frame of a cell in which the last exception arose, with its variables."""

from __future__ import annotations

import json
import linecache
import re
import sys
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType, TracebackType

__all__ = ["calling_line", "failing_frame", "innermost"]

_LONGEST = 200
_MOST = 40


def failing_frame(why: str) -> str:
    """Return where the last exception arose, as JSON.

    That is the function, the line, and the variables as ``[name, type, text]``.
    Without an exception that fits, the names of the notebook itself stand in.

    Parameters
    ----------
    why
        The reason that the cell's verdict gives: an exception of another cell is not shown for it.
    """
    value = getattr(sys, "last_value", None)
    fits = value is not None and (
        type(value).__name__ in why or isinstance(value, KeyboardInterrupt)
    )
    frame, line = innermost(value.__traceback__) if value is not None and fits else (None, 0)
    if frame is None:
        names = sys.modules["__main__"].__dict__
        return json.dumps({"function": "", "line": 0, "variables": _shown(names)})
    in_cell = frame.f_code.co_name == "<module>"
    found = _shown(_named_in_cell(frame) if in_cell else frame.f_locals)
    return json.dumps(
        {"function": "" if in_cell else frame.f_code.co_name, "line": line, "variables": found}
    )


def _named_in_cell(frame: FrameType) -> dict[str, Any]:
    """Return the variables that a cell names: those of the whole notebook would be too many."""
    source = "".join(linecache.getlines(frame.f_code.co_filename))
    names = dict.fromkeys(re.findall(r"[^\W\d]\w*", source))
    return {name: frame.f_globals[name] for name in names if name in frame.f_globals}


def innermost(trace: TracebackType | None) -> tuple[FrameType | None, int]:
    """Return the innermost frame that is code of a cell, and its line; None and 0 without one."""
    found: tuple[FrameType | None, int] = None, 0
    while trace is not None:
        if _is_of_cell(trace.tb_frame):
            found = trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next
    return found


def _is_of_cell(frame: FrameType) -> bool:
    name = frame.f_code.co_filename
    return "ipykernel_" in name or "<ipython-input" in name


def calling_line(frame: FrameType | None) -> int:
    """Return the line of the cell from which a frame was called; 0 where it was from none."""
    while frame is not None:
        if _is_of_cell(frame) and frame.f_code.co_name == "<module>":
            return frame.f_lineno
        frame = frame.f_back
    return 0


def _shown(names: Mapping[str, Any]) -> list[list[str]]:
    hidden = {"In", "Out", "exit", "get_ipython", "open", "quit"}
    kept = {
        name: value
        for name, value in names.items()
        if not name.startswith("_")
        and name not in hidden
        and not isinstance(value, (ModuleType, FunctionType, type))
    }
    return [
        [name, type(value).__name__, _text(value)] for name, value in list(kept.items())[-_MOST:]
    ]


def _text(value: Any) -> str:
    try:
        text = " ".join(repr(value).split())
    except Exception as exc:  # noqa: BLE001  # any object may be a variable
        return f"(its repr raises {type(exc).__name__})"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"

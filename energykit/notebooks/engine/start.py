"""Putting the watch into a kernel that has started."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from energykit.notebooks.engine.session import EngineSession

__all__ = ["start_watch"]

_PACKAGES = str(Path(__file__).resolve().parents[3])
"""Where this package is: a kernel of another Python may not have it."""
_CODE = """
import sys as _sys
_sys.path.append({packages!r})
try:
    from energykit.notebooks.kernel.watcher import watch_kernel as _watch
finally:
    _sys.path.remove({packages!r})
_watch({folder!r}, {linked!r})
del _sys, _watch
"""
_START_S = 60.0
_UNWATCHED = "not watched: threads, commands, exits, files, figures, records, lost output"


async def start_watch(client: Any, session: EngineSession) -> list[str]:
    """Start the watch inside a kernel and return what is not watched, as sentences.

    Parameters
    ----------
    client
        Of the kernel.
    session
        The run.
    """
    import nbformat  # optional
    from nbclient.exceptions import CellExecutionError  # optional

    if not session.kernel.is_python:
        return [f"{_UNWATCHED} (the kernel {session.kernel.name!r} is not Python)"]
    linked = [str(path.resolve()) for path in session.linked]
    code = _CODE.format(packages=_PACKAGES, folder=str(session.folder), linked=linked)
    cell = nbformat.v4.new_code_cell(code)
    client.new_cell(_START_S)
    client.nb.cells.insert(0, cell)  # nbclient executes only what is in the notebook
    try:
        await client.async_execute_cell(cell, 0, store_history=False)
    except CellExecutionError as exc:
        session.kernel = _unwatched(session.kernel)
        return [f"{_UNWATCHED} ({exc.ename}: {exc.evalue})"]
    finally:
        del client.nb.cells[0]
    return []


def _unwatched(kernel: Any) -> Any:
    from dataclasses import replace  # only here

    return replace(kernel, language=f"{kernel.language} without the watch")

"""Running a notebook up to the cell that fails, and looking at the kernel where it stopped."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from energykit.notebooks.engine.local_session import local_session, write_source
from energykit.notebooks.engine.parameter_code import register_translator
from energykit.notebooks.source.notebook_file import read_notebook
from energykit.notebooks.source.parameters import typed_parameters
from energykit.temporary_folder import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    from energykit.notebooks.engine.session import Limits
    from energykit.notebooks.verdict.record import CellVerdict, NotebookVerdict

__all__ = ["StoppedNotebook", "debug"]

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_ANSWER_S = 10.0
"""What the kernel may take to say where it stopped [s]."""
_LOOK = "__import__('energykit.notebooks.kernel.frames', fromlist=['failing_frame']).failing_frame"


@dataclass(frozen=True, kw_only=True)
class StoppedNotebook:
    """Where a notebook stopped; its kernel still runs."""

    cell: CellVerdict
    """The verdict of the cell."""
    traceback: str
    """What the cell showed of its error, without colours; empty where it raised none."""
    function: str
    """Function of the notebook that failed; empty for the cell itself."""
    line: int
    """Line in it; 0 where that is not known."""
    variables: tuple[tuple[str, str, str], ...]
    """Name, type and text of the variables there."""
    is_alive: bool
    """Whether the kernel answers."""
    client: Any
    """The nbclient client; `client.kc` talks to the kernel, `client.km` is its process."""


def debug(
    path: Path,
    *,
    parameters: Mapping[str, Any],
    limits: Limits,
    at_stop: Callable[[StoppedNotebook], Awaitable[None]],
) -> NotebookVerdict:
    """Run a notebook in this process' kernel until a cell does not pass, and look at it there.

    Its folder, its processes and what they wrote are gone when this returns.

    Parameters
    ----------
    path
        The notebook.
    parameters
        Values by name.
    limits
        Time-outs of cells; looking has none.
    at_stop
        Awaited while the kernel waits.

    Raises
    ------
    energykit.errors.UsageError
        There is no such notebook, it cannot run here, or a parameter is unknown or of another type
        than its default.
    """
    import papermill  # optional and heavy

    register_translator()
    notebook = read_notebook(path)
    typed = typed_parameters(notebook, parameters, where=str(path))

    async def stopped(client: Any, cell: CellVerdict) -> None:
        await at_stop(await _stop(client, cell))

    with (
        temporary_folder("debug") as folder,
        local_session(str(path), notebook, folder.resolve(), limits=limits) as session,
        contextlib.suppress(papermill.PapermillExecutionError),
    ):
        session.at_stop = stopped
        session.parameters = dict(parameters)
        papermill.execute_notebook(
            write_source(notebook, session.folder),
            None,
            parameters=typed,
            engine_name="energykit",
            kernel_name=session.kernel.name,
            language=session.kernel.language,
            progress_bar=False,
            session=session,
        )
    assert session.verdict is not None  # papermill raised, or the engine set it
    return replace(session.verdict, folder="", run_folder="")


async def _stop(client: Any, cell: CellVerdict) -> StoppedNotebook:
    frame = await _frame(client, cell.why) if cell.status != "kernel-died" else None
    shown = frame or {"function": "", "line": 0, "variables": []}
    return StoppedNotebook(
        cell=cell,
        traceback=_traceback(client, cell),
        function=shown["function"],
        line=shown["line"] or cell.line,
        variables=tuple((name, kind, text) for name, kind, text in shown["variables"]),
        is_alive=frame is not None,
        client=client,
    )


async def _frame(client: Any, why: str) -> dict[str, Any] | None:
    """Ask the kernel where it stopped; None where it does not answer."""
    try:
        async with asyncio.timeout(_ANSWER_S):
            while True:
                content = await _answer(client.kc, f"{_LOOK}({why!r})")
                # a kernel drops requests that came before it reported its last error
                if content["status"] != "aborted":
                    break
    except Exception:  # noqa: BLE001  # whatever the channel raises: it did not answer in time
        return None
    answer = content.get("user_expressions", {}).get("frame", {}).get("data", {}).get("text/plain")
    return dict(json.loads(ast.literal_eval(answer))) if answer else None


async def _answer(kernel: Any, look: str) -> dict[str, Any]:
    request = kernel.execute(
        "", silent=True, store_history=False, user_expressions={"frame": look}, allow_stdin=False
    )
    while True:
        reply = await kernel.get_shell_msg(timeout=_ANSWER_S)
        if reply["parent_header"].get("msg_id") == request:
            return dict(reply["content"])


def _traceback(client: Any, cell: CellVerdict) -> str:
    (stored,) = [one for one in client.nb.cells if one.get("id", "") == cell.id][:1] or [None]
    errors = [one for one in (stored or {}).get("outputs", []) if one["output_type"] == "error"]
    return _COLOURS.sub("", "\n".join(errors[-1]["traceback"])) if errors else ""

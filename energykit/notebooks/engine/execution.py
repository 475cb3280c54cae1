"""Executing one notebook, cell by cell, with a verdict for each."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.notebooks.kernel.manager import new_manager
from energykit.notebooks.kernel.watcher import NOTES, OUTSIDE, RECORDS
from energykit.notebooks.process.marked_processes import listening
from energykit.notebooks.verdict.cell_records import CellRecords
from energykit.notebooks.verdict.record import CellVerdict, NotebookVerdict
from energykit.notebooks.verdict.traceback_text import end_of, line_of, source_at, without_colours

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine

    from energykit.notebooks.verdict.record import Status

__all__ = ["Limits", "execute"]

_LONGEST = 2000
"""How much of an exception's message a verdict holds, in characters."""
_LEAST_S = 0.01
"""What a cell gets where its notebook has no time left; nbclient takes 0 for no limit [s]."""
_NO_NAME = "NoneType"
"""What a kernel calls the error of an object that could not be shown: its own error is among the
outputs.
"""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long things may take."""

    cell_s: float = 60.0
    """A cell, unless its metadata says otherwise: ``{"energykit": {"timeout_s": 120}}`` [s]."""
    notebook_s: float = 300.0
    """All cells together [s]."""


def execute(
    notebook: Any,
    *,
    path: str,
    folder: Path,
    limits: Limits,
    parameters: dict[str, Any],
    at_stop: Callable[[Any, CellVerdict], Awaitable[None]] | None = None,
    on_cell: Callable[[int, int], None] | None = None,
    manager: Any = None,
) -> NotebookVerdict:
    """Run a notebook's code cells in a fresh kernel and judge each; its outputs stay in it.

    Parameters
    ----------
    notebook
        The notebook, as nbformat reads it.
    path
        What the verdict calls it.
    folder
        The kernel's working directory.
    limits
        Time-outs.
    parameters
        Those that were set, for the verdict.
    at_stop
        Awaited with the nbclient client and the verdict of the cell that did not pass, while the
        kernel still runs.
    on_cell
        Told the number of each code cell that starts, and how many there are.
    manager
        Of the kernel, which may run already; None: a new one.
    """
    run = _Execution(notebook, folder, limits, at_stop, on_cell, manager)
    start = time.monotonic()
    why = asyncio.run(run.all_cells())
    seconds = time.monotonic() - start
    status: Status = next(
        (cell.status for cell in run.verdicts if cell.status not in {"passed", "not-run"}), "passed"
    )
    if why and status == "passed":
        status = "failed"
    if run.leaks and status == "passed":
        status, why = "leaked", "; ".join(run.leaks)
    return NotebookVerdict(
        path=path,
        status=status,
        cells=tuple(run.verdicts),
        seconds=seconds,
        why=why,
        folder=str(folder),
        parameters=parameters,
        peak_mb=run.peak_mb,
    )


class _Execution:
    def __init__(  # noqa: PLR0917  # what execute takes
        self,
        notebook: Any,
        folder: Path,
        limits: Limits,
        at_stop: Callable[[Any, CellVerdict], Awaitable[None]] | None,
        on_cell: Callable[[int, int], None] | None,
        manager: Any,
    ) -> None:
        self.verdicts: list[CellVerdict] = []
        self.leaks: list[str] = []
        self.peak_mb = 0.0
        self._manager = manager
        self._outside = folder / OUTSIDE
        self._notebook = notebook
        self._folder = folder
        self._limits = limits
        self._at_stop = at_stop
        self._on_cell = on_cell
        self._evidence = folder / RECORDS
        self._collected = CellRecords(self._evidence)
        self._notes = folder / NOTES
        self._notes_read = 0

    async def all_cells(self) -> str:
        """Run every code cell until one does not pass; return what went wrong outside any cell."""
        from energykit.notebooks.engine.client import Client  # optional and heavy

        client = Client(self._notebook, self._manager or new_manager(None), str(self._folder))
        codes = [
            (at, cell) for at, cell in enumerate(self._notebook.cells) if cell.cell_type == "code"
        ]
        self._cells = [cell for _, cell in codes]
        end = time.monotonic() + self._limits.notebook_s
        async with client.async_setup_kernel(), _beside(client.measure()):
            await self._prepare(client)
            own = _ports(client)
            for number, (at, cell) in enumerate(codes, 1):
                stopped = any(verdict.status != "passed" for verdict in self.verdicts)
                if self._on_cell and not stopped:
                    self._on_cell(number, len(codes))
                self.verdicts.append(
                    CellVerdict(number=number, id=cell.get("id", ""), status="not-run")
                    if stopped
                    else await self._cell(client, number, at, cell, end)
                )
            culprit = next(
                (cell for cell in self.verdicts if cell.status not in {"passed", "not-run"}), None
            )
            if culprit and self._at_stop:
                await self._at_stop(client, culprit)
            self.leaks += [
                f"the kernel left {port} listening" for port in _ports(client) if port not in own
            ]
            self.peak_mb = client.peak_mb
        self.leaks += self._written_outside()
        client.set_widgets_metadata()
        late = self._own_notes(0)
        self.verdicts = [
            _interrupted(verdict, cell)
            for verdict, cell in zip(self.verdicts, self._cells, strict=True)
        ]
        self._collected.write(self._folder.parent)
        return late[0]["text"] if late else self._collected.lost or self._too_few_figures()

    def _too_few_figures(self) -> str:
        least = self._notebook.metadata.get("energykit", {}).get("figures", 0)
        found = len(self._collected.figures)
        return (
            f"{found} figures were shown, and the notebook's metadata ask for {least}"
            if found < least
            else ""
        )

    async def _prepare(self, client: Any) -> None:
        import nbformat  # optional

        watch = "from energykit.notebooks.kernel.watcher import watch_kernel as _watch"
        code = f"{watch}; _watch({str(self._folder)!r}); del _watch"
        cell = nbformat.v4.new_code_cell(code)
        self._notebook.cells.insert(0, cell)  # nbclient executes only what is in the notebook
        await client.async_execute_cell(cell, 0, store_history=False)
        del self._notebook.cells[0]

    async def _cell(self, client: Any, number: int, at: int, cell: Any, end: float) -> CellVerdict:
        own = cell.metadata.get("energykit", {})
        start = time.monotonic()
        limit_s = min(own.get("timeout_s", self._limits.cell_s), max(_LEAST_S, end - start))
        client.new_cell(limit_s)
        status, why, line = await self._outcome(client, number, at, cell, own.get("raises"))
        if status == "timed-out" and start + limit_s >= end:
            why = (
                f"the notebook took longer than {self._limits.notebook_s:g} s, and was at this cell"
            )
        self._collected.take(cell)
        source = source_at(cell, line)
        return CellVerdict(
            number=number,
            id=cell.get("id", ""),
            status=status,
            why=why,
            line=line if source else 0,
            source=source,
            seconds=time.monotonic() - start,
            peak_mb=client.cell_mb,
            output=end_of(cell.outputs),
        )

    async def _outcome(
        self, client: Any, number: int, at: int, cell: Any, raises: str | None
    ) -> tuple[Status, str, int]:
        from nbclient import exceptions  # optional

        try:
            await client.async_execute_cell(cell, at)
        except exceptions.CellTimeoutError:
            return "timed-out", f"took longer than {client.limit_s:g} s", 0
        except exceptions.DeadKernelError:
            return "kernel-died", "the kernel died", 0
        except exceptions.CellExecutionError as exc:
            notes = self._own_notes(number)
            if notes:
                return "failed", notes[0]["text"], line_of(cell, exc.traceback)
            if client.has_flooded:
                return "failed", "showed more than 20 MB", line_of(cell, exc.traceback)
            is_shown = exc.ename == _NO_NAME and any(
                one.output_type == "error" for one in cell.outputs
            )
            if raises != exc.ename and not is_shown:
                return "failed", f"{exc.ename}: {_told(exc.evalue)}", line_of(cell, exc.traceback)
        return self._after(number, cell, raises)

    def _after(self, number: int, cell: Any, raises: str | None) -> tuple[Status, str, int]:
        """Judge a cell by what it left: one that shows an error failed, also where a magic went on behind it."""
        notes = self._own_notes(number)
        if notes:
            return "failed", notes[0]["text"], notes[0]["line"]
        errors = [output for output in cell.outputs if output.output_type == "error"]
        allowed = raises or ("" if "raises-exception" in cell.metadata.get("tags", []) else None)
        if allowed is not None and not errors:
            return "failed", f"{allowed or 'an exception'} was expected, and none came", 0
        if not errors or allowed in {"", errors[0].ename}:
            return "passed", "", 0
        line, came = line_of(cell, "\n".join(errors[0].traceback)), errors[0].ename
        expected = f"{allowed} was expected, {came} came" if allowed else came
        return "failed", f"{expected}: {_told(errors[0].evalue)}", line

    def _written_outside(self) -> list[str]:
        """Return the files that were written outside the run's folder, and still are there."""
        if not self._outside.exists():
            return []
        paths = [Path(line) for line in self._outside.read_text(encoding="utf-8").splitlines()]
        return [
            f"wrote outside its folder: {path}" for path in dict.fromkeys(paths) if path.exists()
        ]

    def _own_notes(self, number: int) -> list[dict[str, Any]]:
        """Return what was noted of a code cell; what came from another one, in background, fails that one."""
        own = []
        for note in self._new_notes():
            at = self._numbers().get(note.get("count", 0), number)
            if at == number:
                own.append(note)
            elif self.verdicts[at - 1].status == "passed":
                source = source_at(self._cells[at - 1], note["line"])
                failed = replace(
                    self.verdicts[at - 1], status="failed", why=note["text"], line=note["line"]
                )
                self.verdicts[at - 1] = replace(failed, source=source)
        return own

    def _numbers(self) -> dict[int, int]:
        """Return the numbers of the code cells that were judged, by their execution count."""
        judged = zip(self.verdicts, self._cells, strict=False)
        return {cell.execution_count: one.number for one, cell in judged if one.status != "not-run"}

    def _new_notes(self) -> list[dict[str, Any]]:
        if not self._notes.exists():
            return []
        notes = [json.loads(line) for line in self._notes.read_text(encoding="utf-8").splitlines()]
        new, self._notes_read = notes[self._notes_read :], len(notes)
        return new


def _interrupted(verdict: CellVerdict, cell: Any) -> CellVerdict:
    """Return a verdict with the line at which a cell that took too long was interrupted, where it told."""
    traces = [
        "\n".join(output.traceback) for output in cell.outputs if output.output_type == "error"
    ]
    if verdict.status != "timed-out" or verdict.line or not traces:
        return verdict
    line = line_of(cell, traces[-1])
    source = source_at(cell, line)
    return replace(verdict, line=line if source else 0, source=source)


def _told(message: str) -> str:
    text = without_colours(message)
    return (
        text
        if len(text) <= _LONGEST
        else f"{text[:_LONGEST]} … {len(text) - _LONGEST:,} characters left out"
    )


def _ports(client: Any) -> list[str]:
    """Return what the kernel listens on; before its first cell: its own channels, and its debugger's."""
    pid = getattr(client.km.provisioner, "pid", None)
    return listening(pid) if pid else []


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Let work go on while a block runs."""
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

"""Executing one notebook, cell by cell, with a verdict for each."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from energykit.notebooks.engine.cell_context import beside, followed_by
from energykit.notebooks.engine.client import KernelClient, OutputLostError
from energykit.notebooks.engine.expected_error import mark_expected_errors
from energykit.notebooks.engine.judgement import CellEvidence, Judgement, judge
from energykit.notebooks.engine.start import start_watch
from energykit.notebooks.kernel.watcher import RECORDS
from energykit.notebooks.process.marked_processes import listening
from energykit.notebooks.source.metadata import (
    allowed_rules,
    foreign_requests,
    is_skipped,
    nbmake_code,
    own_metadata,
)
from energykit.notebooks.verdict.cell_records import CellRecords
from energykit.notebooks.verdict.kernel_notes import KernelNotes, files_written_outside
from energykit.notebooks.verdict.record import CellVerdict, NotebookVerdict
from energykit.notebooks.verdict.traceback_text import end_of, line_of, source_at

if TYPE_CHECKING:
    from energykit.notebooks.engine.saving import NotebookSaver
    from energykit.notebooks.engine.session import EngineSession
    from energykit.notebooks.verdict.kernel_notes import Note
    from energykit.notebooks.verdict.record import Status

__all__ = ["Execution"]

_LEAST_S = 0.01
"""What a cell gets where its notebook has no time left; nbclient takes 0 for no limit [s]."""
_END_NOTES_S = 0.5
"""How long a note about a cell's messages is waited for, where it should be there [s]."""
_OF_NOTEBOOK = frozenset({"files", "leaks", "figures"})


class Execution:
    """Executes a notebook in a kernel of its own and judges each cell; its outputs stay in it.

    Parameters
    ----------
    nb_man
        Papermill's state of the execution: the notebook, and where it is saved.
    session
        The kernel, the folders, the limits.
    saver
        Saves the executed copy.
    **options
        Of the client.
    """

    def __init__(
        self, nb_man: Any, session: EngineSession, saver: NotebookSaver, **options: Any
    ) -> None:
        self._nb_man, self._session, self._saver = nb_man, session, saver
        self._notebook = nb_man.nb
        self._codes = [
            (at, cell) for at, cell in enumerate(self._notebook.cells) if cell.cell_type == "code"
        ]
        self._cells = [cell for _, cell in self._codes]
        selection = session.selection
        every = frozenset(range(1, len(self._cells) + 1))
        self._selected = selection.numbers(self._cells, session.path) if selection else every
        settings = self._notebook.metadata.get("execution")
        self._settings = settings if isinstance(settings, dict) else {}
        self._allow = session.allow | allowed_rules(self._notebook.metadata)
        self._notes = KernelNotes(session.folder)
        self._records = CellRecords(session.folder / RECORDS)
        self._leaks: list[str] = []
        self._remarks = [*session.kernel.notes, *foreign_requests(self._notebook)]
        self.verdicts: list[CellVerdict] = []
        self._has_ended = False
        self.client = KernelClient(
            nb_man,
            session.manager,
            str(session.home),
            memory_mb=session.limits.memory_mb,
            record_timing=True,
            **options,
        )

    async def run(self) -> NotebookVerdict:
        """Run every code cell until one does not pass, and return the verdict."""
        start = time.monotonic()
        end = start + self._session.limits.notebook_s
        async with self.client.async_setup_kernel(), beside(self.client.measure()):
            self._remarks += await start_watch(self.client, self._session)
            ports = _ports(self.client)
            for number, (at, cell) in enumerate(self._codes, 1):
                await self._take(number, at, cell, end)
            await self._look_at_stop()
            new = [port for port in _ports(self.client) if port not in ports]
            self._leaks += [f"the kernel left {port} listening" for port in new]
        self.client.set_widgets_metadata()
        return self._verdict(time.monotonic() - start)

    async def _take(self, number: int, at: int, cell: Any, end: float) -> None:
        stopped = self._has_ended or any(_is_bad(verdict) for verdict in self.verdicts)
        if stopped or number not in self._selected:
            name = cell.get("id", "")
            self.verdicts.append(CellVerdict(number=number, id=name, status="not-run"))
            return
        if self._session.on_cell:
            self._session.on_cell(number, len(self._codes))
        with self._saver.soon():
            self._nb_man.cell_start(cell, at)
        verdict = await self._run_cell(number, at, cell, end)
        self.verdicts.append(verdict)
        if _is_bad(verdict):
            self._nb_man.cell_exception(cell, cell_index=at)
        else:
            mark_expected_errors(cell)
        self._nb_man.cell_complete(cell, cell_index=at)

    async def _look_at_stop(self) -> None:
        culprit = next((verdict for verdict in self.verdicts if _is_bad(verdict)), None)
        if culprit and self._session.at_stop:
            await self._session.at_stop(self.client, culprit)

    async def _run_cell(self, number: int, at: int, cell: Any, end: float) -> CellVerdict:
        start = time.monotonic()
        limit_s = min(self._limit_s(cell), max(_LEAST_S, end - start))
        self.client.new_cell(limit_s)
        judgement = await self._outcome(number, at, cell)
        if judgement.status == "timed-out" and start + limit_s >= end:
            limit = f"{self._session.limits.notebook_s:g} s"
            why = f"the notebook took longer than {limit}, and was at this cell"
            judgement = replace(judgement, why=why)
        self._records.take(cell)
        self._remarks += [f"cell {number}: {remark}" for remark in judgement.remarks]
        self._has_ended |= judgement.ends_notebook
        source = source_at(cell, judgement.line)
        return CellVerdict(
            number=number,
            id=cell.get("id", ""),
            status=judgement.status,
            why=judgement.why,
            line=judgement.line if source else 0,
            source=source,
            seconds=time.monotonic() - start,
            peak_mb=self.client.cell_mb,
            output=end_of(cell.outputs),
        )

    def _limit_s(self, cell: Any) -> float:
        """Return the time for a cell: its own, the notebook's as nbmake reads it, or the run's."""
        whole = self._settings.get("timeout")
        is_time = isinstance(whole, (int, float)) and not isinstance(whole, bool) and whole > 0
        usual = float(whole) if is_time and whole else self._session.limits.cell_s
        return float(own_metadata(cell.metadata).get("timeout_s", usual))

    async def _outcome(self, number: int, at: int, cell: Any) -> Judgement:
        from nbclient import exceptions  # optional

        if is_skipped(cell) or not cell.source.strip():
            return Judgement()
        stopped: dict[str, Any] | None = None
        try:
            with followed_by(cell, nbmake_code(cell)):
                await self.client.async_execute_cell(cell, at)
        except OutputLostError as exc:
            return Judgement(status="failed", why=f"output was lost: {exc}")
        except exceptions.CellTimeoutError:
            await self.client.interrupt_cell()
            why = f"took longer than {self.client.limit_s:g} s"
            return Judgement(status="timed-out", why=why)
        except exceptions.DeadKernelError:
            return self._outcome_of_death(number, cell)
        except exceptions.CellExecutionError as exc:
            trace = [exc.traceback]
            stopped = {"ename": exc.ename, "evalue": exc.evalue, "traceback": trace}
        evidence = CellEvidence(
            notes=self._own_notes(number),
            errors=self.client.errors,
            widget_errors=self.client.widget_errors,
            stopped_by=stopped,
            lost=await self._count_lost(),
            has_flooded=self.client.has_flooded,
        )
        allow_errors = bool(self._settings.get("allow_errors"))
        return judge(cell, evidence, allow=self._allow, allow_errors=allow_errors)

    def _outcome_of_death(self, number: int, cell: Any) -> Judgement:
        limit = self._session.limits.memory_mb
        if self.client.exceeded_mb:
            used = f"{self.client.exceeded_mb:.0f} MB"
            return Judgement(status="failed", why=f"took {used} of memory, more than {limit:g} MB")
        notes = [note for note in self._own_notes(number) if note.kind == "exit"]
        if notes and "exit" in self._allow | allowed_rules(cell.metadata):
            return Judgement(remarks=(f"allowed: {notes[0].text}",), ends_notebook=True)
        return Judgement(status="kernel-died", why="the kernel died")

    async def _count_lost(self) -> int:
        """Return how many messages of the cell were sent and did not come."""
        ((parent, received),) = self.client.received.items() or (("", 0),)
        if not self._session.kernel.is_python or self._notes.unwatched:
            return 0
        end = time.monotonic() + _END_NOTES_S
        self._notes.look()
        while parent and parent not in self._notes.sent and time.monotonic() < end:
            await asyncio.sleep(_LEAST_S)
            self._notes.look()
        return max(0, self._notes.sent.get(parent, 0) - received)

    def _own_notes(self, number: int) -> list[Note]:
        """Return what was noted of a code cell; what another one left behind fails that one."""
        own = []
        for note in self._notes.take():
            at = self._numbers().get(note.count, number)
            if at == number:
                own.append(note)
            elif self.verdicts[at - 1].status == "passed":
                self._fail(at, note)
        return own

    def _fail(self, number: int, note: Note) -> None:
        cell = self._cells[number - 1]
        failed = replace(self.verdicts[number - 1], status="failed", why=note.text, line=note.line)
        self.verdicts[number - 1] = replace(failed, source=source_at(cell, note.line))
        self._nb_man.cell_exception(cell, cell_index=self._codes[number - 1][0])

    def _numbers(self) -> dict[int, int]:
        """Return the numbers of the code cells that have a verdict, by their execution count."""
        pairs = zip(self.verdicts, self._cells, strict=False)
        return {cell.execution_count: one.number for one, cell in pairs if one.status != "not-run"}

    def _verdict(self, seconds: float) -> NotebookVerdict:
        """Return the verdict of the notebook as a whole."""
        late = self._own_notes(0)
        pairs = zip(self.verdicts, self._cells, strict=True)
        self.verdicts = [_with_line_of_interrupt(verdict, cell) for verdict, cell in pairs]
        self._records.write(self._session.folder)
        outside = files_written_outside(self._session.folder)
        self._leaks += [f"wrote outside its folder: {path}" for path in outside]
        why = late[0].text if late else self._missing_figures()
        status: Status = next((one.status for one in self.verdicts if _is_bad(one)), "passed")
        if status == "passed" and why:
            status = "failed"
        if status == "passed" and (leaks := self._forbidden_leaks()):
            status, why = "leaked", "; ".join(leaks)
        self._remarks += self._notes.unwatched
        return NotebookVerdict(
            path=self._session.path,
            status=status,
            cells=tuple(self.verdicts),
            seconds=seconds,
            why=why,
            folder=str(self._session.copy.parent),
            run_folder=str(self._session.folder),
            parameters=self._session.parameters,
            peak_mb=self.client.peak_mb,
            notes=tuple(dict.fromkeys(self._remarks)),
        )

    def _allowed_in_notebook(self) -> frozenset[str]:
        """Return the rules about the whole notebook that are off, also by a cell."""
        by_cells = allowed_rules(*(cell.metadata for cell in self._cells))
        return self._allow | (by_cells & _OF_NOTEBOOK)

    def _forbidden_leaks(self) -> list[str]:
        """Return the leaks that no switch allows; the others are remarks."""
        allow = self._allowed_in_notebook()
        rules = {leak: "files" if leak.startswith("wrote") else "leaks" for leak in self._leaks}
        self._remarks += [f"allowed: {leak}" for leak, rule in rules.items() if rule in allow]
        return [leak for leak, rule in rules.items() if rule not in allow]

    def _missing_figures(self) -> str:
        if self._records.lost and "figures" in self._allowed_in_notebook():
            self._remarks.append(f"allowed: {self._records.lost}")
        elif self._records.lost:
            return self._records.lost
        least = own_metadata(self._notebook.metadata).get("figures", 0)
        count = len(self._records.figures)
        if count >= least or self._session.selection:
            return ""
        return f"{count} figures were shown, and the notebook's metadata ask for {least}"


def _is_bad(verdict: CellVerdict) -> bool:
    return verdict.status not in {"passed", "not-run"}


def _with_line_of_interrupt(verdict: CellVerdict, cell: Any) -> CellVerdict:
    """Return a verdict with the line at which a cell that took too long was interrupted."""
    traces = [
        "\n".join(output.traceback) for output in cell.outputs if output["output_type"] == "error"
    ]
    if verdict.status != "timed-out" or verdict.line or not traces:
        return verdict
    line = line_of(cell, traces[-1])
    source = source_at(cell, line)
    return replace(verdict, line=line if source else 0, source=source)


def _ports(client: Any) -> list[str]:
    """Return what the kernel listens on; before its first cell: its channels and its debugger's."""
    pid = getattr(client.km.provisioner, "pid", None)
    return listening(pid) if pid else []

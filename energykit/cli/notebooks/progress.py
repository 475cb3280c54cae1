"""What a run of notebooks is doing, as it does it: a table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Self

from energykit import html

if TYPE_CHECKING:
    from pathlib import Path

    from energykit.notebooks import NotebookVerdict

_LOOK_S = 0.2
__all__ = ["LogFollower", "ProgressLines", "ProgressTable", "print_table"]

_COLOURS = {"passed": "green", "running": "cyan"}


class ProgressLines:
    """Shows a run in plain lines on stderr: one as each notebook ends.

    Parameters
    ----------
    shows_logs
        Also show what the notebooks' cells print, as they print it.
    """

    def __init__(self, shows_logs: bool = False) -> None:
        self._ended = 0
        self._lock = threading.Lock()
        self._logs: dict[str, LogFollower] = {}
        self._shows_logs = shows_logs

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing."""

    def started(self, verdict: NotebookVerdict, folder: Path) -> None:
        """Follow its log, where that is asked for; the line comes with the verdict."""
        if self._shows_logs:
            self._logs[verdict.title] = LogFollower(folder / "worker.log", verdict.title)

    def ended(self, verdict: NotebookVerdict) -> None:
        """Show a verdict."""
        follower = self._logs.pop(verdict.title, None)
        if follower is not None:
            follower.close()
        with self._lock:
            self._ended += 1
            line = f"[{self._ended}] {verdict.status}: {verdict.title} {verdict.seconds:.1f} s"
            print(line, file=sys.stderr, flush=True)


class LogFollower:
    """Shows the lines of a log on stderr as they are written.

    Parameters
    ----------
    path
        The log; it need not be there yet.
    title
        Stands before each line.
    """

    def __init__(self, path: Path, title: str) -> None:
        self._path, self._title = path, title
        self._shown = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        while not self._ended.wait(_LOOK_S):
            self._show(is_last=False)
        self._show(is_last=True)

    def _show(self, *, is_last: bool) -> None:
        try:
            text = self._path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return
        end = len(text) if is_last else text.rfind("\n") + 1
        for line in text[self._shown : end].splitlines():
            print(f"{self._title}: {line}", file=sys.stderr, flush=True)
        self._shown = max(self._shown, end)

    def close(self) -> None:
        """Show the rest."""
        self._ended.set()
        self._thread.join()


class ProgressTable:
    """Shows a run as a table on a terminal: a line a notebook, with the cell that it is at."""

    def __init__(self) -> None:
        self._running: dict[str, tuple[Path, float]] = {}
        self._done: dict[str, NotebookVerdict] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        """Show the table."""
        from rich.console import Console  # only on a terminal
        from rich.live import Live

        console = Console(stderr=True)
        self._live = Live(
            console=console, get_renderable=self._table, transient=True, refresh_per_second=5
        )
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the table away: the report follows."""
        self._live.stop()

    def started(self, verdict: NotebookVerdict, folder: Path) -> None:
        """Take a notebook that starts."""
        with self._lock:
            self._running[verdict.title] = folder, time.monotonic()

    def ended(self, verdict: NotebookVerdict) -> None:
        """Take a verdict."""
        with self._lock:
            self._running.pop(verdict.title, None)
            self._done[verdict.title] = verdict

    def _table(self) -> Any:
        from rich.table import Table  # only on a terminal
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        with self._lock:
            bad = [one for one in self._done.values() if not one.ok]
            table.add_row(Text(f"{len(self._done)} done, {len(bad)} of them not passed"), "", "")
            for one in bad:
                table.add_row(_status(one.status), Text(one.title), Text(f"{one.seconds:.1f} s"))
            for title, (folder, start) in self._running.items():
                seconds = time.monotonic() - start
                table.add_row(
                    _status("running"), Text(title), Text(f"{_cell(folder)}{seconds:.1f} s")
                )
        return table


def _cell(folder: Path) -> str:
    """Return which cell a notebook is at; empty where that is not known yet."""
    try:
        number, count = json.loads((folder / "progress.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return f"cell {number} of {count}, "


def _status(status: str) -> Any:
    from rich.text import Text  # only on a terminal

    return Text(f"{html.ICONS.get(status, '•')} {status}", style=_COLOURS.get(status, "red"))


def print_table(report: Any) -> None:
    """Show a report on a terminal: those that did not pass last, with their reason and command."""
    from rich.console import Console  # only on a terminal
    from rich.table import Table
    from rich.text import Text

    console = Console()
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for one in sorted(report.notebooks, key=lambda one: not one.ok):
        table.add_row(
            _status(one.status), Text(one.title), Text(f"{one.seconds:.1f} s", justify="right")
        )
    console.print(table)
    for one in report.notebooks:
        if not one.ok:
            console.print(Text.assemble("\n", (one.title, "bold red"), "\n  ", one.reason))
            console.print(Text(f"  again: {one.command}", style="cyan"), soft_wrap=True)
    passed = sum(one.ok for one in report.notebooks)
    console.print(
        Text(f"\n{passed} of {len(report.notebooks)} notebooks passed in {report.seconds:.1f} s")
    )

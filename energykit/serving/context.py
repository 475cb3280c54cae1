"""What a stage knows about the call it serves: its paths, its deadline, whether anybody waits."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from energykit.serving.object_store import AllowedUrls
from energykit.serving.output import Adjustment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from energykit.artifacts import Scan
    from energykit.serving.paths import DataRoot
    from energykit.serving.spool import Spool

__all__ = ["StageAbortError", "StageCancelledError", "StageContext"]

_ANSWER_S, _ANSWER_SHARE = 0.1, 0.1
"""What an answer may take on its way: at most so long [s], and such a share of the deadline."""


class StageCancelledError(Exception):
    """Nobody waits for the answer: cancelled, past the deadline, or the service stops."""


class StageAbortError(Exception):
    """A stage ends its call with a gRPC status instead of an answer."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class StageContext:
    """One call of a stage, as the stage sees it.

    Parameters
    ----------
    stage
        Name of the stage.
    run_id
        The run that the call belongs to; empty where the client named none.
    input_file, output_file
        As the request has them.
    input_files
        All inputs, where the request names several.
    root
        The service's data root.
    allowed_urls
        URLs that may stand in the place of files; None: none.
    deadline_s
        Seconds until the client's deadline [s]; None where it set none.
    on_progress
        Takes phase, done, total, unit.
    """

    def __init__(
        self,
        stage: str,
        *,
        run_id: str = "",
        input_file: str = "",
        output_file: str = "",
        input_files: Sequence[str] = (),
        root: DataRoot,
        allowed_urls: AllowedUrls | None = None,
        deadline_s: float | None = None,
        on_progress: Callable[[str, int, int, str], None] | None = None,
    ) -> None:
        self.stage = stage
        """Name of the stage."""
        self.run_id = run_id
        """The run that the call belongs to."""
        self.input_file = input_file
        """The request's input, as it came over the wire."""
        self.input_files = tuple(input_files) or ((input_file,) if input_file else ())
        """All inputs of the request; the first is `input_file`."""
        self.output_file = output_file
        """The request's output, as it came over the wire."""
        self.root = root
        """The service's data root; ``root.resolve("/data/x.csv")`` gives the local path."""
        self.allowed_urls = allowed_urls or AllowedUrls()
        """URLs that may stand in the place of files."""
        self.spool: Spool | None = None
        """Has the files that stand for objects, where the request names some."""
        self.read: Scan | None = None
        """The input where the serving layer reads it; its counts are known at its end."""
        self.reads: list[Scan] = []
        """All inputs that the serving layer reads, in the order of the stage's frames."""
        self.adjustments: list[Adjustment] = []
        """What :meth:`adjusted` was given."""
        self.names: dict[str, str] = {}
        """Folders that stand for those of the data root during the call → as requests name them."""
        self.rows_read = 0
        """Rows of the input that were read so far."""
        self._ends = None if deadline_s is None else time.monotonic() + deadline_s
        self._answer_s = min(_ANSWER_S, _ANSWER_SHARE * (deadline_s or 0.0))
        self._on_progress = on_progress
        self._cancelled = threading.Event()

    @property
    def cancelled(self) -> bool:
        """Whether nobody waits for the answer any more."""
        return self._cancelled.is_set() or self.remaining_s == 0

    @property
    def remaining_s(self) -> float | None:
        """Time to the client's deadline, 0 when it has passed [s]; None without a deadline."""
        return None if self._ends is None else max(0.0, self._ends - time.monotonic())

    @property
    def output_path(self) -> Path:
        """Where the output file goes on this machine.

        Raises
        ------
        PathRefusedError
            The request's output path leads out of the data root.
        """
        return self.root.resolve_output(self.output_file)

    def adjusted(self, what: str, rows: int, first_line: int = 0) -> None:
        """Report what was done to rows before they could be used; it goes into the answer.

        Parameters
        ----------
        what
            A sentence for a person: ``"sorted by time"``. Equal sentences are added up.
        rows
            How many rows.
        first_line
            Line (text) or record (other formats) of the first such row, from 1; 0: not known.
        """
        if rows:
            self.adjustments.append(Adjustment(what=what, rows=rows, first_line=first_line))

    def shown(self, text: str) -> str:
        """Return a text with local paths named as a request names them, ``/data/…``."""
        for local, name in self.names.items():
            text = text.replace(local, name)
        text = self.root.shown(text)
        return text if self.spool is None else self.spool.shown(text)

    def cancel(self) -> None:
        """Say that nobody waits any more; what the stage does next ends it."""
        self._cancelled.set()

    def check(self) -> None:
        """End the stage here if nobody waits any more.

        Raises
        ------
        StageCancelledError
            The client cancelled, its deadline passed, or the service stops. Let it pass.
        """
        if self.cancelled:
            raise StageCancelledError(self.stage)

    def check_answer(self) -> None:
        """End the stage here if its answer may not reach the client before the deadline.

        The last look before targets are replaced: a file is not to be new where the client heard
        that the call failed. The last tenth of the deadline, at most 0.1 s, is the answer's.

        Raises
        ------
        StageCancelledError
            Nobody waits any more, or the deadline is that near: it then counts as passed.
        """
        if self._ends is not None and self._ends - time.monotonic() < self._answer_s:
            self._ends = 0.0
        self.check()

    def count_read(self, rows: int) -> None:
        """Take how many rows of the input were read so far; the serving layer calls it.

        Raises
        ------
        StageCancelledError
            Nobody waits any more.
        """
        self.rows_read = rows
        self.progress("reading", rows)

    def wait(self, seconds: float) -> None:
        """Pause, but no longer than anybody waits.

        Parameters
        ----------
        seconds
            How long [s].

        Raises
        ------
        StageCancelledError
            Nobody waits any more.
        """
        remaining = self.remaining_s
        self._cancelled.wait(seconds if remaining is None else min(seconds, remaining))
        self.check()

    def progress(self, phase: str, done: int, *, total: int = 0, unit: str = "rows") -> None:
        """Tell the client how far the stage is; call it as often as you like.

        Parameters
        ----------
        phase
            What is being done: ``"reading"``, ``"analysing"``, ``"writing"``.
        done
            How much is done [unit].
        total
            How much there is [unit]; 0: not known.
        unit
            What is counted.

        Raises
        ------
        StageCancelledError
            Nobody waits any more.
        """
        self.check()
        if self._on_progress is not None:
            self._on_progress(phase, done, total, unit)

    def abort(self, code: str, message: str) -> None:
        """End the call with a gRPC status instead of an answer.

        Parameters
        ----------
        code
            Name of a gRPC status code, such as ``"UNAVAILABLE"``.
        message
            What the client reads.

        Raises
        ------
        StageAbortError
            Always; let it pass.
        """
        raise StageAbortError(code, message)

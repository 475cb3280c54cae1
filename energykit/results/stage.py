"""Records of one stage: what went wrong, and what became of it."""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

from energykit.errors import ArtifactError
from energykit.html import appearance_of
from energykit.results.attempt_table import attempt_frame
from energykit.results.metrics import FileRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    import pandas as pd

    from energykit.html import Html
    from energykit.results.attempt import Attempt
    from energykit.results.metrics import StageMetrics
    from energykit.results.transfer import Transfer

__all__ = ["StageError", "StageResult", "Status"]

_FETCH = "energykit.executor.fetch:fetch_output"
"""Asks a service for a file; resolved when it is needed, as records stand below the executor."""
Status = Literal["succeeded", "reused", "failed", "skipped"]


@dataclass(frozen=True, kw_only=True)
class StageError:
    """Why a stage failed or was skipped."""

    code: str
    """Name of a gRPC status code."""
    where: str
    """Stage and address, or what the service named: ``file:line:column``, a parameter, a path."""
    hint: str
    """What to do next."""
    message: str
    """What happened, as a sentence."""

    def __str__(self) -> str:
        """Where, what, and the hint on a line of its own."""
        is_said = self.where in self.message
        text = self.message if is_said else f"{self.where}: {self.message}"
        return f"{text}\n  → {self.hint}" if self.hint else text


@dataclass(frozen=True, kw_only=True, repr=False)
class StageResult:
    """What became of one stage of a run."""

    id: str
    """The container's id in the configuration."""
    status: Status
    """``"succeeded"``, ``"reused"`` (it succeeded in an earlier run, and was not run again),
    ``"failed"``, or ``"skipped"``."""
    address: str
    """Where its service was called."""
    input_file: str
    """As the configuration says; empty for none."""
    output_file: str
    """As the configuration says."""
    output_path: Path | None = None
    """The output where this process can see it."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """As sent; empty: none were sent."""
    request_bytes: bytes = b""
    """The request as it went over the wire."""
    response_bytes: bytes = b""
    """The response as it came; empty where none came."""
    attempts: tuple[Attempt, ...] = ()
    """Every call made in this run, in order; none for a stage that was reused or skipped."""
    started: datetime
    """When, UTC: the start of the run plus monotonic time, so that the order of stages holds."""
    seconds: float = 0.0
    """From the first attempt to the answer [s]."""
    metrics: StageMetrics | None = None
    """What the service counted; None where it does not tell."""
    error: StageError | None = None
    """Why it failed or was skipped."""
    exit_code: int = 0
    """0 done or skipped, 1 failed, 3 unreachable, 4 deadline."""
    message: str = ""
    """What the service answered, as a sentence."""
    input_sha256: str = ""
    """Digest of the bytes that the stage read as its (first) input; empty where neither the service
    nor this process can tell.
    """
    output_sha256: str = ""
    """Digest of the output; empty where nothing was written, or nobody can tell."""
    inputs: tuple[FileRecord, ...] = ()
    """Every file that the stage read, as far as the service or this process can tell."""
    outputs: tuple[FileRecord, ...] = ()
    """Every file that the stage wrote, `output_file` the first."""
    stage_version: str = ""
    """Changes where the stage's code would give another output for the same request; empty where
    the service does not say.
    """
    service_versions: Mapping[str, str] = field(default_factory=dict)
    """Versions, by package, of what decides the output inside the service."""
    transfers: tuple[Transfer, ...] = ()
    """Inputs that were moved to the service's data root before it was called."""
    notes: tuple[str, ...] = ()
    """What a reader of the record should know: an input that was changed between two stages."""
    reason: str = ""
    """In a run that resumes another one: why the stage was reused or run again."""
    reused_from: str = ""
    """Id of the run that did the work of a reused stage."""

    @property
    def ok(self) -> bool:
        """Whether the stage succeeded, in this run or in the one it was reused from."""
        return self.status in {"succeeded", "reused"}

    @property
    def read(self) -> tuple[FileRecord, ...]:
        """Every input: `inputs`, or what is known of the first where nobody said them."""
        if self.inputs or not self.input_file:
            return self.inputs
        return (FileRecord(path=self.input_file, sha256=self.input_sha256),)

    @property
    def also_written(self) -> tuple[Path, ...]:
        """What it wrote besides `output_path`, as a summary, where this process can see it."""
        if self.output_path is None:
            return ()
        names = self.metrics.outputs if self.metrics else ()
        beside = (self.output_path.with_name(PurePosixPath(name).name) for name in names)
        return tuple(path for path in beside if path != self.output_path and path.is_file())

    def frame(self) -> pd.DataFrame:
        """Return the output as a frame.

        Returns
        -------
        pandas.DataFrame
            One row a reading or report; ``timestamp`` parsed (UTC where the zone is known, naive
            where not).

        An output that this process does not see is fetched from its service.

        Raises
        ------
        energykit.errors.ArtifactError
            The stage has no output, or it can be neither read nor fetched.
        energykit.errors.MissingPackageError
            pandas is not installed.
        """
        from energykit.artifacts import frame  # reads frames: too heavy for a record

        return frame(self.output_path or self._fetch_output())

    def _fetch_output(self) -> Path:
        """Return a copy of an output that only its service sees."""
        if not self.ok or not self.output_sha256:
            hint = (
                "the stage wrote nothing"
                if self.ok
                else "the stage did not succeed: look at its error"
            )
            raise ArtifactError(
                f"there is no output to look at: {self.output_file!r}", where=self.id, hint=hint
            )
        fetch: Callable[[StageResult], Path] = pkgutil.resolve_name(_FETCH)
        return fetch(self)

    def attempts_frame(self) -> pd.DataFrame:
        """Return one row an attempt.

        Returns
        -------
        pandas.DataFrame
            Columns ``stage``, ``attempt`` (from 1), ``address``, ``method``, ``status`` (name of
            the gRPC code), ``message``, ``started`` (UTC), ``seconds`` [s], ``wait_s`` (pause
            before the next attempt) [s]; no row for a stage that was reused or skipped.

        Raises
        ------
        energykit.errors.MissingPackageError
            pandas is not installed.
        """
        return attempt_frame((self.id, attempt) for attempt in self.attempts)

    def __repr__(self) -> str:
        """Status, files, rows, time, and the error if there is one."""
        return appearance_of(self).text(self)

    def _repr_html_(self) -> Html:
        return appearance_of(self).html(self)

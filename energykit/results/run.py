"""Record of one run of a pipeline."""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from energykit.errors import (
    DeadlineExceededError,
    EnergykitError,
    ServiceUnreachableError,
    StageFailedError,
    nearest,
)
from energykit.html import appearance_of
from energykit.results.attempt_table import attempt_frame
from energykit.results.table import stage_frame

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    import pandas as pd

    from energykit.html import Html
    from energykit.results.stage import StageResult

__all__ = ["RunResult"]

_ERRORS: dict[int, type[EnergykitError]] = {3: ServiceUnreachableError, 4: DeadlineExceededError}


@dataclass(frozen=True, kw_only=True, repr=False)
class RunResult:
    """What became of a run: every stage in order, also those that failed or were skipped."""

    run_id: str
    """Identifies the run: its folder, its log lines, and every request."""
    workflow_name: str
    """As the configuration says."""
    stages: tuple[StageResult, ...]
    """In the order they ran."""
    started: datetime
    """When, UTC."""
    seconds: float
    """From the first stage's start to the last one's end, from a monotonic clock [s]."""
    folder: Path | None = None
    """Where the record is kept; None for a record that is not on disk."""
    config_file: str = ""
    """The configuration's file as the caller named it."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """The configuration, as JSON says it."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Versions of Python and of the packages of this process that took part."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """Who ran it, where and from what: ``user``, ``host``, ``pid``; for a configuration in a git
    repository also ``git_commit`` and ``git_is_modified``.
    """
    resumed_from: str = ""
    """Id of the run whose finished stages were reused; empty for none."""
    is_finished: bool = True
    """False in the record of a run that is going on or was killed."""

    @property
    def ok(self) -> bool:
        """Whether every stage succeeded, in this run or in one that it resumed."""
        return self.is_finished and all(stage.ok for stage in self.stages)

    @property
    def exit_code(self) -> int:
        """The first failure's: 1 failed or not reached, 3 unreachable, 4 deadline; else 0."""
        failed = next((stage.exit_code for stage in self.stages if stage.exit_code), 0)
        return failed or (0 if self.ok else 1)

    def __getitem__(self, stage_id: str) -> StageResult:
        """Return a stage by its id.

        Raises
        ------
        KeyError
            No stage has that id; the nearest one is named.
        """
        for stage in self.stages:
            if stage.id == stage_id:
                return stage
        raise KeyError(
            f"no stage {stage_id!r}; {nearest(stage_id, (stage.id for stage in self.stages))}"
        )

    def __iter__(self) -> Iterator[StageResult]:
        """Stages in the order they ran."""
        return iter(self.stages)

    def __len__(self) -> int:
        """Count the stages."""
        return len(self.stages)

    def raise_for_failure(self) -> RunResult:
        """Return the run itself if every stage succeeded.

        Raises
        ------
        energykit.errors.StageFailedError
            A stage failed, or the run ended before its last stage.
        energykit.errors.ServiceUnreachableError
            A service could not be reached.
        energykit.errors.DeadlineExceededError
            A stage did not answer in time.
        """
        if self.ok:
            return self
        for stage in self.stages:
            if stage.status == "failed":
                _raise_error(stage)
        raise StageFailedError(
            "the run ended before its last stage", where=self.workflow_name, hint="run it again"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row a stage.

        Returns
        -------
        pandas.DataFrame
            Columns ``id``, ``status``, ``address``, ``rows_in``, ``rows_out``, ``rows_skipped``
            (Int64), ``bytes_in``, ``bytes_out`` [byte], ``seconds`` [s], ``service_seconds`` [s],
            ``attempts``, ``started`` (UTC), ``output_file``, ``output_sha256``, ``error``,
            ``reason`` (why a stage was reused or run again).

        Raises
        ------
        energykit.errors.MissingPackageError
            pandas is not installed.
        """
        return stage_frame(self.stages)

    def attempts_frame(self) -> pd.DataFrame:
        """Return one row an attempt, all stages in order; columns: `StageResult.attempts_frame`."""
        return attempt_frame(
            (stage.id, attempt) for stage in self.stages for attempt in stage.attempts
        )

    @property
    def plot(self) -> Any:
        """Figures of this run: ``result.plot.power()`` returns Axes; see `energykit.plots`."""
        return pkgutil.resolve_name("energykit.plots:RunPlots")(self)

    def __repr__(self) -> str:
        """Verdict and a line for each stage."""
        return appearance_of(self).text(self)

    def _repr_html_(self) -> Html:
        return appearance_of(self).html(self)


def _raise_error(stage: StageResult) -> NoReturn:
    kind = _ERRORS.get(stage.exit_code, StageFailedError)
    error = stage.error
    if error is None:
        raise kind(stage.message or "the stage failed", where=stage.id)
    where = f"{stage.id} at {stage.address}"
    text = (
        error.message
        if error.where in where + error.message
        else f"{error.message} ({error.where})"
    )
    raise kind(text, where="" if where in text else where, hint=error.hint, code=error.code)

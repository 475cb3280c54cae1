"""A sweep over a pipeline: every combination of values a row of one table."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.config import PipelineConfig, load_config
from energykit.errors import MissingPackageError
from energykit.experiments.file_exchange import FileExchange
from energykit.experiments.finished import FinishedPoints, plan_digest
from energykit.experiments.grid import points
from energykit.experiments.point import run_point
from energykit.experiments.progress import SweepClock
from energykit.experiments.service_version import service_version
from energykit.experiments.spread import spread
from energykit.experiments.worker import run_on_worker
from energykit.launcher import local_services

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from concurrent.futures import Executor
    from os import PathLike

    import pandas as pd

    from energykit.experiments.files_at import FilesAt
    from energykit.experiments.point import Point
    from energykit.experiments.progress import SweepProgress
    from energykit.experiments.spread import Row

__all__ = ["data_frame", "sweep"]


def sweep(
    config: PipelineConfig | str | PathLike[str],
    grid: Mapping[str, Iterable[Any]],
    *,
    executor: Executor | None = None,
    data_root: str | PathLike[str] = "data",
    files: FilesAt | str | None = None,
    attempts: int = 1,
    repeats: int = 1,
    resume: bool = False,
    on_row: Callable[[Row], None] | None = None,
    on_progress: Callable[[SweepProgress], None] | None = None,
) -> pd.DataFrame:
    """Run a pipeline for every combination of parameters and return one table.

    Parameters
    ----------
    config
        The pipeline.
    grid
        Values by key. A key is ``CONTAINER.PARAMETER``, deeper with more dots; in a list of named
        objects the name stands for the object:
        ``"energy-analyzer.detectors.efficiency_below.threshold"``. What the configuration does not
        have is made. ``CONTAINER.input_file`` is the container's own: a list of files, or a pattern
        such as ``"/data/meters/*.csv"``, runs one pipeline a file. Dates, times and numpy's scalars
        travel as ISO text and numbers.
    executor
        Anything that speaks `concurrent.futures.Executor`: a process pool, a Dask client's
        ``get_executor()``. Each worker then starts services of its own, and keeps them until it has
        had nothing to do for 10 s. None: one after another here, with one set of services.
    data_root
        What ``/data`` stands for; outputs go to ``sweeps/`` in it. A worker that does not see this
        folder runs its points in one of its own, gets their inputs over the wire, and brings back
        outputs and records.
    files
        Where such workers get them, where they are on other machines: the ``host:port`` of a
        service of this data root, or a `energykit.experiments.FilesAt` with what it asks for. None:
        a service on loopback, started when a worker needs it.
    attempts
        How often a point is tried whose service was not reached, whose deadline passed, or whose
        worker was lost. A stage that refuses its request refuses it again, and is tried once.
    repeats
        How often each combination is run; `energykit.experiments.mean_intervals` says what varies.
    resume
        Whether a point that an earlier sweep finished is not run again: the same plan, inputs of
        the same bytes, services of the same source, outputs that are still there.
    on_row
        Called with each row as it comes.
    on_progress
        Called after each row with how far the sweep is, and the time left.

    Returns
    -------
    pandas.DataFrame
        One row a point, in the order of the grid: the keys of the grid, ``repeat`` where there are
        several, ``ok``, ``exit_code``, ``error``, ``seconds`` [s], ``run_id``, ``folder``,
        ``attempts``, ``reused`` where `resume` is asked for; ``moved_bytes`` and ``moved_s`` [s]
        where a worker did not see the data root; and where the last stage writes a
        summary (``"report-generator.summary": [True]``), its metrics of the whole run: ``rows``,
        ``energy`` [kWh], ``anomalies`` and so on.

    Raises
    ------
    energykit.errors.ConfigError
        The configuration has faults.
    energykit.errors.UsageError
        A key does not name a container, one value stands beside it, a value cannot travel, a
        pattern matches no file, there are too many points, or `attempts` or `repeats` is not a
        whole number from 1.
    energykit.errors.MissingPackageError
        pandas is not installed.
    """
    data_frame([])  # before anything runs
    known = (
        config if isinstance(config, PipelineConfig) else load_config(config, data_root=data_root)
    )
    planned = points(known, grid, data_root=data_root, repeats=repeats)
    keeper = _RowKeeper(planned, Path(data_root), resume=resume, calls=(on_row, on_progress))
    run_all = partial(spread, executor=executor, attempts=attempts, on_row=keeper.add)
    if executor is None and keeper.waiting:
        with local_services(known, data_root=data_root) as services:
            run_all(partial(run_point, services=services), keeper.waiting)
    else:
        with FileExchange.of(Path(data_root), files) as exchange:
            run_all(run_on_worker, exchange.mark(keeper.waiting), equip=exchange.equip)
    return data_frame([keeper.rows[point.number] for point in planned])


class _RowKeeper:
    """The rows of a sweep: those of points that are done already, and each other as it comes."""

    def __init__(
        self,
        planned: Sequence[Point],
        data_root: Path,
        *,
        resume: bool,
        calls: tuple[Callable[[Row], None] | None, Callable[[SweepProgress], None] | None],
    ) -> None:
        self.rows: dict[int, Row] = {}
        self._on_row, self._on_progress = calls
        self._finished = FinishedPoints(data_root)
        self._clock = SweepClock(len(planned))
        self._is_resumed = resume
        version_of = cache(service_version)  # of this sweep: before the next one it may be edited
        self._digests = {point.number: plan_digest(point, version_of) for point in planned}
        self.waiting = [point for point in planned if not (resume and self._reuse(point))]

    def _reuse(self, point: Point) -> bool:
        row = self._finished.row_of(self._digests[point.number])
        if row is None:
            return False
        self._note(point, {**row, "reused": True}, is_reused=True)
        return True

    def add(self, point: Point, row: Row) -> None:
        """Keep the row of a point that was run."""
        self._finished.keep(self._digests[point.number], row)
        self._note(point, {**row, "reused": False} if self._is_resumed else row, is_reused=False)

    def _note(self, point: Point, row: Row, *, is_reused: bool) -> None:
        self.rows[point.number] = row
        progress = self._clock.count(is_ok=bool(row["ok"]), is_reused=is_reused)
        if self._on_row is not None:
            self._on_row(row)
        if self._on_progress is not None:
            self._on_progress(progress)


def data_frame(rows: Sequence[Row]) -> pd.DataFrame:
    """Return rows as a table.

    Raises
    ------
    energykit.errors.MissingPackageError
        pandas is not installed.
    """
    try:
        import pandas as pd  # optional and heavy
    except ImportError:
        raise MissingPackageError("pandas", extra="notebooks", needed_for="sweep()") from None
    return pd.DataFrame(rows)

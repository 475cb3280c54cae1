"""Scan a file of readings or of a report as a lazy frame of its usable rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from polars.exceptions import PanicException
from polars.io.plugins import register_io_source

from energykit.artifacts.columns import REPORT, TABLES
from energykit.artifacts.content import open_plain
from energykit.artifacts.formats import format_of
from energykit.artifacts.skipped import Tally
from energykit.artifacts.usable import Pass
from energykit.errors import ArtifactError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

    from energykit.artifacts.columns import Table
    from energykit.artifacts.skipped import Skipped

__all__ = ["Scan", "scan"]

UNDEFINED = "undefined"
"""Reason of a reading whose power factor is undefined."""
_WORDS = {"readings": "readings", "report": "analysed readings"}


class Scan:
    """A file of readings or of a report, read lazily and in bounded memory.

    Raises
    ------
    ArtifactError
        See `scan`.
    """

    def __init__(
        self, path: Path, *, strict: bool = False, on_rows: Callable[[int], None] | None = None
    ) -> None:
        self.path = path
        """The file."""
        self._strict = strict
        self._on_rows = on_rows
        self._tally = Tally()
        self._is_complete = False
        self._skipped_before = 0
        with open_plain(path) as stream:
            reader = format_of(path).open(stream, path)
        self._is_undecided = getattr(reader, "is_undecided", False)
        self.table = reader.table.complete
        """What the rows are, with the columns of the frame."""
        self.frame: pl.LazyFrame = register_io_source(self._pass, schema=self.table.schema)
        """The usable rows; may be collected more than once, each time from the file."""

    @property
    def kind(self) -> str:
        """``"readings"`` or ``"report"``."""
        return self.table.name

    def expect(self, kind: str) -> pl.LazyFrame:
        """Return the frame of a kind of table, or refuse a file that holds the other.

        Parameters
        ----------
        kind
            ``"readings"`` or ``"report"``. An empty ``.pb`` file is an empty table of either.

        Raises
        ------
        ArtifactError
            The file holds the other kind.
        """
        if kind != self.kind and self._is_undecided:
            self.table = next(table for table in TABLES if table.name == kind)
            self.table = self.table.among(self.table.required).complete
            self.frame = register_io_source(self._pass, schema=self.table.schema)
        if kind != self.kind:
            what = f"holds {_WORDS[self.kind]} where {_WORDS[kind]} are needed"
            hint = "check which stage's file is named here, and the order of the stages"
            raise ArtifactError(what, where=str(self.path), hint=hint)
        return self.frame

    @property
    def rows_in(self) -> int:
        """Rows of the frame and rows left out; those so far until the frame was collected."""
        return self._tally.rows_in

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """Rows left out, by reason. Those so far until the frame was collected to its end."""
        return self._tally.skipped

    @property
    def skipped_before(self) -> int:
        """Rows that the stage before left out, where the file says so.

        It does in ``skipped_rows`` of a report's ``.pb``.
        """
        return self._skipped_before

    def line_of(self, position: int) -> int:
        """Return the line (CSV) or the number (other formats) of a row of the frame.

        The file is read up to it.

        Parameters
        ----------
        position
            Position in the frame, from 0.
        """
        with open_plain(self.path) as stream:
            reader = format_of(self.path).open(stream, self.path)
            run = Pass(reader.table)
            for batch in reader.read(run):
                if position < batch.height:
                    return int(run.lines[position])
                position -= batch.height
        raise IndexError(f"{self.path} has no such row")

    def _pass(
        self,
        with_columns: list[str] | None,
        predicate: pl.Expr | None,
        n_rows: int | None,
        batch_size: int | None,  # noqa: ARG002 - a hint that blocks of text cannot follow
    ) -> Iterator[pl.DataFrame]:
        """Read the file once; polars says which columns and rows it needs."""
        left = n_rows
        for batch in _unpanicked(self._blocks(), self.path):
            wanted = batch if with_columns is None else batch.select(with_columns)
            part = wanted if left is None else wanted.head(left)
            yield part if predicate is None else part.filter(predicate)
            if left is not None:
                left -= part.height
                if left == 0:
                    return

    def _blocks(self) -> Iterator[pl.DataFrame]:
        """Read the file once and keep the counts."""
        with open_plain(self.path) as stream:
            reader = format_of(self.path).open(stream, self.path)
            run = Pass(reader.table)
            if not self._is_complete:
                self._tally = run.tally
            for batch in reader.read(run, strict=self._strict):
                if self._on_rows is not None:
                    self._on_rows(run.tally.rows_in)
                yield _complete(batch, self.table)
        self._skipped_before = getattr(reader, "skipped_rows", 0)
        self._tally, self._is_complete = run.tally, True


def _complete(batch: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Return a batch with the columns that it lacks, and with one way to say what has no value.

    A power factor is NaN where it is undefined, and null where the reading has none: Parquet keeps
    null alone, and ``.pb`` NaN alone, but where there are reasons they tell the two apart.
    """
    if batch.width < len(table.columns):
        lacking = {name: dtype for name, dtype in table.schema.items() if name not in batch.columns}
        nulls = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in lacking.items()]
        batch = batch.with_columns(nulls).select(table.schema.names())
    if table.name != REPORT.name or "reasons" not in batch.columns:
        return batch
    factor = pl.col("efficiency")
    has_none = batch["efficiency"].null_count() or batch["efficiency"].is_nan().any()
    if not has_none:
        return batch
    is_undefined = pl.col("reasons").str.split(";").list.contains(UNDEFINED)
    return batch.with_columns(
        pl.when(factor.is_not_null() & ~factor.is_nan())
        .then(factor)
        .when(is_undefined)
        .then(float("nan"))
        .alias("efficiency")
    )


def _unpanicked(parts: Iterator[pl.DataFrame], path: Path) -> Iterator[pl.DataFrame]:
    """Pass batches on; a panic of polars becomes an error.

    ``collect_batches`` of a stage would end at it unseen.
    """
    try:
        yield from parts
    except PanicException as exc:
        hint = "this is a fault of polars: report it with the file, and try another format"
        raise ArtifactError(
            f"cannot be read: {exc}", where=str(path), hint=hint, code="INTERNAL"
        ) from exc


def scan(
    path: str | os.PathLike[str],
    *,
    strict: bool = False,
    on_rows: Callable[[int], None] | None = None,
) -> Scan:
    """Open a file of readings or of a report.

    The suffix says the format, the columns say which of the two it is.

    Rows that cannot be used are left out and counted: rows in the file = rows of the frame + rows
    skipped, always. A CSV file that has a header and nothing else, and a ``.pb`` file of no bytes,
    hold zero rows. Blank lines do not count as rows.

    Parameters
    ----------
    path
        A ``.csv`` (UTF-8, comma, header), ``.pb`` or ``.parquet`` file.
    strict
        Refuse the file at the first row that cannot be used, instead of leaving it out.
    on_rows
        Called with the number of rows read so far, during collection and from its thread.

    Returns
    -------
    Scan
        Its ``frame`` has the columns of readings (``timestamp``, ``household_id`` String;
        ``power_consumption`` [W], ``voltage`` [V], ``current`` [A] Float64, the latter two null
        where they were not measured) or of a report (``timestamp``, ``household_id`` String,
        ``power`` [W], ``efficiency`` [1] Float64, NaN where it is undefined and null where the
        reading has none, ``status`` String, ``anomaly_detected`` Boolean, ``reasons`` String;
        ``status`` and ``reasons`` where the file has them). Both have ``interval_s`` [s] Float64
        where the file has it: the time that a reading stands for, null where it does not say it.

    Raises
    ------
    ArtifactError
        There is no such file, it is not a plain file, it is empty, of another format than its
        suffix says, or lacks columns. Collecting the frame raises it for a file that is cut off or
        damaged, and in strict mode for the first row that cannot be used.
    """
    return Scan(Path(path), strict=strict, on_rows=on_rows)

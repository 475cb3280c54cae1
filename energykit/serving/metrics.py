"""What a stage did, in figures: rows, bytes, digests, and what was done to rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from energykit._proto import energy_pipeline_pb2 as pb
from energykit.errors import StageFailedError
from energykit.results.view import row_text

if TYPE_CHECKING:
    from energykit.artifacts import Scan, Skipped
    from energykit.serving.context import StageContext
    from energykit.serving.definition import Stage
    from energykit.serving.files import OutputFiles
    from energykit.serving.inputs import InputFile
    from energykit.serving.output import Adjustment, Output

__all__ = ["describe_work", "measure", "rows_skipped"]


def measure(
    output: Output, files: OutputFiles, inputs: tuple[InputFile, ...], context: StageContext
) -> pb.StageMetrics:
    """Return the figures of a call whose files are complete, before they replace anything.

    Raises
    ------
    StageFailedError
        Every row was left out.
    ArtifactError
        An input was written to while it was read.
    """
    skipped = _skipped(output, context)
    rows_in = output.rows_in() if callable(output.rows_in) else output.rows_in
    digests = [digest for entry in inputs if (digest := entry.digest())]
    main = files.main
    metrics = pb.StageMetrics(
        rows_in=sum(_rows_of(read, context) for read in context.reads)
        if rows_in is None
        else rows_in,
        rows_out=main.rows if main else 0,
        rows_skipped=sum(entry.rows for entry in skipped),
        skipped=[
            pb.SkippedRows(reason=entry.reason, rows=entry.rows, first_line=entry.first_line)
            for entry in skipped
        ],
        bytes_in=sum(digest.bytes for digest in digests),
        bytes_out=main.bytes if main else 0,
        output_sha256=main.sha256 if main else "",
        outputs=[digest.path for digest in files.digests],
        inputs=[pb.FileDigest(path=d.path, sha256=d.sha256, bytes=d.bytes) for d in digests],
        output_digests=[
            pb.FileDigest(path=d.path, sha256=d.sha256, bytes=d.bytes) for d in files.digests
        ],
        adjustments=_adjustments(output, context),
    )
    _check_rows(metrics, context)
    return metrics


def rows_skipped(output: Output, context: StageContext) -> int:
    """Return how many rows were left out, by whomever; known after the last row was written."""
    return sum(entry.rows for entry in _skipped(output, context))


def describe_work(stage: Stage, metrics: pb.StageMetrics, context: StageContext) -> str:
    """Say in one sentence what was done."""
    sentence = f"{stage.name} wrote {row_text(metrics.rows_out)} to {context.output_file}"
    if metrics.rows_in:
        sentence += f" from {row_text(metrics.rows_in)} of {', '.join(context.input_files)}"
    if metrics.rows_skipped:
        sentence += f", {row_text(metrics.rows_skipped)} skipped ({_reasons(metrics)})"
    return sentence


def _check_rows(metrics: pb.StageMetrics, context: StageContext) -> None:
    """Refuse a result of nothing: rows came in, and every one was left out."""
    if metrics.rows_out or not 0 < metrics.rows_in <= metrics.rows_skipped:
        return
    raise StageFailedError(
        f"none of {row_text(metrics.rows_in)} can be used: {_reasons(metrics)}",
        where=", ".join(context.input_files),
        hint="check the file's columns, units and timestamps; "
        "the first line of each reason is named",
        code="INVALID_ARGUMENT",
    )


def _reasons(metrics: pb.StageMetrics) -> str:
    return ", ".join(
        f"{entry.reason}: {entry.rows:,} from line {entry.first_line}" for entry in metrics.skipped
    )


def _skipped(output: Output, context: StageContext) -> list[Skipped]:
    """Return the rows left out, by whomever; known after the last row was written."""
    own = list(output.skipped or ())
    return [entry for read in context.reads for entry in _skipped_of(read)] + own


def _skipped_of(read: Scan) -> tuple[Skipped, ...]:
    """Return what was left out while reading; nothing is known of an input that was not begun."""
    try:
        return read.skipped
    except RuntimeError:
        return ()


def _rows_of(read: Scan, context: StageContext) -> int:
    """Return the rows read; a stage may leave its input before the end."""
    try:
        return read.rows_in
    except RuntimeError:
        return context.rows_read


def _adjustments(output: Output, context: StageContext) -> list[pb.Adjustment]:
    """Return what was done to rows: by readers, by the stage on the way, and at the end."""
    by_readers = [entry for read in context.reads for entry in getattr(read, "adjustments", ())]
    added: dict[str, pb.Adjustment] = {}
    for entry in [*by_readers, *context.adjustments, *(output.adjustments or ())]:
        _add(added, entry)
    return list(added.values())


def _add(added: dict[str, pb.Adjustment], entry: Adjustment) -> None:
    """Add an adjustment to the one with the same sentence; the first line is the lowest."""
    same = added.setdefault(entry.what, pb.Adjustment(what=entry.what))
    same.rows += entry.rows
    lines = [line for line in (same.first_line, entry.first_line) if line]
    same.first_line = min(lines, default=0)

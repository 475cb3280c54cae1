"""One call of a stage: the request is checked, the stage runs, its files are written, the answer says what was done."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from energykit._proto.energy_pipeline_pb2 import ExecuteResponse, SkippedRows, StageMetrics
from energykit.artifacts import scan
from energykit.errors import PathRefusedError
from energykit.serving.context import StageAbortError
from energykit.serving.failure import failure_response
from energykit.serving.files import OutputFiles
from energykit.serving.output import Output
from energykit.serving.parameters import bind, struct_values
from energykit.serving.tables import pandas_table

if TYPE_CHECKING:
    from pathlib import Path

    from energykit._proto.energy_pipeline_pb2 import ExecuteRequest
    from energykit.artifacts import Scan, Skipped
    from energykit.serving.context import StageContext
    from energykit.serving.definition import Stage

__all__ = ["execute"]

logger = logging.getLogger(__name__)


def execute(stage: Stage, request: ExecuteRequest, context: StageContext) -> ExecuteResponse:
    """Carry out one call and return its answer; failures are answers too.

    Parameters
    ----------
    stage
        What to run.
    request
        What is asked for.
    context
        The call; cancelling it stops the work between batches and leaves the target as it was.

    Raises
    ------
    StageAbortError
        The stage ends the call with a gRPC status, or nobody waits for the answer any more.
    """
    started = time.monotonic()
    try:
        response = _execute(stage, request, context)
    except StageAbortError:
        raise
    except BaseException as exc:  # also SystemExit or a panic of polars: the service goes on
        if context.cancelled:
            raise _abandon(context, time.monotonic() - started) from exc
        response = failure_response(exc, stage, context.root)
    response.metrics.seconds = time.monotonic() - started
    _log(stage, context, response)
    return response


def _abandon(context: StageContext, seconds: float) -> StageAbortError:
    """Say that a call ended early; its target is as it was."""
    is_late = context.remaining_s == 0
    code, why = (
        ("DEADLINE_EXCEEDED", "its deadline passed")
        if is_late
        else ("CANCELLED", "it was cancelled")
    )
    run = context.run_id or "-"
    logger.warning(
        "%s run %s, %.3f s: stopped because %s; nothing was written",
        context.stage,
        run,
        seconds,
        why,
    )
    return StageAbortError(code, f"{context.stage} stopped because {why}; nothing was written")


def _execute(stage: Stage, request: ExecuteRequest, context: StageContext) -> ExecuteResponse:
    parameters = bind(stage.understood, struct_values(request.parameters))
    target = context.output_path
    source = _source(stage, request, context)
    context.check()
    output = _call_function(stage, parameters, source, context)
    files = OutputFiles(
        output, context, lambda: sum(item.rows for item in _skipped(output, context))
    )
    files.write(target)
    metrics = _metrics(output, files, source, context)
    return ExecuteResponse(
        success=True,
        message=output.message or _describe_work(stage, metrics, context),
        metrics=metrics,
    )


def _source(stage: Stage, request: ExecuteRequest, context: StageContext) -> Path | None:
    """Return the local path of the input, checked also where the stage will not read it."""
    if request.input_file:
        return context.root.resolve(request.input_file)
    if stage.needs_input:
        hint = "give input_file, such as '/data/energy_data.csv'"
        raise PathRefusedError(
            f"{stage.name} reads a file, and the request names none", where="input_file", hint=hint
        )
    return None


def _call_function(
    stage: Stage, parameters: dict[str, Any], source: Path | None, context: StageContext
) -> Output:
    """Call the stage's function with its input and parameters."""
    is_strict = bool(parameters.get("strict"))
    given = () if stage.input == "none" else (_input(stage, source, context, is_strict=is_strict),)
    keywords = {name: value for name, value in parameters.items() if name in stage.parameters}
    if stage.context_name:
        keywords[stage.context_name] = context
    result = stage.function(*given, **keywords)
    return result if isinstance(result, Output) else Output(result)


def _input(stage: Stage, source: Path | None, context: StageContext, *, is_strict: bool) -> object:
    if stage.input == "path" or source is None:
        return source
    read = scan(source, strict=is_strict, on_rows=context.count_read)
    context.read = read
    return read.frame if stage.input == "polars" else pandas_table(read)


def _skipped(output: Output, context: StageContext) -> list[Skipped]:
    """Return the rows left out, by whom ever; known after the last row was written."""
    return [*_counts(context.read, context)[1], *(output.skipped or ())]


def _counts(read: Scan | None, context: StageContext) -> tuple[int, tuple[Skipped, ...]]:
    """Return the rows read and those left out while reading; a stage may leave its input before the end."""
    if read is None:
        return 0, ()
    try:
        return read.rows_in, read.skipped
    except RuntimeError:
        return context.rows_read, ()


def _metrics(
    output: Output, files: OutputFiles, source: Path | None, context: StageContext
) -> StageMetrics:
    skipped = _skipped(output, context)
    rows_in = output.rows_in() if callable(output.rows_in) else output.rows_in
    return StageMetrics(
        rows_in=_counts(context.read, context)[0] if rows_in is None else rows_in,
        rows_out=files.main.rows if files.main else 0,
        rows_skipped=sum(item.rows for item in skipped),
        skipped=[
            SkippedRows(reason=item.reason, rows=item.rows, first_line=item.first_line)
            for item in skipped
        ],
        bytes_in=source.stat().st_size if source and source.is_file() else 0,
        bytes_out=files.main.bytes if files.main else 0,
        output_sha256=files.main.sha256 if files.main else "",
        outputs=files.names,
    )


def _describe_work(stage: Stage, metrics: StageMetrics, context: StageContext) -> str:
    """Say in one sentence what was done."""
    sentence = f"{stage.name} wrote {_rows(metrics.rows_out)} to {context.output_file}"
    if metrics.rows_in:
        sentence += f" from {_rows(metrics.rows_in)} of {context.input_file}"
    if metrics.rows_skipped:
        reasons = ", ".join(
            f"{item.reason}: {item.rows:,} from line {item.first_line}" for item in metrics.skipped
        )
        sentence += f", {_rows(metrics.rows_skipped)} skipped ({reasons})"
    return sentence


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _log(stage: Stage, context: StageContext, response: ExecuteResponse) -> None:
    run, seconds = context.run_id or "-", response.metrics.seconds
    if response.success:
        logger.info("%s run %s, %.3f s: %s", stage.name, run, seconds, response.message)
    else:
        error = response.error
        logger.warning(
            "%s run %s, %.3f s: %s: %s [%s]",
            stage.name,
            run,
            seconds,
            error.code,
            response.message,
            error.where,
        )

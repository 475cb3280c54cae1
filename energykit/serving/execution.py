"""One call of a stage: the request is checked, the stage runs, its files are written."""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from energykit._proto.energy_pipeline_pb2 import ExecuteResponse
from energykit.artifacts import scan
from energykit.config.location import is_url
from energykit.errors import ParameterError, PathRefusedError, StageFailedError
from energykit.serving.context import StageAbortError
from energykit.serving.failure import failure_response
from energykit.serving.files import OutputFiles
from energykit.serving.inputs import open_inputs
from energykit.serving.metrics import describe_work, measure, rows_skipped
from energykit.serving.output import Output
from energykit.serving.parameters import bind, struct_values
from energykit.serving.tables import pandas_table
from energykit.serving.version import stage_version

if TYPE_CHECKING:
    from energykit._proto.energy_pipeline_pb2 import ExecuteRequest, StageMetrics
    from energykit.serving.context import StageContext
    from energykit.serving.definition import Stage, StageInput
    from energykit.serving.inputs import InputFile

__all__ = ["execute"]

logger = logging.getLogger(__name__)


def execute(stage: Stage, request: ExecuteRequest, context: StageContext) -> ExecuteResponse:
    """Run one call and return its answer; failures are answers too.

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
        response = _call(stage, request, context)
    except StageAbortError:
        raise
    except BaseException as exc:  # also SystemExit or a panic of polars: the service goes on
        if context.cancelled:
            raise _abandon(context, time.monotonic() - started) from exc
        response = failure_response(exc, stage, context.shown)
    response.metrics.seconds = time.monotonic() - started
    response.stage_version = stage_version(stage)
    _log(stage, context, response)
    return response


def _abandon(context: StageContext, seconds: float) -> StageAbortError:
    """Say that a call ended early; its target is as it was."""
    code, why = "CANCELLED", "it was cancelled"
    if context.remaining_s == 0:
        code, why = "DEADLINE_EXCEEDED", "its deadline passed"
    text = "%s run %s, %.3f s: stopped because %s; nothing was written"
    logger.warning(text, context.stage, context.run_id or "-", seconds, why)
    return StageAbortError(code, f"{context.stage} stopped because {why}; nothing was written")


def _call(stage: Stage, request: ExecuteRequest, context: StageContext) -> ExecuteResponse:
    if not any(map(is_url, (*context.input_files, request.output_file))):
        return _execute(stage, request, context)
    from energykit.serving.remote_call import execute_remote  # for few services

    return execute_remote(lambda local: _execute(stage, local, context), request, context)


def _execute(stage: Stage, request: ExecuteRequest, context: StageContext) -> ExecuteResponse:
    parameters = bind(stage.understood, struct_values(request.parameters))
    names = _input_names(stage, request)
    with ExitStack() as held:
        inputs = open_inputs(names, context.root, held, are_read=bool(stage.inputs))
        files = OutputFiles(context, inputs)
        files.check_target()
        context.check()
        output = _call_function(stage, parameters, inputs, context)
        metrics = _write(output, files, inputs, context)
    message = context.shown(output.message) or describe_work(stage, metrics, context)
    return ExecuteResponse(success=True, message=message, metrics=metrics)


def _write(
    output: Output, files: OutputFiles, inputs: tuple[InputFile, ...], context: StageContext
) -> StageMetrics:
    """Write what a stage gave back; the targets are replaced when nothing speaks against it."""
    metrics: list[StageMetrics] = []

    def check() -> None:
        metrics.append(measure(output, files, inputs, context))
        context.check_answer()

    files.write(output, lambda: rows_skipped(output, context), check)
    return metrics[0]


def _input_names(stage: Stage, request: ExecuteRequest) -> tuple[str, ...]:
    """Return the inputs that a request names, as it names them.

    Raises
    ------
    PathRefusedError
        The stage needs more inputs than the request names.
    ParameterError
        The request names more inputs than the stage takes, or contradicts itself.
    """
    names = tuple(request.input_files) or ((request.input_file,) if request.input_file else ())
    if request.input_file and names[0] != request.input_file:
        what = f"input_file is {request.input_file!r}, and the first of input_files {names[0]!r}"
        raise ParameterError(what, where="input_files", hint="name the same file first")
    needed = sum(entry.is_required for entry in stage.inputs)
    if len(names) < needed and not names:
        hint = "give input_file, such as '/data/energy_data.csv'"
        raise PathRefusedError(
            f"{stage.name} reads a file, and the request names none", where="input_file", hint=hint
        )
    if stage.inputs and not stage.takes_list and not needed <= len(names) <= len(stage.inputs):
        takes = ", ".join(entry.name for entry in stage.inputs)
        what = f"{stage.name} takes {len(stage.inputs)} inputs ({takes}), the request {len(names)}"
        raise ParameterError(what, where="input_files", hint="name one file for each, in order")
    return names


def _call_function(
    stage: Stage,
    parameters: dict[str, Any],
    inputs: tuple[InputFile, ...],
    context: StageContext,
) -> Output:
    """Call the stage's function with its inputs and parameters."""
    is_strict = bool(parameters.get("strict"))
    frames = _frames(stage, inputs, context, is_strict=is_strict)
    keywords = {name: value for name, value in parameters.items() if name in stage.parameters}
    if stage.context_name:
        keywords[stage.context_name] = context
    result = stage.function(*frames, **keywords)
    if result is None and context.output_file:
        raise StageFailedError(
            f"{stage.name} returned nothing; is a `return` missing?",
            where=stage.place,
            hint="return the frame, or Output(None) where no file is to be written",
            code="FAILED_PRECONDITION",
        )
    return result if isinstance(result, Output) else Output(result)


def _frames(
    stage: Stage, inputs: tuple[InputFile, ...], context: StageContext, *, is_strict: bool
) -> list[object]:
    """Return what the stage's function is given by position."""
    if not stage.inputs:
        return []
    for entry in inputs:
        context.names[f"{entry.path.parent}/"] = f"{entry.local.parent}/"
    if stage.takes_list:
        kind = stage.inputs[0]
        return [[_frame(kind, entry, context, is_strict=is_strict) for entry in inputs]]
    missing = [None] * (len(stage.inputs) - len(inputs))
    pairs = zip(stage.inputs, [*inputs, *missing], strict=True)
    return [_frame(kind, entry, context, is_strict=is_strict) for kind, entry in pairs]


def _frame(
    kind: StageInput, entry: InputFile | None, context: StageContext, *, is_strict: bool
) -> object:
    if entry is None:
        return None
    if kind.kind == "path":
        return entry.path
    entry.check_there()
    rows_before = context.rows_read
    read = scan(
        entry.path, strict=is_strict, on_rows=lambda rows: context.count_read(rows_before + rows)
    )
    context.reads.append(read)
    context.read = context.reads[0]
    return read.frame if kind.kind == "polars" else pandas_table(read)


def _log(stage: Stage, context: StageContext, response: ExecuteResponse) -> None:
    run, seconds = context.run_id or "-", response.metrics.seconds
    if response.success:
        logger.info("%s run %s, %.3f s: %s", stage.name, run, seconds, response.message)
        return
    error, text = response.error, "%s run %s, %.3f s: %s: %s [%s]"
    logger.warning(text, stage.name, run, seconds, error.code, response.message, error.where)

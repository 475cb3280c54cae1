"""From the end of a call to the record of its stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from energykit.executor.message import bound_response, clean_text, metrics_of
from energykit.executor.path import local_path, normalize, state_of
from energykit.results import FileRecord, StageError, StageResult

if TYPE_CHECKING:
    from energykit._proto import energy_pipeline_pb2 as pb
    from energykit.executor.context import RunContext
    from energykit.executor.input_watch import InputWatch
    from energykit.executor.path import FileState
    from energykit.executor.task import Task
    from energykit.results import Attempt, StageMetrics, Transfer

__all__ = ["StageRecorder"]


class StageRecorder:
    """Collects what is known of a stage while it is executed, and makes its record.

    Parameters
    ----------
    task
        The stage.
    context
        The run's.
    reason
        Why it is run again, in a run that resumes another one.
    """

    def __init__(self, task: Task, context: RunContext, reason: str) -> None:
        self._task = task
        self._context = context
        self._reason = reason
        self._begun_s = context.clock.seconds()
        self._output = local_path(task.data_root, task.output_file)
        self._output_before: FileState | None = None
        self._output_is_seen = False
        self.inputs: InputWatch | None = None
        """None until the service is about to be called."""
        self.attempts: list[Attempt] = []
        self.transfers: tuple[Transfer, ...] = ()
        self.service_versions: dict[str, str] = {}
        self.request = b""

    def look_before_call(self, inputs: InputWatch) -> None:
        """Note what the stage's files are before its service is called."""
        self.inputs = inputs
        self._output_before = state_of(self._output)

    def record_success(self, response: pb.ExecuteResponse, data: bytes) -> StageResult:
        """Return the record of a stage whose service answered that it is done."""
        metrics = metrics_of(response)
        self._output_is_seen = self._is_written(metrics)
        outputs = self._find_outputs(metrics)
        main = next((one for one in outputs if self._is_main(one.path)), None)
        inputs = self.inputs.digests(metrics, may_wait=True) if self.inputs else ()
        return self._make(
            status="succeeded",
            output_path=self._output if self._output_is_seen else None,
            output_sha256=main.sha256 if main else "",
            inputs=inputs,
            outputs=outputs,
            notes=self.inputs.changes(inputs) if self.inputs else (),
            metrics=metrics,
            message=clean_text(response.message),
            stage_version=clean_text(response.stage_version),
            response_bytes=bound_response(data),
        )

    def record_failure(
        self, error: StageError, exit_code: int, response: pb.ExecuteResponse | None = None
    ) -> StageResult:
        """Return the record of a stage that failed."""
        error = StageError(
            code=error.code,
            where=clean_text(error.where),
            hint=clean_text(error.hint),
            message=clean_text(error.message),
        )
        data = bound_response(response.SerializeToString()) if response is not None else b""
        has_answered = response is not None  # neither late nor interrupted
        return self._make(
            status="failed",
            error=error,
            exit_code=exit_code,
            inputs=self.inputs.digests(None, may_wait=has_answered) if self.inputs else (),
            notes=self._late_output(),
            message=clean_text(response.message) if response is not None else "",
            stage_version=clean_text(response.stage_version) if response is not None else "",
            response_bytes=data,
        )

    def _late_output(self) -> tuple[str, ...]:
        """Say where the output was replaced although the call failed."""
        state = state_of(self._output)
        if self.inputs is None or state is None or state == self._output_before:
            return ()
        sha256 = self._context.digests.later(self._output).result()
        note = f"{self._task.output_file!r} was replaced although the call failed: {sha256}"
        return (note,)

    def _is_written(self, metrics: StageMetrics | None) -> bool:
        """Return whether the output that this process sees is what the stage wrote."""
        state = state_of(self._output)
        if state is None or state == self._output_before:
            return False  # an older file: the service wrote nothing, or elsewhere
        says_size = metrics is not None and bool(metrics.output_sha256)
        return not says_size or (metrics is not None and state.size == metrics.bytes_out)

    def _find_outputs(self, metrics: StageMetrics | None) -> tuple[FileRecord, ...]:
        """Return the files that were written, with the digests that are known of them."""
        said = (
            {normalize(one.path): one.sha256 for one in metrics.output_digests} if metrics else {}
        )
        names = {normalize(name): name for name in metrics.outputs} if metrics else {}
        main = normalize(self._task.output_file)
        if metrics and metrics.output_sha256:
            said[main] = metrics.output_sha256
        if main in said or self._output_is_seen:
            names = {main: self._task.output_file, **names}
        digests = tuple(self._digest_file(name, said.get(key, "")) for key, name in names.items())
        self._keep_digests(digests)
        return digests

    def _digest_file(self, name: str, sha256: str) -> FileRecord:
        path = local_path(self._task.data_root, name)
        state = state_of(path)
        sha256 = sha256 or self._context.digests.later(path).result()
        return FileRecord(path=name, sha256=sha256, bytes=state.size if state else 0)

    def _keep_digests(self, digests: tuple[FileRecord, ...]) -> None:
        """Spare the next stage the reading of what this one wrote."""
        for one in digests:
            path = local_path(self._task.data_root, one.path)
            state = state_of(path)
            is_seen = not self._is_main(one.path) or self._output_is_seen
            if path and state and one.sha256 and is_seen:
                self._context.digests.put(path, state, one.sha256)

    def _is_main(self, name: str) -> bool:
        return normalize(name) == normalize(self._task.output_file)

    def _make(self, **values: Any) -> StageResult:
        task, clock = self._task, self._context.clock
        inputs = values["inputs"]
        return StageResult(
            id=task.id,
            address=task.address,
            input_file=task.input_file,
            output_file=task.output_file,
            parameters=task.parameters,
            request_bytes=self.request,
            attempts=tuple(self.attempts),
            started=clock.at(self._begun_s),
            seconds=clock.seconds() - self._begun_s,
            input_sha256=inputs[0].sha256 if task.inputs and inputs else "",
            service_versions=self.service_versions,
            transfers=self.transfers,
            reason=self._reason,
            **values,
        )

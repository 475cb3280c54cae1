"""ContainerExecutor over gRPC: admission, cancellation, progress; :mod:`energykit.serving.execution` does the work."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NoReturn

import grpc

from energykit._proto.energy_pipeline_pb2 import ExecuteEvent
from energykit._proto.energy_pipeline_pb2_grpc import ContainerExecutorServicer
from energykit.serving.context import StageAbortError, StageContext
from energykit.serving.progress import ProgressFeed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from energykit._proto.energy_pipeline_pb2 import ExecuteRequest, ExecuteResponse
    from energykit.serving.definition import Stage
    from energykit.serving.paths import DataRoot

__all__ = ["StageServicer"]

_NEVER_S = 1e8  # gRPC reports a missing deadline as some centuries [s]


class StageServicer(ContainerExecutorServicer):
    """Serves one stage.

    Parameters
    ----------
    stage
        The stage.
    root
        The data root.
    concurrency
        Calls carried out at once; more are refused with RESOURCE_EXHAUSTED.
    """

    def __init__(self, stage: Stage, root: DataRoot, *, concurrency: int) -> None:
        self.stage = stage
        self.root = root
        self._concurrency = concurrency
        self._running: set[StageContext] = set()
        self._lock = threading.Lock()

    def Execute(  # noqa: N802  the contract's name
        self, request: ExecuteRequest, context: grpc.ServicerContext
    ) -> ExecuteResponse:
        """Carry out the stage, then answer."""
        call = self._admit(request, context)
        _when_over(context, call.cancel)
        outcome = self._run(request, call)
        return (
            outcome
            if not isinstance(outcome, StageAbortError)
            else _abort(context, outcome.code, outcome.message)
        )

    def ExecuteStream(  # noqa: N802  the contract's name
        self, request: ExecuteRequest, context: grpc.ServicerContext
    ) -> Iterator[ExecuteEvent]:
        """Carry out the stage in a thread of its own, with progress on the way."""
        feed = ProgressFeed()
        call = self._admit(request, context, feed)
        outcomes: list[ExecuteResponse | StageAbortError] = []

        def work() -> None:
            outcomes.append(self._run(request, call))
            feed.end()

        def stop() -> None:
            call.cancel()
            feed.end()

        _when_over(context, stop)
        threading.Thread(target=work, name=self.stage.name, daemon=True).start()
        for progress in feed:
            yield ExecuteEvent(progress=progress)
        if outcomes:  # else nobody listens any more, and the thread ends by itself
            yield _last_event(outcomes[0], context)

    @property
    def running(self) -> int:
        """Calls that are being carried out now."""
        return len(self._running)

    def cancel_all(self) -> None:
        """Tell every running call that nobody waits any more."""
        with self._lock:
            running = list(self._running)
        for call in running:
            call.cancel()

    def _run(
        self, request: ExecuteRequest, call: StageContext
    ) -> ExecuteResponse | StageAbortError:
        """Carry out a call; its place is free again afterwards, not earlier."""
        from energykit.serving.execution import execute

        try:
            return execute(self.stage, request, call)
        except StageAbortError as exc:
            return StageAbortError(
                exc.code, exc.message
            )  # without traceback: it would keep what the stage held open
        finally:
            with self._lock:
                self._running.discard(call)

    def _admit(
        self,
        request: ExecuteRequest,
        context: grpc.ServicerContext,
        feed: ProgressFeed | None = None,
    ) -> StageContext:
        """Give a call one of the places, or refuse it."""
        remaining = context.time_remaining()
        call = StageContext(
            self.stage.name,
            run_id=request.run_id,
            input_file=request.input_file or next(iter(request.input_files), ""),
            input_files=request.input_files,
            output_file=request.output_file,
            root=self.root,
            deadline_s=remaining if remaining is not None and remaining < _NEVER_S else None,
            on_progress=feed.put if feed else None,
        )
        with self._lock:
            is_free = len(self._running) < self._concurrency
            if is_free:
                self._running.add(call)
        if not is_free:
            _abort(
                context,
                "RESOURCE_EXHAUSTED",
                f"{self.stage.name} already carries out {self._concurrency} calls; try again later",
            )
        return call


def _when_over(context: grpc.ServicerContext, callback: Callable[[], None]) -> None:
    """Call back when the RPC is over: answered, cancelled, or past its deadline."""
    if not context.add_callback(callback):
        callback()


def _last_event(
    outcome: ExecuteResponse | StageAbortError, context: grpc.ServicerContext
) -> ExecuteEvent:
    if isinstance(outcome, StageAbortError):
        _abort(context, outcome.code, outcome.message)
    return ExecuteEvent(response=outcome)


def _abort(context: grpc.ServicerContext, code: str, message: str) -> NoReturn:
    """End a call with a gRPC status."""
    context.abort(grpc.StatusCode[code], message)
    raise AssertionError(code)  # abort raises; this is for type checkers

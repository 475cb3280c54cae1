"""ContainerExecutor over gRPC: admission, cancellation, progress, and what a service is.

:mod:`energykit.serving.execution` does the work, :mod:`energykit.serving.transfer` moves artefacts.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from contextlib import contextmanager
from itertools import accumulate
from string import printable
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import quote

import grpc

from energykit._proto.energy_pipeline_pb2 import ExecuteEvent
from energykit._proto.energy_pipeline_pb2_grpc import ContainerExecutorServicer
from energykit.config.location import is_url
from energykit.errors import EnergykitError
from energykit.masking import hiding, secrets_in
from energykit.printable import naming_the_trace
from energykit.results.text import shorten
from energykit.serving.context import StageAbortError, StageContext
from energykit.serving.progress import ProgressFeed
from energykit.telemetry import start_span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from energykit._proto import energy_pipeline_pb2 as pb
    from energykit.serving.definition import Stage
    from energykit.serving.object_store import AllowedUrls
    from energykit.serving.paths import DataRoot
    from energykit.serving.places import CallPlaces

__all__ = ["StageServicer"]

_MOST_OF_A_STATUS = 6000
"""Bytes of a status text: a gRPC client with its own limits loses the code of some above 8 KiB."""
_PLAIN = "".join(set(printable[:95]) - {"%"})
_NEVER_S = 1e8  # gRPC reports a missing deadline as some centuries [s]


class StageServicer(ContainerExecutorServicer):
    """Serves one stage.

    Parameters
    ----------
    stage
        The stage.
    root
        The data root.
    places
        One for each call that runs; more are refused with RESOURCE_EXHAUSTED.
    transfers
        One for each artefact that is moved; None: artefacts are not served.
    most_bytes
        Largest artefact that is written [B].
    allowed_urls
        URLs that requests may name.
    """

    def __init__(
        self,
        stage: Stage,
        root: DataRoot,
        *,
        places: CallPlaces,
        transfers: CallPlaces | None,
        most_bytes: int,
        allowed_urls: AllowedUrls,
    ) -> None:
        self.stage = stage
        self.root = root
        self._places = places
        self._transfers = transfers
        self._most_bytes = most_bytes
        self._allowed_urls = allowed_urls
        self._running: set[StageContext] = set()
        self._lock = threading.Lock()

    def Execute(
        self, request: pb.ExecuteRequest, context: grpc.ServicerContext
    ) -> pb.ExecuteResponse:
        """Run the stage, then answer."""
        call = self._admit(request, context)
        _when_over(context, call.cancel)
        outcome = self._run(request, call, context.invocation_metadata())
        if isinstance(outcome, StageAbortError):
            _abort(context, outcome.code, outcome.message)
        return outcome

    def ExecuteStream(
        self, request: pb.ExecuteRequest, context: grpc.ServicerContext
    ) -> Iterator[ExecuteEvent]:
        """Run the stage in a thread of its own, with progress on the way."""
        feed = ProgressFeed()
        call = self._admit(request, context, feed)
        outcomes: list[pb.ExecuteResponse | StageAbortError] = []

        headers = context.invocation_metadata()

        def work() -> None:
            outcomes.append(self._run(request, call, headers))
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

    def Describe(
        self,
        request: pb.DescribeRequest,
        context: grpc.ServicerContext,
    ) -> pb.ServiceDescription:
        """Say what the service is."""
        from energykit.serving.description import describe

        return describe(self.stage, self.root.folder, serves_artifacts=self._transfers is not None)

    def ReadArtifact(
        self, request: pb.ReadArtifactRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.ArtifactPiece]:
        """Send an artefact in pieces."""
        from energykit.serving.transfer import read_pieces

        with self._transfer(context):
            if not is_url(request.path):
                yield from read_pieces(request, self.root)
                return
            from energykit.serving.remote_call import read_remote  # for few services

            yield from read_remote(
                request, self.root, self._allowed_urls, lambda local: read_pieces(local, self.root)
            )

    def WriteArtifact(
        self, request_iterator: Iterator[pb.ArtifactPiece], context: grpc.ServicerContext
    ) -> pb.WriteArtifactResponse:
        """Take an artefact in pieces."""
        from energykit.serving.transfer import write_pieces

        with self._transfer(context):
            return write_pieces(request_iterator, self.root, most_bytes=self._most_bytes)

    @property
    def running(self) -> int:
        """Calls that run now."""
        return self._places.taken

    def cancel_all(self) -> None:
        """Tell every running call that nobody waits any more."""
        with self._lock:
            running = list(self._running)
        for call in running:
            call.cancel()

    def _run(
        self,
        request: pb.ExecuteRequest,
        call: StageContext,
        headers: Iterable[tuple[str, str | bytes]],
    ) -> pb.ExecuteResponse | StageAbortError:
        """Run a call; its place is free again afterwards, not earlier."""
        name, headers = self.stage.name, tuple(headers)
        secrets = secrets_in(request.parameters, headers)
        try:
            with (
                hiding(secrets),
                start_span(
                    f"execute {name}",
                    service=name,
                    headers=headers,
                    stage=name,
                    run_id=request.run_id,
                ) as span,
                naming_the_trace(span.trace_id),
            ):
                response = self._execute(request, call)
                secrets.mask_message(response)
                if not response.success:
                    span.fail(response.message)
                return response
        except StageAbortError as exc:
            # without traceback: it would keep what the stage held open
            return StageAbortError(exc.code, exc.message)
        finally:
            with self._lock:
                self._running.discard(call)
            self._places.leave()

    def _execute(self, request: pb.ExecuteRequest, call: StageContext) -> pb.ExecuteResponse:
        from energykit.serving.execution import execute

        return execute(self.stage, request, call)

    def _admit(
        self,
        request: pb.ExecuteRequest,
        context: grpc.ServicerContext,
        feed: ProgressFeed | None = None,
    ) -> StageContext:
        """Give a call one of the places, or refuse it."""
        self._places.take(context)
        remaining = context.time_remaining()
        call = StageContext(
            self.stage.name,
            run_id=request.run_id,
            input_file=request.input_file or next(iter(request.input_files), ""),
            input_files=request.input_files,
            output_file=request.output_file,
            root=self.root,
            allowed_urls=self._allowed_urls,
            deadline_s=remaining if remaining is not None and remaining < _NEVER_S else None,
            on_progress=feed.put if feed else None,
        )
        with self._lock:
            self._running.add(call)
        return call

    @contextmanager
    def _transfer(self, context: grpc.ServicerContext) -> Iterator[None]:
        """Give a transfer a place; what goes wrong ends the call with a status."""
        if self._transfers is None:
            text = f"{self.stage.name} serves no artefacts; start it with --artifacts"
            _abort(context, "PERMISSION_DENIED", text)
        self._transfers.take(context)
        try:
            yield
        except EnergykitError as exc:
            where = self.root.shown(exc.where)
            text = "; ".join(
                filter(None, (f"{where}: {exc.what}" if where else exc.what, exc.hint))
            )
            _abort(context, exc.code, text)
        finally:
            self._transfers.leave()


def _when_over(context: grpc.ServicerContext, callback: Callable[[], None]) -> None:
    """Call back when the RPC is over: answered, cancelled, or past its deadline."""
    if not context.add_callback(callback):
        callback()


def _last_event(
    outcome: pb.ExecuteResponse | StageAbortError, context: grpc.ServicerContext
) -> ExecuteEvent:
    if isinstance(outcome, StageAbortError):
        _abort(context, outcome.code, outcome.message)
    return ExecuteEvent(response=outcome)


def _abort(context: grpc.ServicerContext, code: str, message: str) -> NoReturn:
    """End a call with a gRPC status, whose text is cut where a client could lose the code by it."""
    context.abort(grpc.StatusCode[code], _short_status(message))
    raise AssertionError(code)  # abort raises; this is for type checkers


def _short_status(message: str) -> str:
    """Return the text of a status, cut so that its bytes on the wire (%XX where not ASCII) fit."""
    ends = list(accumulate(len(quote(each, safe=_PLAIN, errors="replace")) for each in message))
    return shorten(message, bisect_right(ends, _MOST_OF_A_STATUS))

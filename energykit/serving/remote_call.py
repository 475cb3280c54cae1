"""A call whose request names objects: fetched before the stage runs, put when it has written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from energykit._proto.energy_pipeline_pb2 import ExecuteRequest
from energykit.config.location import is_url
from energykit.serving.spool import open_spool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from energykit._proto import energy_pipeline_pb2 as pb
    from energykit.serving.context import StageContext
    from energykit.serving.object_store import AllowedUrls
    from energykit.serving.paths import DataRoot
    from energykit.serving.spool import Spool

__all__ = ["execute_remote", "read_remote"]


def execute_remote(
    call: Callable[[ExecuteRequest], pb.ExecuteResponse],
    request: ExecuteRequest,
    context: StageContext,
) -> pb.ExecuteResponse:
    """Run a call with files in the place of objects, and return its answer with their URLs.

    Each object is replaced as a whole. The stage's output is put last, so that it stands for a
    finished stage; where one cannot be put, those before it are new.

    Parameters
    ----------
    call
        Runs the stage on files; it raises what goes wrong.
    request
        What is asked for.
    context
        The call.
    """
    for path in (*context.input_files, context.output_file):
        if is_url(path):
            context.allowed_urls.check(path)
    with open_spool(context.root, context.allowed_urls) as spool:
        context.spool = spool
        response = call(_on_files(request, context, spool))
        for path in (*response.metrics.outputs[1:], *response.metrics.outputs[:1]):
            context.check_answer()
            spool.put(path)
    _name_objects(response, spool)
    return response


def _on_files(request: ExecuteRequest, context: StageContext, spool: Spool) -> ExecuteRequest:
    """Return a request for the files, the inputs among them there."""
    local = ExecuteRequest()
    local.CopyFrom(request)

    def on_bytes(done: int, size: int) -> None:
        context.progress("fetching", done, total=size, unit="bytes")

    fetched = {url: spool.fetch(url, on_bytes) for url in context.input_files}
    local.input_file = fetched.get(request.input_file, request.input_file)
    local.input_files[:] = [fetched[url] for url in request.input_files]
    local.output_file = spool.path(request.output_file)
    context.input_files = tuple(fetched[url] for url in context.input_files)
    context.input_file = next(iter(context.input_files), "")
    context.output_file = local.output_file
    return local


def _name_objects(response: pb.ExecuteResponse, spool: Spool) -> None:
    metrics = response.metrics
    response.message = spool.shown(response.message)
    metrics.outputs[:] = [spool.shown(path) for path in metrics.outputs]
    for one in (*metrics.inputs, *metrics.output_digests):
        one.path = spool.shown(one.path)


def read_remote(
    request: pb.ReadArtifactRequest,
    root: DataRoot,
    allowed: AllowedUrls,
    read: Callable[[pb.ReadArtifactRequest], Iterator[pb.ArtifactPiece]],
) -> Iterator[pb.ArtifactPiece]:
    """Yield an object in pieces, fetched first.

    Parameters
    ----------
    request
        Names the object.
    root
        The data root.
    allowed
        Which URLs may be read.
    read
        Yields the pieces of a file.
    """
    url = request.path
    allowed.check(url)
    with open_spool(root, allowed) as spool:
        request.path = spool.fetch(url, lambda _done, _size: None)
        for piece in read(request):
            piece.path = spool.shown(piece.path)
            yield piece

"""What a service answers when a stage fails: code, place, hint; tracebacks stay in its log."""

from __future__ import annotations

import errno
import logging
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from energykit._proto.energy_pipeline_pb2 import ExecuteResponse, StageError
from energykit.errors import EnergykitError

if TYPE_CHECKING:
    from collections.abc import Callable

    from energykit.serving.definition import Stage

__all__ = ["failure_response"]

logger = logging.getLogger(__name__)

_LONGEST_TEXT = 10_000
_IN_LOG = "the traceback is in the log of the service"
_OS_CODES = {
    errno.ENOSPC: ("RESOURCE_EXHAUSTED", "make room on the disk"),
    errno.EDQUOT: ("RESOURCE_EXHAUSTED", "make room within the disk quota"),
    errno.EACCES: ("PERMISSION_DENIED", "check who may read and write there"),
    errno.EPERM: ("PERMISSION_DENIED", "check who may read and write there"),
    errno.EROFS: ("PERMISSION_DENIED", "choose a folder that can be written"),
    errno.ENOENT: ("NOT_FOUND", "check the path"),
}
"""Errors of the operating system that say what the user can do; all others are unexpected."""


def failure_response(
    exc: BaseException, stage: Stage, shown: Callable[[str], str]
) -> ExecuteResponse:
    """Return the answer to a call that an exception ended.

    Parameters
    ----------
    exc
        What ended it.
    stage
        Whose call it was.
    shown
        Replaces local paths in a text by those that requests name.
    """
    if isinstance(exc, EnergykitError):
        return _answer(shown, exc.what, exc.code, exc.where, exc.hint)
    if isinstance(exc, MemoryError):
        what = f"{stage.name} has not enough memory"
        return _answer(
            shown,
            what,
            "RESOURCE_EXHAUSTED",
            stage.name,
            "read lazily or in batches, or allow more memory",
        )
    if isinstance(exc, OSError) and exc.errno in _OS_CODES:
        code, hint = _OS_CODES[exc.errno]
        return _answer(shown, str(exc.strerror), code, str(exc.filename or ""), hint)
    logger.error("%s: unhandled %s", stage.name, type(exc).__name__, exc_info=exc)
    return _answer(
        shown,
        f"{stage.name} failed: {type(exc).__name__}: {exc}",
        "INTERNAL",
        _place(exc, stage),
        _IN_LOG,
    )


def _answer(
    shown: Callable[[str], str], what: str, code: str, where: str = "", hint: str = ""
) -> ExecuteResponse:
    error = StageError(code=code, where=_text(shown(where)), hint=_text(shown(hint)))
    return ExecuteResponse(success=False, message=_text(shown(what)), error=error)


def _text(text: str) -> str:
    """Return a text that protobuf can carry, and that is not too long for a record of the run."""
    if len(text) > _LONGEST_TEXT:
        text = f"{text[:_LONGEST_TEXT]}… ({len(text):,} characters)"
    return text.encode("utf-8", "replace").decode()  # file names may hold other bytes


def _place(exc: BaseException, stage: Stage) -> str:
    """File and line of an exception: inside the stage's own file, or else the innermost."""
    frames = traceback.extract_tb(exc.__traceback__)
    own_file = getattr(getattr(stage.function, "__code__", None), "co_filename", "")
    own = [frame for frame in frames if frame.filename == own_file] or list(frames[-1:])
    return f"{Path(own[-1].filename).name}:{own[-1].lineno}" if own else stage.name

"""Checks write nothing to stderr: nbgrader gives no points to a cell that does, right or not."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["silence_stderr"]


@contextmanager
def silence_stderr() -> Iterator[None]:
    """Show what a learner's code warns of or logs on stdout; leave out the logs of served stages.

    A check says itself what it found of such stages; their log would be noise below a cell. What
    gRPC's core writes to file descriptor 2, as when a server stops under an open channel, goes
    nowhere.
    """
    logger, handler = logging.getLogger("energykit.serving"), logging.NullHandler()
    logger.addHandler(handler)
    try:
        with redirect_stderr(sys.stdout), _without_descriptor(2):
            yield
    finally:
        logger.removeHandler(handler)


@contextmanager
def _without_descriptor(number: int) -> Iterator[None]:
    """Send what is written to a file descriptor nowhere; a process may have none."""
    try:
        kept = os.dup(number)
    except OSError:
        yield
        return
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), number)
        yield
    finally:
        os.dup2(kept, number)
        os.close(kept)

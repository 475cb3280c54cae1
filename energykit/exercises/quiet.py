"""Checks write nothing to stderr: nbgrader gives no points to a cell that does, though its answer be right."""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager, redirect_stderr
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["quiet"]


@contextmanager
def quiet() -> Iterator[None]:
    """Show what a learner's code warns of or logs on stdout, and leave out what stages log that are served here.

    A check says itself what it found of such stages; their log would be noise below a cell.
    """
    logger, handler = logging.getLogger("energykit.serving"), logging.NullHandler()
    logger.addHandler(handler)
    try:
        with redirect_stderr(sys.stdout):
            yield
    finally:
        logger.removeHandler(handler)

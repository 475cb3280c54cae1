"""Text that comes from elsewhere, made fit for a terminal and for a log of one line a record."""

from __future__ import annotations

import logging
import re
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from typing import TYPE_CHECKING

from energykit.masking import hide

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["OneLineFormatter", "escape_controls", "naming_the_trace"]

_CONTROLS = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""All but the tab: they move the cursor, end lines, or turn the direction of writing."""


def escape_controls(text: str, *, longest: int = 0) -> str:
    r"""Return a text with control characters shown as escapes: ``\x1b``, ``\n``.

    Parameters
    ----------
    text
        Whatever was said.
    longest
        Longer texts are cut, and say so; 0: none is [character].
    """
    if longest and len(text) > longest:
        text = f"{text[:longest]}… ({len(text):,} characters)"
    return _CONTROLS.sub(lambda match: ascii(match[0])[1:-1], text)


_trace: ContextVar[str] = ContextVar("trace", default="")


@contextmanager
def naming_the_trace(trace_id: str) -> Iterator[None]:
    """Add a trace's id to the lines that are logged in this block.

    Parameters
    ----------
    trace_id
        Hexadecimal; empty: nothing is added.
    """
    before = _trace.set(trace_id)
    try:
        yield
    finally:
        _trace.reset(before)


class OneLineFormatter(logging.Formatter):
    """Formats a record as one line; a traceback follows it, indented."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's text; a traceback as this formatter writes it, not another one."""
        if record.exc_info:
            record = copy(record)
            record.exc_text = None
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Return the line."""
        record.message = escape_controls(hide(record.message))
        line, trace_id = super().formatMessage(record), _trace.get()
        return f"{line} [trace {trace_id}]" if trace_id else line

    def formatException(self, ei: object) -> str:
        """Return a traceback whose lines cannot be taken for records."""
        lines = hide(super().formatException(ei)).splitlines()  # type: ignore[arg-type]
        return "\n".join(f"    | {escape_controls(line)}" for line in lines)

"""Text from outside, made fit for a terminal, a log and a record."""

from __future__ import annotations

import re

__all__ = ["LONGEST_TEXT", "escape_controls", "shorten"]

LONGEST_TEXT = 16_000
"""A longer text of a service is cut in a record [characters]."""
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Moves a cursor, colours, rings, or turns the direction of text; not ``\\n``, ``\\t``."""


def escape_controls(text: str) -> str:
    r"""Return a text with its control characters written out, as ``\x1b``.

    Parameters
    ----------
    text
        Line ends and tabs stay; a carriage return does not, as it would hide what stands before it.
    """
    return _CONTROLS.sub(_write_out, text) if _CONTROLS.search(text) else text


def _write_out(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")


def shorten(text: str, limit: int = LONGEST_TEXT) -> str:
    """Return a text, cut where it is longer than a limit [characters]; what is cut is counted."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}… ({len(text) - limit:,} more characters)"

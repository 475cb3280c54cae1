"""The options ``--cell-timeout`` and ``--notebook-timeout``, which two actions share."""

from __future__ import annotations

import argparse
import math

__all__ = ["add_limits"]


def add_limits(parser: argparse.ArgumentParser) -> None:
    """Add the options to an action's parser."""
    for what, usual_s in (("cell", 60.0), ("notebook", 300.0)):
        text = f"longest time for a {what} [s] (default: {usual_s:g})"
        parser.add_argument(
            f"--{what}-timeout", type=_seconds, default=usual_s, metavar="S", help=text
        )


def _seconds(text: str) -> float:
    """Return a time; one that never ends is none."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time in seconds: a number above 0")
    return seconds

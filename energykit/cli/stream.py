"""Write to stdout and stderr whatever their encoding, and whether or not anybody reads on."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from contextlib import suppress
from typing import Any

__all__ = ["let_go_of_closed_streams", "print_json", "take_every_character"]

_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")


def take_every_character() -> None:
    """Let stdout and stderr write ``?`` for what their encoding (a Windows pipe's) lacks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def print_json(value: Any) -> None:
    """Print JSON in ASCII: the same in every encoding.

    Parameters
    ----------
    value
        What to print; text is JSON already.
    """
    text = value if isinstance(value, str) else json.dumps(value, indent=1)
    print(_BEYOND_ASCII.sub(lambda found: json.dumps(found[0])[1:-1], text.rstrip("\n")))


def let_go_of_closed_streams() -> None:
    """Point streams whose reader went away to nowhere: Python flushes them once more at exit."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with suppress(OSError, ValueError):  # a stream without a file of its own
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, stream.fileno())
                os.close(nowhere)

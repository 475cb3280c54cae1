"""One line on stderr for a run that a signal ended: its record says the rest."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from energykit.cli.stream import let_go_of_closed_streams

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["naming_the_signal"]


@contextmanager
def naming_the_signal(record: Path, config: str) -> Iterator[None]:
    """Say which signal ended the run in this block, and how to go on; the signal goes on, too.

    Parameters
    ----------
    record
        The run's ``run.json``; where it is missing, the run had not begun.
    config
        The configuration, as it was named.
    """
    from energykit.executor.termination import Terminated  # imports grpc

    try:
        yield
    except (Terminated, KeyboardInterrupt) as exc:
        name = exc.signal_name if isinstance(exc, Terminated) else "Ctrl-C"
        says = f"{record} says what was done → energykit run {config} --resume"
        _say(f"{name} ended the run: {says if record.is_file() else 'it had not begun'}")
        raise


def _say(text: str) -> None:
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:  # the terminal has gone
        let_go_of_closed_streams()

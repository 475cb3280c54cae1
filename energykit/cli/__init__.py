"""The command line ``energykit``: the only part of the kit that prints.

Results go to stdout, logs and progress to stderr. One file a command group; each has
``add_parser``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from energykit.cli.exit_code import INTERRUPTED

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code.

    Parameters
    ----------
    arguments
        Without the program's name; None: those of the process.
    """
    try:
        from energykit.cli import command  # Ctrl-C is quiet while this loads, too
    except KeyboardInterrupt:
        return INTERRUPTED
    return command.main(arguments)

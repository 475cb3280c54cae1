"""The command line ``energykit``: the only part of the kit that prints.

Results go to stdout, logs and progress to stderr. One file a command group; each has ``add_parser``.
"""

from __future__ import annotations

from energykit.cli.command import main

__all__ = ["main"]

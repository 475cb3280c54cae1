"""The command line as a whole: its commands, its errors, its exit code."""

from __future__ import annotations

import argparse
import logging
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from energykit.cli.exit_code import BROKEN_PIPE, INTERRUPTED
from energykit.cli.parser import Parser, Version
from energykit.cli.stream import let_go_of_closed_streams, take_every_character
from energykit.errors import EnergykitError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["COMMANDS", "main"]

COMMANDS = {
    "check": "check",
    "run": "run",
    "call": "call",
    "report": "report",
    "up": "services",
    "status": "services",
    "certs": "certs",
    "proto": "proto",
    "data": "data",
    "conformance": "conformance",
    "notebooks": "notebooks",
    "sweep": "sweep",
    "look": "look",
    "runs": "runs",
    "diff": "runs",
    "clean": "clean",
    "convert": "convert",
    "course": "course",
}
"""The module of each command, in the order in which ``--help`` lists them."""
_UNUSED = "rfc3987_syntax"
"""The grammar of international addresses, which jsonschema would load for nbformat: a second, and
nobody asks it.
"""
_EXIT_CODES = """\
exit codes: 0 done, 1 a stage failed, 2 the configuration or the command line is wrong,
3 a service could not be reached or started, 4 a deadline passed"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code.

    Parameters
    ----------
    arguments
        Without the program's name; None: those of the process.
    """
    if arguments is None:  # the process is this command's alone
        sys.modules.setdefault(_UNUSED, None)  # type: ignore[arg-type]  # "not to be imported"
    take_every_character()
    logging.basicConfig(
        level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )
    try:
        code = _outcome(arguments)
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        let_go_of_closed_streams()
        return BROKEN_PIPE
    return code


def _outcome(arguments: Sequence[str] | None) -> int:
    """Run a command line; stderr says what ended it."""
    try:
        words = sys.argv[1:] if arguments is None else list(arguments)
        given = _parser(words).parse_args(words)
        given.owns_process = arguments is None
        code: int = given.run_command(given)
    except EnergykitError as exc:
        print(exc, file=sys.stderr)
        return exc.exit_code
    except SystemExit as exc:  # argparse: its usage, its errors
        return exc.code if isinstance(exc.code, int) else 2
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except OSError as exc:
        print(_format_os_error(exc), file=sys.stderr)
        return EnergykitError.exit_code
    return code


def _format_os_error(error: OSError) -> str:
    """Return what the system refused: a full disk, a folder that cannot be written."""
    what = error.strerror or str(error) or type(error).__name__
    return str(
        EnergykitError(
            what, where=str(error.filename or ""), hint="check the path, its permissions, the disk"
        )
    )


def _parser(words: Sequence[str]) -> Parser:
    """Return the parser of one command, of all where the first word is none of them.

    Importing every command takes as long as checking a configuration.
    """
    parser = Parser(
        prog="energykit",
        description="Run, check and look at pipelines of gRPC energy services.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=Version)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    group = COMMANDS.get(words[0]) if words else None
    for name in dict.fromkeys([group] if group else COMMANDS.values()):
        import_module(f"energykit.cli.{name}").add_parser(commands)
    return parser

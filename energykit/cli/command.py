"""The command line as a whole: its parser, its errors, its exit code."""

from __future__ import annotations

import argparse
import logging
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, NoReturn

from energykit.cli import check, conformance, data, notebooks, proto, report, run, services
from energykit.errors import EnergykitError, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

_INTERRUPTED = 130
"""What a shell expects of a program that Ctrl-C ended: 128 + SIGINT."""
_BROKEN_PIPE = 141
"""What a shell expects of a program whose reader went away: 128 + SIGPIPE."""
_EXIT_CODES = """\
exit codes: 0 done, 1 a stage failed, 2 the configuration or the command line is wrong,
3 a service could not be reached or started, 4 a deadline passed"""


class _Parser(argparse.ArgumentParser):
    """A parser that suggests the nearest command."""

    def error(self, message: str) -> NoReturn:
        head, _, rest = message.partition("invalid choice: ")
        if rest:
            word, _, choices = rest.partition(" (choose from ")
            known = [choice.strip(" ')") for choice in choices.split(",")]
            message = f"{head}{word} is not known; {nearest(word.strip(chr(39)), known)}"
        super().error(message)


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command line and return its exit code.

    Parameters
    ----------
    arguments
        Without the program's name; None: those of the process.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        given = _parser().parse_args(arguments)
        code: int = given.carry_out(given)
        sys.stdout.flush()
    except EnergykitError as exc:
        print(exc, file=sys.stderr)
        return exc.exit_code
    except SystemExit as exc:  # argparse: its usage, its errors
        return exc.code if isinstance(exc.code, int) else 2
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # nobody reads what Python would say at its end
        return _BROKEN_PIPE
    return code


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="energykit",
        description="Run, check and look at pipelines of gRPC energy services.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"energykit {version('energykit')}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for group in (check, run, report, services, proto, data, conformance, notebooks):
        group.add_parser(commands)
    return parser

"""``energykit conformance``: whether a running service keeps the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from energykit.cli.stream import print_json

if TYPE_CHECKING:
    import argparse

__all__ = ["add_parser"]


def add_parser(commands: Any) -> None:
    """Add the command to a parser's commands."""
    text = "check a running service, in any language, against the contract"
    parser = commands.add_parser("conformance", help=text, description=text)
    parser.add_argument("address", help="host:port of the service")
    parser.add_argument(
        "--data-root", help="the service's data root, where this machine can see it"
    )
    parser.add_argument(
        "--input", default="", help="what it is to read (default: a sample of two readings)"
    )
    parser.add_argument(
        "--output-suffix", default=".csv", help="suffix of what it is to write (default: .csv)"
    )
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(run_command=_check)


def _check(given: argparse.Namespace) -> int:
    from energykit.contract import conformance  # imports grpc

    found = conformance(
        given.address,
        data_root=given.data_root,
        input_file=given.input,
        output_suffix=given.output_suffix,
    )
    if given.json:
        print_json(
            {
                "address": found.address,
                "ok": found.ok,
                "findings": [vars(one) for one in found.findings],
            }
        )
    else:
        print(found)
    return 0 if found else 1

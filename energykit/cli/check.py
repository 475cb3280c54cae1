"""``energykit check``: is a configuration right? Touches nothing, calls nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from energykit.cli.root import add_data_root
from energykit.cli.stream import print_json
from energykit.config import load_config, schema_text
from energykit.errors import ConfigError, UsageError

if TYPE_CHECKING:
    import argparse

    from energykit.errors import Fault

__all__ = ["add_parser"]


def add_parser(commands: Any) -> None:
    """Add the command to a parser's commands."""
    text = "check a configuration: every fault at once, as file:line:column; touches nothing"
    parser = commands.add_parser("check", help=text, description=text)
    parser.add_argument("config", nargs="?", help="a pipeline's JSON file")
    add_data_root(parser)
    parser.add_argument("--json", action="store_true", help="faults as JSON, for machines")
    parser.add_argument(
        "--schema", action="store_true", help="print the JSON Schema of configurations instead"
    )
    parser.set_defaults(carry_out=_check)


def _check(given: argparse.Namespace) -> int:
    if given.schema:
        print_json(schema_text())
        return 0
    if given.config is None:
        raise UsageError("there is no configuration to check", hint="energykit check CONFIG")
    try:
        config = load_config(given.config, data_root=given.data_root)
    except ConfigError as exc:
        if not given.json:
            raise
        print_json(_plain(False, exc.faults))
        return exc.exit_code
    if given.json:
        print_json(_plain(True, config.warnings))
    else:
        print(config)
        print("valid: nothing was called")
    return 0


def _plain(is_valid: bool, faults: tuple[Fault, ...]) -> dict[str, Any]:
    return {"valid": is_valid, "faults": [vars(one) for one in faults]}

"""``energykit check``: is a configuration right? Touches nothing; calls nobody unless asked to."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from energykit.cli.root import add_data_root
from energykit.cli.stream import print_json
from energykit.config import load_config, schema_text, shipped_stages
from energykit.errors import ConfigError, ServiceUnreachableError, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from energykit.config import PipelineConfig, StageShape
    from energykit.errors import Fault
    from energykit.executor.description import DescribedService

__all__ = ["add_parser"]


def add_parser(commands: Any) -> None:
    """Add the command to a parser's commands."""
    text = "check a configuration: every fault at once, as file:line:column; touches nothing"
    parser = commands.add_parser("check", help=text, description=text)
    parser.add_argument("config", nargs="?", help="a pipeline's JSON file")
    add_data_root(parser)
    parser.add_argument(
        "--services",
        action="store_true",
        help="ask the services that run which parameters they take, others' stages too",
    )
    parser.add_argument("--json", action="store_true", help="faults as JSON, for machines")
    parser.add_argument(
        "--schema", action="store_true", help="print the JSON Schema of configurations instead"
    )
    parser.set_defaults(run_command=_check)


def _check(given: argparse.Namespace) -> int:
    if given.schema:
        print_json(schema_text())
        return 0
    if given.config is None:
        raise UsageError("there is no configuration to check", hint="energykit check CONFIG")
    services: list[DescribedService] = []
    try:
        if given.services:
            services = _describe(load_config(given.config, data_root=given.data_root, stages={}))
        stages: Mapping[str, StageShape] = {
            **shipped_stages(),
            **{one.name: one.shape for one in services if one.shape is not None},
        }
        config = load_config(given.config, data_root=given.data_root, stages=stages)
    except ConfigError as exc:
        if not given.json:
            raise
        print_json(_plain(False, exc.faults, services))
        return exc.exit_code
    if given.json:
        print_json(_plain(True, config.warnings, services))
    else:
        print(config)
        print(_verdict(services))
    is_reached = all(one.is_reached for one in services)
    return 0 if is_reached else ServiceUnreachableError.exit_code


def _describe(config: PipelineConfig) -> list[DescribedService]:
    """Ask each service of a configuration what it takes; say on stderr what came of it."""
    from energykit.executor.description import describe_services  # imports grpc

    services = describe_services(config)
    for one in services:
        print(one, file=sys.stderr)
    return services


def _verdict(services: list[DescribedService]) -> str:
    """Say that a configuration is valid, and how far that goes."""
    if not services:
        return "valid (checked only, nothing was run)"
    asked = sum(one.shape is not None for one in services)
    return f"valid ({asked} of {len(services)} services described their parameters, none was run)"


def _plain(
    is_valid: bool, faults: tuple[Fault, ...], services: list[DescribedService]
) -> dict[str, Any]:
    found = {"valid": is_valid, "faults": [vars(one) for one in faults]}
    described = [
        {"service": one.name, "address": one.address, "answer": one.answer} for one in services
    ]
    return {**found, "services": described} if services else found

"""``energykit up`` and ``energykit status``: the services of a configuration at their own addresses."""

from __future__ import annotations

import json
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

from energykit import html
from energykit.config import load_config
from energykit.errors import ServiceUnreachableError, UsageError

if TYPE_CHECKING:
    import argparse

    from energykit.config import PipelineConfig

__all__ = ["add_parser"]

_LOOK_S = 2.0
_LOCAL = {"127.0.0.1", "localhost", "[::1]"}


def add_parser(commands: Any) -> None:
    """Add both commands to a parser's commands."""
    text = "start the services of a configuration on its ports, until Ctrl-C"
    up = commands.add_parser("up", help=text, description=text)
    up.add_argument("config", help="a pipeline's JSON file")
    up.add_argument("--data-root", default="data", help="what /data stands for (default: data)")
    up.set_defaults(carry_out=_up)
    text = "say which services of a configuration answer"
    status = commands.add_parser("status", help=text, description=text)
    status.add_argument("config", help="a pipeline's JSON file")
    status.add_argument("--json", action="store_true", help="for machines")
    status.set_defaults(carry_out=_status)


def _up(given: argparse.Namespace) -> int:
    from energykit.launcher import local_services  # noqa: PLC0415  # imports grpc

    config = load_config(given.config, data_root=given.data_root)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with local_services(config, data_root=given.data_root, ports=_ports(config)) as started:
        print(started, flush=True)
        print("Ctrl-C stops them", file=sys.stderr)
        while not stop.wait(1.0):
            _check_running(started.processes)
        print("stopping", file=sys.stderr)
    return 0


def _check_running(processes: Any) -> None:
    for name, child in processes.items():
        if not child.is_running:
            raise child.failure(f"{name} ended")


def _ports(config: PipelineConfig) -> dict[str, int]:
    """Return the port of each service; all must be at home on this machine."""
    found = {}
    for name in config.order:
        host, _, port = config.service_registry[name][0].rpartition(":")
        if host not in _LOCAL:
            hint = "start it there, and only the others here: energykit run --address"
            raise UsageError(f"{name!r} is at {host}, not on this machine", where=config.file, hint=hint)
        found[name] = int(port)
    return found


def _status(given: argparse.Namespace) -> int:
    config = load_config(given.config)
    found = {name: _seen(config.service_registry[name]) for name in config.order}
    if given.json:
        print(json.dumps({name: {"status": status, "message": told} for name, (status, told) in found.items()}))
    else:
        for name, (status, told) in found.items():
            at = ", ".join(config.service_registry[name])
            print(f"{html.ICONS[status]} {name} at {at}: {status}{f' ({told})' if told else ''}")
    return 0 if all(status == "serving" for status, _ in found.values()) else ServiceUnreachableError.exit_code


def _seen(addresses: tuple[str, ...]) -> tuple[str, str]:
    from energykit.executor.connection import Connection  # noqa: PLC0415  # imports grpc

    try:
        connection = Connection(addresses)
        try:
            connection.wait_until_serving(_LOOK_S, lambda *_: None)
        finally:
            connection.close()
    except ServiceUnreachableError as exc:
        return "unreachable", exc.what
    return "serving", ""

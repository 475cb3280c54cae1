"""``energykit up`` and ``energykit status``: the services of a configuration at its addresses."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from energykit import html
from energykit.cli.modules import add_modules, read_modules
from energykit.cli.root import add_data_root, check_data_root
from energykit.cli.stream import print_json
from energykit.config import load_config
from energykit.errors import ServiceUnreachableError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from energykit.config import PipelineConfig
    from energykit.launcher import LocalServices

__all__ = ["add_parser"]

_LOOK_S = 2.0
_WATCH_S = 1.0
_LOCAL = {"127.0.0.1", "localhost"}
"""Where services that are started here listen."""


def add_parser(commands: Any) -> None:
    """Add both commands to a parser's commands."""
    text = "start the services of a configuration on its ports, until Ctrl-C"
    up = commands.add_parser("up", help=text, description=text)
    up.add_argument("config", help="a pipeline's JSON file")
    add_data_root(up)
    add_modules(up)
    again = "start a service that ends by itself again, so often (default: %(default)s)"
    up.add_argument("--restart", type=_count, default=0, metavar="N", help=again)
    everybody = "let every user of this machine call the services, not only you"
    up.add_argument("--any-user", action="store_true", help=everybody)
    up.set_defaults(run_command=_up)
    text = "say which services of a configuration answer"
    status = commands.add_parser("status", help=text, description=text)
    status.add_argument("config", help="a pipeline's JSON file")
    status.add_argument("--json", action="store_true", help="for machines")
    status.set_defaults(run_command=_status)


def _count(text: str) -> int:
    """Read how often something is done."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 on")
    return int(text)


def _up(given: argparse.Namespace) -> int:
    from energykit.launcher import local_services  # imports grpc

    config = load_config(given.config, data_root=given.data_root)
    check_data_root(given.data_root)
    with (
        _termination_interrupts(),
        local_services(
            config,
            data_root=given.data_root,
            ports=_ports(config),
            modules=read_modules(given.module, config),
            restart=given.restart,
            any_user=given.any_user,
        ) as started,
    ):
        print(started, flush=True)
        print("Ctrl-C stops them", file=sys.stderr)
        try:
            _watch(started)
        except KeyboardInterrupt:
            print("stopping", file=sys.stderr)
    return 0


def _watch(started: LocalServices) -> NoReturn:
    """Come back only by an error: one of the services has ended for good, or an interrupt."""
    never = threading.Event()
    while True:
        started.check_running()
        never.wait(_WATCH_S)


@contextmanager
def _termination_interrupts() -> Iterator[None]:
    """Let SIGTERM, which ends a service under a supervisor, do what Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _ports(config: PipelineConfig) -> dict[str, int]:
    """Return the port of each service; all must be at home on this machine."""
    found = {}
    for name in config.services:
        addresses = config.service_registry[name]
        host, _, port = addresses[0].rpartition(":")
        if host not in _LOCAL or len(addresses) > 1:
            what = f"{name!r} is at {', '.join(addresses)}; services started here have one "
            what += "address each, at 127.0.0.1"
            raise UsageError(
                what,
                where=config.file,
                hint="start it where it belongs: python -m MODULE --port PORT",
            )
        found[name] = int(port)
    return found


def _status(given: argparse.Namespace) -> int:
    config = load_config(given.config)
    with ThreadPoolExecutor() as beside:  # one that does not answer holds up no other
        seen = beside.map(_probe, (config.service_registry[name] for name in config.services))
        found = dict(zip(config.services, seen, strict=True))
    if given.json:
        print_json(
            {
                name: {
                    "address": ", ".join(config.service_registry[name]),
                    "status": status,
                    "message": message,
                }
                for name, (status, message) in found.items()
            }
        )
    else:
        for name, (status, message) in found.items():
            at = ", ".join(config.service_registry[name])
            print(
                f"{html.ICONS[status]} {name} at {at}: {status}{f' ({message})' if message else ''}"
            )
    return (
        0
        if all(status == "serving" for status, _ in found.values())
        else ServiceUnreachableError.exit_code
    )


def _probe(addresses: tuple[str, ...]) -> tuple[str, str]:
    from energykit.executor.connection import Connection  # imports grpc

    try:
        connection = Connection(addresses)
        try:
            connection.wait_until_serving(_LOOK_S, lambda *_: None)
        finally:
            connection.close()
    except ServiceUnreachableError as exc:
        return "unreachable", exc.what
    return "serving", ""

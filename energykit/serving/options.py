"""The command line of a service, and what the environment adds to it."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from energykit.config.credentials import SecretReference
from energykit.serving.limits import ServerLimits
from energykit.serving.security import Security

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from energykit.serving.definition import Stage

__all__ = ["URLS_VARIABLE", "VARIABLES", "parse_options", "security_of"]

VARIABLES = {
    "tls_certificate": "ENERGYKIT_SERVER_CERTIFICATE",
    "tls_key": "ENERGYKIT_SERVER_KEY",
    "tls_client_ca": "ENERGYKIT_SERVER_CLIENT_CA",
    "token_file": "ENERGYKIT_SERVER_TOKEN_FILE",
    "token_env": "ENERGYKIT_SERVER_TOKEN_ENV",
}
"""Variables that stand for options that are not given."""

URLS_VARIABLE = "ENERGYKIT_ALLOW_URLS"
"""Stands for ``--allow-url`` where that is not given: URLs with spaces between."""


def parse_options(stage: Stage, argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of a service's command line.

    Parameters
    ----------
    stage
        What is served.
    argv
        The command line; None: the process's own.
    """
    summary = (stage.function.__doc__ or "").strip().partition("\n")[0]
    parser = argparse.ArgumentParser(
        prog=_program(), description=f"{stage.name}: {summary or 'a stage of an energy pipeline'}"
    )
    _add_place(parser)
    _add_callers(parser)
    _add_limits(parser)
    return parser.parse_args(argv)


def security_of(
    options: argparse.Namespace, environment: Mapping[str, str] = os.environ
) -> Security:
    """Return who may call, as the options say it, or else the environment.

    Parameters
    ----------
    options
        What `parse_options` returned.
    environment
        See `VARIABLES`.

    Raises
    ------
    energykit.errors.UsageError
        What is named does not fit together.
    """
    values = {
        name: getattr(options, name) or environment.get(variable, "")
        for name, variable in VARIABLES.items()
    }
    file, variable = values["token_file"], values["token_env"]
    return Security(
        certificate=values["tls_certificate"],
        key=values["tls_key"],
        client_ca=values["tls_client_ca"],
        token=SecretReference(file=file, env="" if file else variable)
        if file or variable
        else None,
        any_user=options.any_user,
    )


def _add_place(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    port = "port; 0 takes a free one and prints it (default: %(default)s)"
    add("--port", type=int, default=0, help=port)
    root = "folder that requests name /data (default: %(default)s)"
    add("--data-root", default="data", help=root)
    url = "folder of an object store whose objects requests may name, such as s3://bucket/folder;"
    add("--allow-url", action="append", metavar="URL", help=f"{url} else ${URLS_VARIABLE}")
    add("--exit-with-stdin", action="store_true", help="end when standard input closes")
    add("--verbose", action="store_true", help="log more")


def _add_callers(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "who may call",
        "over loopback: whoever started the service, where the system says who calls",
    )
    public = "allow a host that other machines can reach, without encryption or without asking who"
    for name, text in (
        ("--insecure-public", public),
        ("--any-user", "let every user of this machine call over loopback"),
        ("--reflection", "offer reflection also where other machines can reach it"),
        (
            "--artifacts",
            "read and write artefacts over the wire also where nobody is asked who calls",
        ),
    ):
        group.add_argument(name, action="store_true", help=text)
    for name, metavar, text in (
        (
            "--tls-certificate",
            "FILE",
            "the service's certificate (PEM); it is read again when renewed",
        ),
        ("--tls-key", "FILE", "the private key of the certificate (PEM)"),
        ("--tls-client-ca", "FILE", "callers must show a certificate of this authority (PEM)"),
        ("--token-file", "FILE", "callers must show one of these tokens, one a line"),
        ("--token-env", "NAME", "callers must show a token of this environment variable"),
    ):
        variable = VARIABLES[name.strip("-").replace("-", "_")]
        group.add_argument(name, metavar=metavar, default="", help=f"{text}; else ${variable}")


def _add_limits(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    grace = "how long running calls may take to finish [s] (default: %(default)s)"
    add("--grace-s", type=_seconds, default=8.0, help=grace)
    at_once = "stages at once (default: %(default)s)"
    add("--concurrency", type=int, default=ServerLimits.concurrency, help=at_once)
    moved = "artefacts moved at once (default: %(default)s)"
    add("--transfers", type=int, default=ServerLimits.transfers, help=moved)
    largest = "largest artefact that is written over the wire [B] (default: %(default)s)"
    add("--artifact-bytes", type=int, default=ServerLimits.artifact_bytes, help=largest)


def _program() -> str | None:
    """Return what the process was started with, as ``python -m`` names it; None: argparse's own."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return f"python -m {spec.parent or spec.name}" if spec else None


def _seconds(text: str) -> float:
    """Return a time that is not negative [s]."""
    seconds = float(text)
    if not seconds >= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time: write seconds from 0")
    return seconds

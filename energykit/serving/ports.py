"""Addresses to listen on: which are loopback, and who has a port already."""

from __future__ import annotations

import contextlib
import errno
import socket
import sys
from typing import TYPE_CHECKING

from energykit.credentials import is_loopback
from energykit.errors import ServiceStartError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["address_of", "check_free", "check_host", "loopback_host", "start_error"]

_LAST_PORT = 65535


def address_of(host: str, port: int) -> str:
    """Return ``host:port``, with brackets around an IPv6 address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def loopback_host() -> str:
    """Return the loopback address of this machine: 127.0.0.1, or ::1 where it has no IPv4."""
    for host, family in (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)):
        with contextlib.suppress(OSError), socket.socket(family) as probe:
            probe.bind((host, 0))
            return host
    return "127.0.0.1"


def check_host(host: str, *, is_public_allowed: bool) -> None:
    """Refuse to listen where other machines can reach the service, unless that was asked for.

    Parameters
    ----------
    host
        Host name or address to listen on.
    is_public_allowed
        Whether that was asked for.

    Raises
    ------
    UsageError
        Other machines could reach the service.
    """
    if not is_loopback(host) and not is_public_allowed:
        hint = (
            "listen on 127.0.0.1; or name a certificate (--tls-certificate, --tls-key) and who may"
            " call (--tls-client-ca or --token-file, see `energykit certs`); or say"
            " --insecure-public if a firewall or a container stands before the service"
        )
        what = f"{host!r} can be reached by other machines, without encryption or by everybody"
        raise UsageError(what, where="host", hint=hint)


def check_free(host: str, port: int) -> None:
    """Refuse a port that another server has, and what is not a port.

    Parameters
    ----------
    host
        Host name or address.
    port
        Port; 0 is always free.

    Raises
    ------
    UsageError
        The number is not one of a port: the system would take another one.
    ServiceStartError
        The port is taken, or the host is not one of this machine's.
    """
    if not 0 <= port <= _LAST_PORT:
        raise UsageError(
            f"{port} is not a port",
            where="port",
            hint=f"name one from 1 to {_LAST_PORT}, or 0: a free one",
        )
    if port == 0:
        return
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in infos:
            _bind(family, kind, protocol, address)
    except OSError as exc:
        raise start_error(host, port, exc) from None


def start_error(host: str, port: int, why: OSError | str) -> ServiceStartError:
    """Return the error of a port that cannot be listened on, with the process that has it.

    Parameters
    ----------
    host, port
        What was to be listened on.
    why
        What the system said.
    """
    where = address_of(host, port)
    number = why.errno if isinstance(why, OSError) else 0
    if number == errno.EADDRNOTAVAIL or isinstance(why, socket.gaierror):
        other = loopback_host()
        hint = f"this machine does not have this address: listen on {other} (--host {other})"
        return ServiceStartError("there is no such address here", where=where, hint=hint)
    if number == errno.EACCES:
        what, hint = "this user may not listen there", "choose a port above 1023, or 0: a free one"
        return ServiceStartError(what, where=where, hint=hint, code="PERMISSION_DENIED")
    holder = next(_holders(port), "") if port else ""
    text = (why.strerror or str(why)) if isinstance(why, OSError) else why
    what = f"the port is already in use by {holder}" if holder else f"cannot listen there: {text}"
    hint = "stop that server, or choose another port (0 takes a free one)"
    code = "ALREADY_EXISTS" if holder else ""
    return ServiceStartError(what, where=where, hint=hint, code=code)


def _bind(family: int, kind: int, protocol: int, address: tuple[object, ...]) -> None:
    with socket.socket(family, kind, protocol) as probe:
        if sys.platform == "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            probe.setsockopt(
                socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
            )  # as gRPC does: not the remains of a closed server
        if family == socket.AF_INET6:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        probe.bind(address)


def _holders(port: int) -> Iterator[str]:
    """Yield the processes that listen on a port, as far as this user may see them."""
    try:
        import psutil
    except ImportError:
        return
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            if (
                connection.status == psutil.CONN_LISTEN
                and connection.laddr[1:2] == (port,)
                and connection.pid
            ):
                name = " ".join(psutil.Process(connection.pid).cmdline()[:4])
                yield f"process {connection.pid} ({name})"

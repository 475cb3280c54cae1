"""Whose program listens at an address of this machine: no secret is sent to another user's."""

from __future__ import annotations

import ipaddress
import os
import struct
from pathlib import Path
from typing import TYPE_CHECKING

from energykit.errors import ServiceUnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["check_listener", "listener_of"]

_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_LISTENS = "0A"
_ROOT = 0


def listener_of(address: str) -> int | None:
    """Return the user whose program listens at a port of loopback; None where it is not known.

    Linux says it of every socket (``proc(5)``). Who listens at just this address comes before who
    listens at all of them; where ``localhost`` has two, another user comes first.

    Parameters
    ----------
    address
        ``127.0.0.1:50051``, ``[::1]:50051``, ``localhost:50051``.
    """
    host, _, port = address.rpartition(":")
    wanted = ["127.0.0.1", "::1"] if host == "localhost" else [host.strip("[]")]
    exact = {ipaddress.ip_address(one) for one in wanted}
    found = list(_listeners(int(port)))
    owners = {user for at, user in found if at in exact}
    owners = owners or {user for at, user in found if at.is_unspecified}
    if not owners:
        return None  # also where a system does not say it; Windows has no numbers of users
    return min(owners - {os.geteuid(), _ROOT} or owners)


def _listeners(port: int) -> Iterator[tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, int]]:
    """Yield the address and the user of each socket that listens at a port."""
    for table in _TABLES:
        lines = table.read_text(encoding="ascii").splitlines()[1:] if table.exists() else []
        for fields in map(str.split, lines):
            at, _, number = fields[1].rpartition(":")
            if fields[3] == _LISTENS and int(number, 16) == port:
                yield _address(at), int(fields[7])


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return an address that the tables write as words of 32 bits in the machine's order."""
    words = [int(text[at : at + 8], 16) for at in range(0, len(text), 8)]
    found = ipaddress.ip_address(struct.pack(f"={len(words)}I", *words))
    return getattr(found, "ipv4_mapped", None) or found


def check_listener(address: str) -> None:
    """Refuse to send a secret, unencrypted, to a program of another user of this machine.

    Parameters
    ----------
    address
        Of loopback.

    Raises
    ------
    energykit.errors.ServiceUnreachableError
        Another user's program listens there.
    """
    owner = listener_of(address)
    if owner is not None and owner not in {os.geteuid(), _ROOT}:
        raise ServiceUnreachableError(
            f"a program of another user ({owner}) listens there, and would be sent a secret",
            where=address,
            hint="start your service at another port, or use TLS",
        )

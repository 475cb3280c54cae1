"""Whose program listens at an address of this machine: no secret is sent to another user's."""

from __future__ import annotations

import ipaddress
import os

from energykit.credentials.socket_table import LISTENS, sockets_at
from energykit.errors import ServiceUnreachableError

__all__ = ["check_listener", "listener_of"]

_ROOT = 0


def listener_of(address: str) -> int | None:
    """Return the user whose program listens at a port of loopback; None where it is not known.

    Who listens at just this address comes before who listens at all of them; where ``localhost``
    has two, another user comes first.

    Parameters
    ----------
    address
        ``127.0.0.1:50051``, ``[::1]:50051``, ``localhost:50051``.
    """
    host, _, port = address.rpartition(":")
    wanted = ["127.0.0.1", "::1"] if host == "localhost" else [host.strip("[]")]
    exact = {ipaddress.ip_address(one) for one in wanted}
    found = [each for each in sockets_at(int(port)) if each.state == LISTENS]
    owners = {each.user for each in found if each.own[0] in exact}
    owners = owners or {each.user for each in found if each.own[0].is_unspecified}
    if not owners:
        return None  # also where a system does not say it; Windows has no numbers of users
    return min(owners - {os.geteuid(), _ROOT} or owners)


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

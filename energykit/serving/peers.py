"""Which user of this machine is at the other end of a connection over loopback.

Linux knows the owner of each socket. It is asked for by netlink (``sock_diag(7)``), for one
connection at a time, or else looked for in the table of all. Other systems do not say it to
everybody.
"""

from __future__ import annotations

import functools
import ipaddress
import os
import socket
import struct
from collections.abc import Callable, Iterator
from typing import TypeAlias
from urllib.parse import unquote

from energykit.credentials.socket_table import ESTABLISHED, sockets_at

__all__ = ["PeerLookup", "find_lookup", "peer_of"]

Address: TypeAlias = tuple[str, int]
"""Address and port."""
PeerLookup: TypeAlias = Callable[[Address, Address], int | None]
"""From the peer's and our own end of a connection to the peer's user id; None: there is no such
connection, or it has ended.
"""

_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY, _REQUEST = 20, 1
_ANY_COOKIE = 0xFFFFFFFF
_DIAG_FIELDS = struct.Struct("=BBBB48xIIIII")  # family, state, …; expires, queues, uid, inode
_NETLINK_HEADER = struct.Struct("=IHHII")
_ANSWER_BYTES, _TIMEOUT_S = 4096, 1.0
_IPV4_BYTES = 4


def peer_of(text: str) -> Address | None:
    """Return address and port of a peer as gRPC writes it; None where it is not of TCP.

    Parameters
    ----------
    text
        Such as ``ipv4:127.0.0.1:43210`` or ``ipv6:%5B::1%5D:43210``.
    """
    family, _, rest = unquote(text).partition(":")
    host, _, port = rest.rpartition(":")
    if family not in {"ipv4", "ipv6"} or not port.isdecimal():
        return None
    address = ipaddress.ip_address(host.strip("[]"))
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address), int(port)


def find_lookup() -> PeerLookup | None:
    """Return a way to find a peer's user that works here, tried on a connection of our own."""
    for lookup in (_ask_kernel, _look_through_table):
        try:
            if _finds_ourselves(lookup):
                return lookup
        except OSError:
            continue
    return None


def _finds_ourselves(lookup: PeerLookup) -> bool:
    family = next(_families())
    host = "127.0.0.1" if family == socket.AF_INET else "::1"
    with socket.socket(family) as listener, socket.socket(family) as client:
        listener.bind((host, 0))
        listener.listen(1)
        client.settimeout(_TIMEOUT_S)
        client.connect(listener.getsockname())
        return lookup(client.getsockname()[:2], listener.getsockname()[:2]) == os.geteuid()


def _families() -> Iterator[socket.AddressFamily]:
    """Yield the families in which loopback can be bound."""
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family) as probe:
                probe.bind((host, 0))
        except OSError:
            continue
        yield family


def _ask_kernel(peer: Address, own: Address) -> int | None:
    """Return the user at the peer's end of one connection, as netlink says it."""
    ends = [_packed(peer[0]), _packed(own[0])]
    family = socket.AF_INET if len(ends[0]) == _IPV4_BYTES else socket.AF_INET6
    request = struct.pack("=BBBBI", family, socket.IPPROTO_TCP, 0, 0, 1 << ESTABLISHED)
    request += struct.pack("!HH", peer[1], own[1])
    request += b"".join(end.ljust(16, b"\0") for end in ends)
    request += struct.pack("=III", 0, _ANY_COOKIE, _ANY_COOKIE)
    size = _NETLINK_HEADER.size + len(request)
    header = _NETLINK_HEADER.pack(size, _SOCK_DIAG_BY_FAMILY, _REQUEST, 0, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as kernel:
        kernel.settimeout(_TIMEOUT_S)
        kernel.send(header + request)
        return _owner_in(kernel.recv(_ANSWER_BYTES))


@functools.lru_cache(maxsize=64)
def _packed(host: str) -> bytes:
    return ipaddress.ip_address(host).packed


def _owner_in(answer: bytes) -> int | None:
    """Return the user in the kernel's answer; None for an error, or a socket that nobody holds."""
    if _NETLINK_HEADER.unpack_from(answer)[1] != _SOCK_DIAG_BY_FAMILY:
        return None
    fields = _DIAG_FIELDS.unpack_from(answer, _NETLINK_HEADER.size)
    state, uid, inode = fields[1], fields[-2], fields[-1]
    return uid if state == ESTABLISHED and inode else None


def _look_through_table(peer: Address, own: Address) -> int | None:
    """Return the user at the peer's end of one connection, as the kernel's table has it."""
    ends = [(ipaddress.ip_address(host), port) for host, port in (peer, own)]
    found = (each for each in sockets_at(peer[1]) if [each.own, each.peer] == ends)
    held = (each.user for each in found if each.state == ESTABLISHED and each.inode)
    return next(held, None)

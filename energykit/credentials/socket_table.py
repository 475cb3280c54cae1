"""TCP sockets of this machine and whose they are, as Linux lists them for everybody (``proc(5)``).

Other systems do not say it to everybody: their table is empty here.
"""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ESTABLISHED", "LISTENS", "End", "TcpSocket", "sockets_at"]

IPAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
End: TypeAlias = tuple[IPAddress, int]
"""Address and port."""

ESTABLISHED, LISTENS = 0x01, 0x0A
_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))


@dataclass(frozen=True)
class TcpSocket:
    """One end of a connection, or a socket that listens."""

    own: End
    """Its own end; an IPv4 address that is written as IPv6 is IPv4 here."""
    peer: End
    """The other end."""
    state: int
    """`ESTABLISHED`, `LISTENS` or another."""
    user: int
    """User id of its owner."""
    inode: int
    """0 where no process holds it any longer."""


def sockets_at(port: int) -> Iterator[TcpSocket]:
    """Yield the sockets whose own end is at a port, those of IPv4 first."""
    suffix = f":{port:04X}"
    for table in _TABLES:
        lines = table.read_text(encoding="ascii").splitlines()[1:] if table.exists() else []
        for fields in map(str.split, lines):
            if fields[1].endswith(suffix):
                state, user, inode = int(fields[3], 16), int(fields[7]), int(fields[9])
                yield TcpSocket(_end(fields[1]), _end(fields[2]), state, user, inode)


def _end(text: str) -> End:
    """Return an end that the tables write as words of 32 bits in the machine's order and a port."""
    address, _, port = text.partition(":")
    words = [int(address[at : at + 8], 16) for at in range(0, len(address), 8)]
    found = ipaddress.ip_address(struct.pack(f"={len(words)}I", *words))
    return getattr(found, "ipv4_mapped", None) or found, int(port, 16)

"""gRPC's English: what the text of a status says where its code does not.

UNAVAILABLE stands for "never connected" and for "the connection broke", and only the text tells
which. The patterns are those of gRPC's C core; a test asks the installed version for each.
"""

from __future__ import annotations

import re

__all__ = [
    "says_broken_connection",
    "says_deadline_passed",
    "says_never_connected",
    "says_unknown_method",
]

_BROKEN = re.compile(
    r"socket closed|cancelling all calls|connection reset|broken pipe|goaway|recvmsg|end of file"
    r"|tcp",
    re.IGNORECASE,
)
_NEVER_CONNECTED = re.compile(
    r"failed to connect|connections to all backends failing|dns resolution failed|errors resolving",
    re.IGNORECASE,
)
_DEADLINE = re.compile(r"^deadline exceeded\b|^$", re.IGNORECASE)
_UNKNOWN_METHOD = re.compile(
    r"(method|service).*(not found|unknown|not implemented|does not implement)"
    r"|unknown (method|service)|unimplemented|does not implement the method|is not implemented"
    r"|NotImplementedError|status: 404|^$",
    re.IGNORECASE,
)


def says_never_connected(details: str) -> bool:
    """Return whether the text of UNAVAILABLE says that no connection came about."""
    return bool(_NEVER_CONNECTED.search(details))


def says_broken_connection(details: str) -> bool:
    """Return whether the text of UNAVAILABLE says that a connection broke during the call."""
    return not says_never_connected(details) and bool(_BROKEN.search(details))


def says_unknown_method(details: str) -> bool:
    """Return whether the text of UNIMPLEMENTED is a server's, rather than a stage's own words.

    Only an explanation for a person depends on it: what is called next does not.
    """
    return bool(_UNKNOWN_METHOD.search(details))


def says_deadline_passed(details: str) -> bool:
    """Return whether the text of DEADLINE_EXCEEDED is gRPC's own, rather than a service's words."""
    return bool(_DEADLINE.search(details))

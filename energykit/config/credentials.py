"""Where the credentials of a service are found: references, never the secrets themselves."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Credentials", "SecretReference", "TlsFiles"]


@dataclass(frozen=True, kw_only=True)
class TlsFiles:
    """Files of an encrypted connection; what is empty is left to the system."""

    ca: str = ""
    """Certificate of the authority that is trusted; empty: those of the system."""
    certificate: str = ""
    """Our own certificate; empty: none is shown."""
    key: str = ""
    """The private key of our certificate."""
    server_name: str = ""
    """Name in the service's certificate; empty: the host of its address."""


@dataclass(frozen=True, kw_only=True)
class SecretReference:
    """Where a secret is found: in an environment variable or in a file."""

    env: str = ""
    """Name of the variable; empty: it is in a file."""
    file: str = ""
    """Path of the file; empty: it is in a variable."""


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What a client needs to be let in by a service."""

    tls: TlsFiles | None = None
    """None: the connection is not encrypted."""
    token: SecretReference | None = None
    """None: no token is sent."""

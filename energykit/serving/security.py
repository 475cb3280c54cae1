"""What keeps a server to those who may call it: certificates, tokens, or the owner's loopback."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc

from energykit.errors import UsageError
from energykit.serving.gate import Gate, OwnerRule, TokenRule, Tokens
from energykit.serving.peers import Address, find_lookup

if TYPE_CHECKING:
    from energykit.config.credentials import SecretReference

__all__ = ["Security", "make_gate", "own_end", "server_credentials"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Security:
    """How callers are told apart; what is empty is not asked for."""

    certificate: str = ""
    """File of the server's certificate (PEM, with those between it and its authority)."""
    key: str = ""
    """File of the certificate's private key (PEM)."""
    client_ca: str = ""
    """File of the authority whose certificates clients must show (PEM)."""
    token: SecretReference | None = None
    """Where the bearer tokens are that clients may show: a file, one a line, or a variable."""
    any_user: bool = False
    """Whether every user of this machine may call over loopback, not only the owner."""

    def __post_init__(self) -> None:
        """Refuse what does not fit together.

        Raises
        ------
        energykit.errors.UsageError
            A certificate without key, a key without certificate, or clients' certificates without
            encryption.
        """
        if bool(self.certificate) != bool(self.key):
            have, lack = ("certificate", "key") if self.certificate else ("key", "certificate")
            raise UsageError(f"a {have} without its {lack}", where="tls", hint=f"name the {lack}")
        if self.client_ca and not self.certificate:
            hint = "name the server's certificate and key"
            raise UsageError(
                "clients can show certificates to a server that has one only",
                where="tls",
                hint=hint,
            )

    @property
    def is_encrypted(self) -> bool:
        """Whether the connection is encrypted."""
        return bool(self.certificate)

    @property
    def is_closed(self) -> bool:
        """Whether it is encrypted and asks who calls: fit for other machines."""
        return self.is_encrypted and bool(self.client_ca or self.token)


def make_gate(
    service: str, security: Security, *, is_loopback: bool
) -> tuple[Gate | None, OwnerRule | None]:
    """Return what stands before the methods of a server, and its rule for users of this machine.

    Parameters
    ----------
    service
        Name for the log.
    security
        What is asked for.
    is_loopback
        Whether only this machine reaches the server.

    Raises
    ------
    energykit.errors.UsageError
        There is no token where one is named.
    """
    if security.token is not None:
        return Gate(service, (TokenRule(Tokens(security.token)),)), None
    if security.client_ca or security.any_user or not is_loopback:
        return None, None
    lookup = find_lookup()
    if lookup is None:
        text = (
            "%s: this system does not say which user a caller is: every account of this machine"
            " can call it (a token, --token-file, keeps others out)"
        )
        logger.warning(text, service)
        return None, None
    rule = OwnerRule(lookup)
    return Gate(service, (rule,)), rule


def own_end(host: str, port: int, peer: Address) -> Address:
    """Return our end of a connection over loopback, from the peer's.

    Parameters
    ----------
    host, port
        What the server listens on.
    peer
        The peer's end.
    """
    if host == "localhost":
        host = "::1" if ":" in peer[0] else "127.0.0.1"
    return host, port


def server_credentials(security: Security) -> grpc.ServerCredentials:
    """Return credentials that follow the files: a certificate that is renewed is used at once.

    Raises
    ------
    energykit.errors.UsageError
        A file cannot be read, or the key does not belong to the certificate.
    """
    files = _CertificateFiles(security)
    renewed: Any = files.renewed  # None is allowed, whatever its types say
    return grpc.dynamic_ssl_server_credentials(
        files.first, renewed, require_client_authentication=bool(security.client_ca)
    )


class _CertificateFiles:
    """The files of a server's certificate, looked at for each new connection."""

    def __init__(self, security: Security) -> None:
        self._security = security
        self._seen = self._look()
        self.first = self._read()
        """The certificate of the start."""

    def renewed(self) -> grpc.ServerCertificateConfiguration | None:
        """Return the certificate if its files have changed; None: go on with the one in use."""
        try:
            now = self._look()
            if now == self._seen:
                return None
            read = self._read()
        except (OSError, UsageError) as exc:
            logger.warning("the renewed certificate is not used: %s", exc)
            return None
        self._seen = now
        logger.info("the certificate %s was renewed and is used", self._security.certificate)
        return read

    def _paths(self) -> list[str]:
        own = self._security
        return [path for path in (own.certificate, own.key, own.client_ca) if path]

    def _look(self) -> list[tuple[int, int]]:
        try:
            return [(s.st_mtime_ns, s.st_ino) for s in map(os.stat, self._paths())]
        except OSError as exc:
            raise _unusable(exc.strerror or str(exc), str(exc.filename)) from exc

    def _read(self) -> grpc.ServerCertificateConfiguration:
        import ssl

        own = self._security
        try:
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=own.client_ca or None)
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(own.certificate, own.key)
        except (OSError, ssl.SSLError) as exc:
            raise _unusable(exc.strerror or str(exc), own.certificate) from exc
        pair = (Path(own.key).read_bytes(), Path(own.certificate).read_bytes())
        roots = Path(own.client_ca).read_bytes() if own.client_ca else None
        return grpc.ssl_server_certificate_configuration([pair], root_certificates=roots)


def _unusable(why: str, where: str) -> UsageError:
    hint = "name PEM files; the key belongs to the certificate"
    return UsageError(f"the certificate cannot be used: {why}", where=where, hint=hint)

"""Why no encrypted connection comes about: gRPC does not say it, OpenSSL does."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from energykit.credentials.tls import make_context

if TYPE_CHECKING:
    from energykit.config.credentials import TlsFiles

__all__ = ["TlsRefusal", "explain_refusal"]

Reason = Literal[
    "expired",
    "not yet valid",
    "other name",
    "other authority",
    "no certificate",
    "certificate refused",
    "not encrypted",
    "not reached",
    "unknown",
]
_EXPIRED, _NOT_YET, _NAMES = 10, 9, {62, 63, 64}  # X509_V_ERR_* of OpenSSL's x509_vfy.h


@dataclass(frozen=True, kw_only=True)
class TlsRefusal:
    """Why no encrypted connection came about."""

    reason: Reason
    """What to tell apart."""
    what: str
    """What happened, as a sentence without a full stop."""
    hint: str
    """What to do next."""


def explain_refusal(address: str, tls: TlsFiles, *, timeout_s: float = 3.0) -> TlsRefusal | None:
    """Say why an encrypted connection does not come about, by making one; None: it does.

    gRPC says "failed to connect" for all of it; OpenSSL says what is the matter.

    Parameters
    ----------
    address
        ``host:port``.
    tls
        The files that the channel uses.
    timeout_s
        How long to wait [s].

    Raises
    ------
    energykit.errors.UsageError
        A file cannot be read.
    """
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    context = make_context(tls)
    try:
        with (
            socket.create_connection((host, int(port)), timeout_s) as plain,
            context.wrap_socket(plain, server_hostname=tls.server_name or host) as connection,
        ):
            # TLS 1.3: whether our certificate is accepted shows with the first byte
            is_closed = not connection.recv(1)
    except ssl.SSLCertVerificationError as exc:
        return _certificate_refusal(exc, tls.server_name or host)
    except ssl.SSLError as exc:
        return _handshake_refusal(exc, tls)
    except OSError as exc:
        return TlsRefusal(
            reason="not reached",
            what=f"no connection came about: {exc.strerror or exc}",
            hint="is the service started? compare host and port",
        )
    return _caller_refusal(tls) if is_closed else None


def _caller_refusal(tls: TlsFiles) -> TlsRefusal:
    """Say why a service ends a connection that it has encrypted: our certificate."""
    if not tls.certificate:
        what = "the service asks for a certificate, and none is shown"
        hint = "set tls.certificate and tls.key"
        return TlsRefusal(reason="no certificate", what=what, hint=hint)
    hint = "use one of the authority that the service trusts, and look at its dates"
    return TlsRefusal(
        reason="certificate refused", what="the service does not accept our certificate", hint=hint
    )


def _certificate_refusal(exc: ssl.SSLCertVerificationError, name: str) -> TlsRefusal:
    code, text = exc.verify_code, exc.verify_message
    if code == _EXPIRED:
        hint = "renew it: energykit certs FOLDER NAME; a running service takes the new one"
        return TlsRefusal(reason="expired", what="the service's certificate has expired", hint=hint)
    if code == _NOT_YET:
        what = "the service's certificate is not valid yet"
        return TlsRefusal(
            reason="not yet valid", what=what, hint="compare the clocks of both machines"
        )
    if code in _NAMES:
        what = f"the service's certificate is for another name than {name!r}"
        hint = "call the service by a name of its certificate, or set tls.server_name"
        return TlsRefusal(reason="other name", what=what, hint=hint)
    what = f"the service's certificate is from an authority that is not trusted here: {text}"
    hint = "set tls.ca to the certificate of the service's authority (ca.pem)"
    return TlsRefusal(reason="other authority", what=what, hint=hint)


def _handshake_refusal(exc: ssl.SSLError, tls: TlsFiles) -> TlsRefusal:
    reason = (exc.reason or str(exc)).upper().replace(" ", "_")
    if "ALERT" in reason:
        return _caller_refusal(tls)
    if "WRONG_VERSION_NUMBER" in reason or "RECORD_LAYER" in reason:
        what, hint = "what answers there does not speak TLS", "remove tls from the registry's entry"
        return TlsRefusal(reason="not encrypted", what=what, hint=hint)
    what = f"the encrypted connection failed: {exc.reason or exc}"
    return TlsRefusal(reason="unknown", what=what, hint="look at the service's log")

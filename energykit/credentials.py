"""What a client shows to a service, and why a service does not let it in.

A configuration names files and environment variables (`energykit.config.Credentials`); here they
are read, when a channel is opened (certificates) or a call is made (tokens), and nowhere kept.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import grpc

from energykit.config.credentials import Credentials, SecretReference, TlsFiles
from energykit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "TlsRefusal",
    "credentials_from_environment",
    "explain_refusal",
    "open_channel",
    "read_secret",
]

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
_LONGEST_TOKEN = 8192


@dataclass(frozen=True, kw_only=True)
class TlsRefusal:
    """Why no encrypted connection came about."""

    reason: Reason
    """What to tell apart."""
    what: str
    """What happened, as a sentence without a full stop."""
    hint: str
    """What to do next."""


class _Token(grpc.AuthMetadataPlugin):
    """Adds the bearer token to each call; it is read each time, so a new one counts at once."""

    def __init__(self, reference: SecretReference) -> None:
        self._reference = reference

    def __call__(
        self,
        context: grpc.AuthMetadataContext,
        callback: grpc.AuthMetadataPluginCallback,
    ) -> None:
        """Hand over the header."""
        try:
            header = ("authorization", f"Bearer {read_secret(self._reference)}")
        except UsageError as exc:
            callback((), exc)
        else:
            callback((header,), None)


def open_channel(
    target: str,
    credentials: Credentials | None = None,
    *,
    options: Sequence[tuple[str, int | str]] = (),
) -> grpc.Channel:
    """Open a channel that shows what the credentials name; without any, a plain one.

    Parameters
    ----------
    target
        What gRPC is to call: ``host:port``, or a list of literal addresses.
    credentials
        Where certificates and token are found.
    options
        Of the channel.

    Raises
    ------
    energykit.errors.UsageError
        A file or variable cannot be read, or a token would leave this machine unencrypted.
    """
    options = [("grpc.enable_http_proxy", 0), *options]
    if credentials is None or (credentials.tls is None and credentials.token is None):
        return grpc.insecure_channel(target, options=options)
    if credentials.token is not None:
        read_secret(credentials.token)  # what is missing is said before the first call
    if credentials.tls is None:
        return grpc.secure_channel(target, _local(target, credentials), options=options)
    if credentials.tls.server_name:
        options.append(("grpc.ssl_target_name_override", credentials.tls.server_name))
    channel = _with_token(_ssl(credentials.tls), credentials.token)
    return grpc.secure_channel(target, channel, options=options)


def read_secret(reference: SecretReference) -> str:
    """Return the secret that a reference leads to; it is in no text of an error.

    Raises
    ------
    energykit.errors.UsageError
        The variable is not set, the file cannot be read, or what is there cannot be a token.
    """
    where = f"${reference.env}" if reference.env else reference.file
    secret = os.environ.get(reference.env, "") if reference.env else _read(reference.file).decode()
    secret = secret.strip().partition("\n")[0].strip()
    if not secret:
        hint = f"export {reference.env}=…" if reference.env else "write the token into the file"
        raise UsageError("there is no token", where=where, hint=hint)
    if not secret.isascii() or not secret.isprintable() or len(secret) > _LONGEST_TOKEN:
        hint = f"use printable ASCII, at most {_LONGEST_TOKEN} characters"
        raise UsageError("what is there cannot be a token", where=where, hint=hint)
    return secret


def credentials_from_environment(values: Mapping[str, str] = os.environ) -> Credentials | None:
    """Return what the environment names; None where it names nothing.

    Parameters
    ----------
    values
        ``ENERGYKIT_TLS_CA``, ``ENERGYKIT_TLS_CERTIFICATE``, ``ENERGYKIT_TLS_KEY``,
        ``ENERGYKIT_TLS_SERVER_NAME``: files, and the name in the service's certificate;
        ``ENERGYKIT_TOKEN_FILE``: a file, or ``ENERGYKIT_TOKEN``: the token itself.
    """
    names = ("ca", "certificate", "key", "server_name")
    files = {name: values.get(f"ENERGYKIT_TLS_{name.upper()}", "") for name in names}
    token = None
    if values.get("ENERGYKIT_TOKEN_FILE"):
        token = SecretReference(file=values["ENERGYKIT_TOKEN_FILE"])
    elif values.get("ENERGYKIT_TOKEN"):
        token = SecretReference(env="ENERGYKIT_TOKEN")
    tls = TlsFiles(**files) if any(files.values()) else None
    return Credentials(tls=tls, token=token) if tls or token else None


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
    context = _context(tls)
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


def _context(tls: TlsFiles) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=tls.ca or None)
        if tls.certificate:
            context.load_cert_chain(tls.certificate, tls.key)
    except (OSError, ssl.SSLError) as exc:
        where = tls.certificate or tls.ca
        raise UsageError(
            f"the certificate cannot be used: {exc.strerror or exc}",
            where=where,
            hint="name PEM files; the key belongs to the certificate",
        ) from exc
    context.set_alpn_protocols(["h2"])
    return context


def _ssl(tls: TlsFiles) -> grpc.ChannelCredentials:
    _context(tls)  # gRPC does not say which file is wrong
    return grpc.ssl_channel_credentials(
        root_certificates=_read(tls.ca) if tls.ca else None,
        private_key=_read(tls.key) if tls.key else None,
        certificate_chain=_read(tls.certificate) if tls.certificate else None,
    )


def _local(target: str, credentials: Credentials) -> grpc.ChannelCredentials:
    """Return credentials for a token without encryption: on this machine alone."""
    host = target.rpartition(":")[0].strip("[]")
    if not _is_loopback(host):
        raise UsageError(
            "the token would leave this machine unencrypted",
            where=target,
            hint='add "tls": {} (or its files) to the registry\'s entry',
        )
    local = grpc.local_channel_credentials(grpc.LocalConnectionType.LOCAL_TCP)
    return _with_token(local, credentials.token)


def _with_token(
    channel: grpc.ChannelCredentials, token: SecretReference | None
) -> grpc.ChannelCredentials:
    if token is None:
        return channel
    call = grpc.metadata_call_credentials(_Token(token), name="token")
    return grpc.composite_channel_credentials(channel, call)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as exc:
        hint = "check the path in the registry's entry, and who may read the file"
        raise UsageError(f"cannot be read: {exc.strerror}", where=path, hint=hint) from exc

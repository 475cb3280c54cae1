"""Certificates of a client, checked by OpenSSL, which says what is wrong with a file."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import grpc

from energykit.credentials.secret import read_file
from energykit.errors import UsageError

if TYPE_CHECKING:
    from energykit.config.credentials import TlsFiles

__all__ = ["make_context", "tls_credentials"]


def make_context(tls: TlsFiles) -> ssl.SSLContext:
    """Return OpenSSL's context of a client.

    Raises
    ------
    energykit.errors.UsageError
        A file cannot be read, or the key does not belong to the certificate.
    """
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


def tls_credentials(tls: TlsFiles) -> grpc.ChannelCredentials:
    """Return gRPC's credentials for an encrypted channel.

    Raises
    ------
    energykit.errors.UsageError
        A file cannot be read, or the key does not belong to the certificate.
    """
    make_context(tls)  # gRPC does not say which file is wrong
    return grpc.ssl_channel_credentials(
        root_certificates=read_file(tls.ca) if tls.ca else None,
        private_key=read_file(tls.key) if tls.key else None,
        certificate_chain=read_file(tls.certificate) if tls.certificate else None,
    )

"""Channels that show what a configuration's credentials name."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

import grpc

from energykit.credentials.listener import check_listener
from energykit.credentials.secret import read_secret
from energykit.credentials.tls import tls_credentials
from energykit.errors import EnergykitError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from energykit.config.credentials import Credentials, SecretReference

__all__ = ["FLOW", "is_loopback", "open_channel"]


_MOST_OF_A_STATUS = 1 << 20
"""Headers and the text of a status [bytes]: above 8 KiB gRPC's own limits turn a growing share of
the answers, above 16 KiB all, into RESOURCE_EXHAUSTED without the service's code and words."""
FLOW: tuple[tuple[str, int], ...] = (
    ("grpc.http2.bdp_probe", 0),
    ("grpc.http2.lookahead_bytes", 4 << 20),
)
"""How much may be on the way to whoever is slower: always 4 MiB. gRPC's own probe widens that to
more than 64 MB where the receiver writes to a disk, and is no faster."""
_OPTIONS: tuple[tuple[str, int | str], ...] = (
    ("grpc.enable_http_proxy", 0),
    ("grpc.max_metadata_size", _MOST_OF_A_STATUS),
    ("grpc.absolute_max_metadata_size", _MOST_OF_A_STATUS),
    *FLOW,
)


class _Token(grpc.AuthMetadataPlugin):
    """Adds the bearer token to each call; it is read each time, so a new one counts at once.

    Parameters
    ----------
    reference
        Where it is found.
    bare
        The address of this machine that it is sent to unencrypted; empty: it is encrypted.
    """

    def __init__(self, reference: SecretReference, bare: str) -> None:
        self._reference = reference
        self._bare = bare

    def __call__(
        self,
        context: grpc.AuthMetadataContext,
        callback: grpc.AuthMetadataPluginCallback,
    ) -> None:
        """Hand over the header."""
        try:
            if self._bare:
                check_listener(self._bare)
            header = ("authorization", f"Bearer {read_secret(self._reference)}")
        except EnergykitError as exc:
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
    options = [*_OPTIONS, *options]
    if credentials is None or (credentials.tls is None and credentials.token is None):
        return grpc.insecure_channel(target, options=options)
    if credentials.token is not None:
        read_secret(credentials.token)  # what is missing is said before the first call
    if credentials.tls is None:
        return grpc.secure_channel(target, _local(target, credentials), options=options)
    if credentials.tls.server_name:
        options.append(("grpc.ssl_target_name_override", credentials.tls.server_name))
    channel = _with_token(tls_credentials(credentials.tls), credentials.token)
    return grpc.secure_channel(target, channel, options=options)


def _local(target: str, credentials: Credentials) -> grpc.ChannelCredentials:
    """Return credentials for a token without encryption: on this machine alone."""
    host = target.rpartition(":")[0].strip("[]")
    if not is_loopback(host):
        raise UsageError(
            "the token would leave this machine unencrypted",
            where=target,
            hint='add "tls": {} (or its files) to the registry\'s entry',
        )
    local = grpc.local_channel_credentials(grpc.LocalConnectionType.LOCAL_TCP)
    return _with_token(local, credentials.token, bare=target)


def _with_token(
    channel: grpc.ChannelCredentials, token: SecretReference | None, *, bare: str = ""
) -> grpc.ChannelCredentials:
    if token is None:
        return channel
    call = grpc.metadata_call_credentials(_Token(token, bare), name="token")
    return grpc.composite_channel_credentials(channel, call)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a host name or address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

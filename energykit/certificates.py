"""A class-room authority: certificates for services and callers that trust each other alone.

The certificates are made by trustme. For a service that the world reaches, use those of a public
authority or of your institution instead.
"""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.artifacts import replace_file
from energykit.errors import MissingPackageError, UsageError
from energykit.private_folder import make_private_folder

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Certificate", "issue_certificates"]

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PRIVATE = 0o600


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """A certificate and its key, as files."""

    name: str
    """Whom it is for."""
    certificate: Path
    """PEM file."""
    key: Path
    """PEM file that its owner alone may read."""
    ends: dt.datetime
    """When it expires, in UTC."""


def issue_certificates(
    folder: str | os.PathLike[str], names: Iterable[str], *, days: int = 365
) -> tuple[Certificate, ...]:
    """Issue a certificate for each name, from the authority in a folder; it is made if missing.

    The folder gets ``ca.pem`` (to be given to whoever connects), ``ca.key`` (to be given to
    nobody), and ``NAME.pem`` and ``NAME.key`` for each name. A certificate is for its name and for
    ``localhost``, both as a service and as a caller; issuing it again renews it.

    Parameters
    ----------
    folder
        Where the files go.
    names
        Host names, services of a compose file, addresses, or names of people.
    days
        How long the certificates are valid [d].

    Raises
    ------
    energykit.errors.MissingPackageError
        trustme is not installed.
    energykit.errors.UsageError
        A name cannot name a file, `days` is not positive, or the folder cannot be used or is
        another user's.
    """
    place, wanted = Path(folder), tuple(dict.fromkeys(names))
    for name in wanted:
        if not name or name in {"ca", ".", ".."} or set(name) & set("/\\\0 "):
            raise UsageError(f"{name!r} cannot name a certificate", where="certs", hint="a host")
    if days < 1:
        raise UsageError(f"{days} days is not a validity", where="days", hint="at least 1")
    try:
        make_private_folder(place)
        authority = _open_authority(place)
        return tuple(_issue(authority, place, name, days) for name in wanted)
    except OSError as exc:
        raise UsageError(
            f"cannot be written: {exc.strerror}", where=str(exc.filename or place), hint=""
        ) from exc


def _open_authority(folder: Path) -> Any:
    try:
        import trustme
    except ImportError:
        raise MissingPackageError(
            "trustme", extra="tls", needed_for="a class-room authority"
        ) from None
    certificate, key = folder / "ca.pem", folder / "ca.key"
    if certificate.exists() and key.exists():
        return trustme.CA.from_pem(certificate.read_bytes(), key.read_bytes())
    authority = trustme.CA(organization_name="energykit class-room authority")
    _write_private(key, authority.private_key_pem.bytes())
    _write(certificate, authority.cert_pem.bytes())
    return authority


def _issue(authority: Any, folder: Path, name: str, days: int) -> Certificate:
    ends = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(days=days)
    names = tuple(dict.fromkeys((name, *_LOOPBACK)))
    issued = authority.issue_cert(*names, common_name=name, not_after=ends)
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    _write_private(key, issued.private_key_pem.bytes())
    _write(certificate, b"".join(part.bytes() for part in issued.cert_chain_pems))
    return Certificate(name=name, certificate=certificate, key=key, ends=ends)


def _write_private(path: Path, data: bytes) -> None:
    """Write a file that its owner alone may read, also while it is written."""
    if path.exists():
        path.chmod(_PRIVATE)  # what replaces it keeps its permissions
    else:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE))
    _write(path, data)


def _write(path: Path, data: bytes) -> None:
    with replace_file(path) as file:
        file.write(data)

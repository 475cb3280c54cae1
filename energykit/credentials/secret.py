"""Where tokens are found: in a file or in the environment, never in a configuration."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from energykit.config.credentials import Credentials, SecretReference, TlsFiles
from energykit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["credentials_from_environment", "read_file", "read_secret"]

_LONGEST_TOKEN = 8192


def read_secret(reference: SecretReference) -> str:
    """Return the secret that a reference leads to; it is in no text of an error.

    Raises
    ------
    energykit.errors.UsageError
        The variable is not set, the file cannot be read, or what is there cannot be a token.
    """
    where = f"${reference.env}" if reference.env else reference.file
    secret = (
        os.environ.get(reference.env, "") if reference.env else read_file(reference.file).decode()
    )
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


def read_file(path: str) -> bytes:
    """Return a file that a registry's entry names.

    Raises
    ------
    energykit.errors.UsageError
        It cannot be read.
    """
    try:
        return Path(path).read_bytes()
    except OSError as exc:
        hint = "check the path in the registry's entry, and who may read the file"
        raise UsageError(f"cannot be read: {exc.strerror}", where=path, hint=hint) from exc

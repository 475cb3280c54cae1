"""Secrets in parameters: named by reference, resolved for a call, masked after it.

``{"$env": "NAME"}`` stands for an environment variable of the client, ``{"$file": "path"}`` for the
text of a file (without the line end at its end). Records and logs keep the reference.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from energykit.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from energykit.masking import Secrets

__all__ = ["resolve", "secret_places"]

_FORMS = ("$env", "$file")


def resolve(parameters: Any, secrets: Secrets, *, folder: Path, where: str) -> Any:
    """Return parameters with every reference replaced by what it stands for.

    Parameters
    ----------
    parameters
        As the configuration says.
    secrets
        Learns every value.
    folder
        What a relative path in ``$file`` starts from: the configuration's folder.
    where
        The stage and the parameter, for errors.

    Raises
    ------
    energykit.errors.UsageError
        A variable is not set, or a file cannot be read.
    """
    if not isinstance(parameters, Mapping):
        if isinstance(parameters, list | tuple):
            return [resolve(part, secrets, folder=folder, where=where) for part in parameters]
        return parameters
    if _is_reference(parameters):
        form = next(iter(parameters))
        value = _look_up(form, parameters[form], folder, where)
        secrets.add(value)
        return value
    return {
        name: resolve(part, secrets, folder=folder, where=f"{where}.{name}")
        for name, part in parameters.items()
    }


def _is_reference(parameters: Mapping[str, Any]) -> bool:
    return len(parameters) == 1 and next(iter(parameters)) in _FORMS


def secret_places(parameters: Any) -> list[list[str | int]]:
    """Return where the references are: the keys and places that lead to each."""
    if isinstance(parameters, Mapping):
        if _is_reference(parameters):
            return [[]]
        parts = list(parameters.items())
    elif isinstance(parameters, list | tuple):
        parts = list(enumerate(parameters))
    else:
        return []
    return [[key, *rest] for key, part in parts for rest in secret_places(part)]


def _look_up(form: str, name: object, folder: Path, where: str) -> str:
    if not isinstance(name, str) or not name:
        raise UsageError(f"{form!r} needs a name, not {name!r}", where=where)
    if form == "$env":
        if (value := os.environ.get(name)) is None:
            hint = f"set it before the run: export {name}=…"
            raise UsageError(
                f"the environment variable {name!r} is not set", where=where, hint=hint
            )
        return _check_text(value, where, f"the environment variable {name!r}")
    try:
        return (folder / name).read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
    except (OSError, ValueError) as exc:
        what = getattr(exc, "strerror", None) or "it is not text in UTF-8"
        hint = "write the secret to that file, readable by you only"
        raise UsageError(
            f"the file {str(folder / name)!r} cannot be read: {what}", where=where, hint=hint
        ) from None  # an error of decoding holds the bytes


def _check_text(value: str, where: str, what: str) -> str:
    """Return a value that can be sent; how it looks is not said."""
    try:
        value.encode()
    except UnicodeEncodeError:
        hint = "parameters are text in UTF-8"
        raise UsageError(f"{what} is not text in UTF-8", where=where, hint=hint) from None
    return value

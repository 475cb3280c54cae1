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

    from google.protobuf.message import Message

__all__ = ["MASK", "Secrets", "resolve"]

MASK = "***"
"""Stands where a secret stood."""
_SHORTEST = 4
"""A shorter value is not looked for in texts: it would be found everywhere [characters]."""
_FORMS = ("$env", "$file")


class Secrets:
    """The values of one call that no record and no log may show."""

    def __init__(self) -> None:
        self._values: set[str] = set()

    def add(self, value: str) -> None:
        """Mask a value from now on."""
        if len(value) >= _SHORTEST:
            self._values.add(value)

    def mask(self, text: str) -> str:
        """Return a text with every secret masked, the longest first."""
        for value in sorted(self._values, key=len, reverse=True):
            text = text.replace(value, MASK)
        return text

    def mask_message(self, message: Message) -> bool:
        """Mask every text in a message; return whether there was something to mask."""
        changed = [self._mask_field(message, *found) for found in message.ListFields()]
        return True in changed

    def _mask_field(self, message: Any, field: Any, value: Any) -> bool:
        if field.type == field.TYPE_MESSAGE:
            parts = value if field.is_repeated else [value]
            changed = [self.mask_message(part) for part in parts]
            return True in changed
        if field.type != field.TYPE_STRING:
            return False
        if field.is_repeated:
            masked = [self.mask(text) for text in value]
            is_changed = masked != list(value)
            value[:] = masked
            return is_changed
        setattr(message, field.name, self.mask(value))
        return bool(getattr(message, field.name) != value)

    def __bool__(self) -> bool:
        """Whether there is anything to mask."""
        return bool(self._values)


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
    form = next(iter(parameters), "")
    if len(parameters) == 1 and form in _FORMS:
        value = _look_up(form, parameters[form], folder, where)
        secrets.add(value)
        return value
    return {
        name: resolve(part, secrets, folder=folder, where=f"{where}.{name}")
        for name, part in parameters.items()
    }


def _look_up(form: str, name: object, folder: Path, where: str) -> str:
    if not isinstance(name, str) or not name:
        raise UsageError(f"{form!r} needs a name, not {name!r}", where=where)
    if form == "$env":
        if (value := os.environ.get(name)) is None:
            hint = f"set it before the run: export {name}=…"
            raise UsageError(
                f"the environment variable {name!r} is not set", where=where, hint=hint
            )
        return value
    try:
        return (folder / name).read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
    except (OSError, ValueError) as exc:
        what = getattr(exc, "strerror", None) or "it is not text in UTF-8"
        hint = "write the secret to that file, readable by you only"
        raise UsageError(
            f"the file {str(folder / name)!r} cannot be read: {what}", where=where, hint=hint
        ) from exc

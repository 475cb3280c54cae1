"""Values that no text may show: each is replaced by ``***``, also as other programs write it."""

from __future__ import annotations

import base64
import json
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from google.protobuf.message import Message

__all__ = ["MASK", "Metadata", "Secrets", "hide", "hiding", "secret_header", "secrets_in"]

Metadata: TypeAlias = tuple[tuple[str, str | bytes], ...]
"""Headers of a gRPC call: names and values."""
MASK = "***"
"""Stands where a secret stood."""
_SHORTEST = 4
"""A shorter value is not looked for in texts: it would be found everywhere [characters]."""
_SHORTEST_LINE = 12
"""The same for a line of a value of several lines, such as a key's [characters]."""
_FRAME = "-----"
_HEADER = "energykit-secrets-bin"
"""gRPC metadata that says which parameters are secrets: a service masks them in its log, too."""


class Secrets:
    """The values of one call that no record and no log may show."""

    def __init__(self) -> None:
        self._values: set[str] = set()

    def add(self, value: str) -> None:
        """Mask a value from now on, also escaped or encoded, and each longer line of it."""
        lines = [line for line in value.splitlines() if not line.startswith(_FRAME)]
        found = {form for line in lines if len(line) >= _SHORTEST_LINE for form in _forms(line)}
        self._values |= {one for one in _forms(value) | found if len(one) >= _SHORTEST}

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


def _forms(value: str) -> set[str]:
    """Return a value as it stands in a text, in Python, in JSON, in an address, and in base64."""
    data = value.encode("utf-8", "surrogateescape")
    inside = {
        repr(value)[1:-1],
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
    }
    encoded = base64.b64encode(data).decode().rstrip("=")
    return {value, *inside, quote(data), quote(data, safe=""), quote_plus(data), encoded}


_hidden: ContextVar[Secrets | None] = ContextVar("hidden", default=None)


@contextmanager
def hiding(secrets: Secrets) -> Iterator[None]:
    """Let `hide` mask these secrets in this block."""
    before = _hidden.set(secrets)
    try:
        yield
    finally:
        _hidden.reset(before)


def hide(text: str) -> str:
    """Return a text without the secrets of the block that this is called in."""
    secrets = _hidden.get()
    return secrets.mask(text) if secrets else text


def secret_header(places: Sequence[Sequence[str | int]]) -> Metadata:
    """Return gRPC metadata that says where the secrets of a request's parameters are.

    Parameters
    ----------
    places
        The keys, and the places in lists, that lead to each; none: nothing is sent.
    """
    return ((_HEADER, json.dumps(places).encode()),) if places else ()


def secrets_in(parameters: Message, headers: Iterable[tuple[str, str | bytes]]) -> Secrets:
    """Return the secrets of a request, as its metadata names them.

    Parameters
    ----------
    parameters
        Of the request, a Struct.
    headers
        What came with it; places that lead nowhere are passed over.
    """
    secrets = Secrets()
    value = next((value for name, value in headers if name == _HEADER), None)
    if value is not None:
        with suppress(ValueError, TypeError):
            for place in json.loads(value):
                secrets.add(_follow(parameters, place))
    return secrets


def _follow(parameters: Any, place: Sequence[str | int]) -> str:
    """Return the text at a place of a Struct; empty where there is none."""
    found, parts = None, dict(parameters.fields)
    for key in place:
        found = parts.get(key)
        if found is None:
            break
        is_list = found.WhichOneof("kind") == "list_value"
        inner = enumerate(found.list_value.values) if is_list else found.struct_value.fields.items()
        parts = dict(inner)
    return str(found.string_value) if found is not None else ""

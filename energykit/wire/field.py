"""The wire format of protobuf, read field by field, for people who want to see the bytes.

Encoding: https://protobuf.dev/programming-guides/encoding/. This reader is for looking;
programs use the protobuf runtime.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from energykit.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.descriptor import Descriptor, FieldDescriptor
    from google.protobuf.message import Message

__all__ = ["WIRE_TYPES", "WireField", "dissect", "dissect_message"]

WIRE_TYPES = {0: "VARINT", 1: "I64", 2: "LEN", 3: "SGROUP", 4: "EGROUP", 5: "I32"}
"""Names of the wire types, as protobuf's own documentation has them."""
_MAX_VARINT_BYTES = 10
_MAX_DEPTH = 100
_MAX_FIELD_NUMBER = (1 << 29) - 1
_FIXED = {1: 8, 5: 4}
_LEN = 2


@dataclass(frozen=True, kw_only=True)
class WireField:
    """One field as it stands on the wire."""

    offset: int
    """Where its tag starts, from the start of the whole message [byte]."""
    number: int
    """Field number."""
    wire_type: str
    """One of `WIRE_TYPES`."""
    tag: bytes
    """Field number and wire type, as a varint."""
    length: bytes
    """The length, as a varint; empty unless the wire type is ``LEN``."""
    payload: bytes
    """The value's bytes."""
    name: str
    """Name in the .proto; empty where the number is unknown to it."""
    value: str
    """The value for a person, read as the .proto says or, without one, as it looks."""
    children: tuple[WireField, ...] = ()
    """Fields of an embedded message."""

    @property
    def data(self) -> bytes:
        """All bytes of the field."""
        return self.tag + self.length + self.payload


def dissect_message(message: Message) -> tuple[WireField, ...]:
    """Return the fields of a message as it would go over the wire."""
    return dissect(
        message.SerializeToString(deterministic=True), cast("Descriptor", message.DESCRIPTOR)
    )


def dissect(data: bytes, descriptor: Descriptor | None = None) -> tuple[WireField, ...]:
    """Return the fields that stand in serialised bytes.

    Parameters
    ----------
    data
        A serialised message.
    descriptor
        Its type, which gives names and readings; without it numbers stand alone and values are
        guessed.

    Raises
    ------
    energykit.errors.ArtifactError
        The bytes are not a protobuf message; `where` names the byte.
    """
    return tuple(_fields(data, descriptor, offset=0, depth=0))


def _fields(
    data: bytes, descriptor: Descriptor | None, *, offset: int, depth: int
) -> Iterator[WireField]:
    at = 0
    while at < len(data):
        field, at = _field(data, at, descriptor, offset=offset, depth=depth)
        yield field


def _field(
    data: bytes, start: int, descriptor: Descriptor | None, *, offset: int, depth: int
) -> tuple[WireField, int]:
    """Return the field that starts at a byte, and the byte behind it."""
    key, at = _varint(data, start, offset)
    number, wire_type = key >> 3, key & 7
    if not 0 < number <= _MAX_FIELD_NUMBER or wire_type not in (0, *_FIXED, _LEN):
        raise _broken(f"no field starts with {data[start:at].hex()!r}", offset + start)
    first, end = _payload_bounds(data, at, wire_type, offset)
    if end > len(data):
        what = f"field {number} wants {end - first} bytes, {len(data) - first} are left"
        raise _broken(what, offset + first)
    payload = data[first:end]
    known = descriptor.fields_by_number.get(number) if descriptor else None
    is_typed = descriptor is not None
    children = _children(
        payload, wire_type, known, offset=offset + first, depth=depth, typed=is_typed
    )
    field = WireField(
        offset=offset + start,
        number=number,
        wire_type=WIRE_TYPES[wire_type],
        tag=data[start:at],
        length=data[at:first],
        payload=payload,
        name=known.name if known else "",
        value=f"{{{len(children)} fields}}" if children else _value(payload, wire_type, known),
        children=children,
    )
    return field, end


def _payload_bounds(data: bytes, at: int, wire_type: int, offset: int) -> tuple[int, int]:
    """Return where a field's value starts and ends, from the byte behind its tag."""
    if wire_type == _LEN:
        size, first = _varint(data, at, offset)
        return first, first + size
    return at, _varint(data, at, offset)[1] if wire_type == 0 else at + _FIXED[wire_type]


def _varint(data: bytes, at: int, offset: int) -> tuple[int, int]:
    value = 0
    for place, byte in enumerate(data[at : at + _MAX_VARINT_BYTES]):
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:  # the high bit says that another byte follows
            return value, at + place + 1
    raise _broken("a varint does not end", offset + at)


def _broken(what: str, at: int) -> ArtifactError:
    return ArtifactError(
        what, where=f"byte {at}", hint="these bytes are not a protobuf message", code="DATA_LOSS"
    )


def _children(
    payload: bytes,
    wire_type: int,
    known: FieldDescriptor | None,
    *,
    offset: int,
    depth: int,
    typed: bool,
) -> tuple[WireField, ...]:
    """Return the fields of an embedded message: by the .proto, or by its looks without one."""
    if wire_type != _LEN or depth >= _MAX_DEPTH or not payload:
        return ()
    if known is not None:
        inner = known.message_type
        return tuple(_fields(payload, inner, offset=offset, depth=depth + 1)) if inner else ()
    if typed or _is_text(payload):
        return ()
    try:
        return tuple(_fields(payload, None, offset=offset, depth=depth + 1))
    except ArtifactError:
        return ()  # then it is bytes


def _is_text(payload: bytes) -> bool:
    try:
        return payload.decode("utf-8").isprintable()
    except UnicodeDecodeError:
        return False


def _value(payload: bytes, wire_type: int, known: FieldDescriptor | None) -> str:
    if wire_type == _LEN:
        return _len_value(payload, known)
    if wire_type == 0:
        return _varint_value(_varint(payload, 0, 0)[0], known)
    return _fixed_value(payload, known)


def _len_value(payload: bytes, known: FieldDescriptor | None) -> str:
    if known is not None and known.message_type:
        return "{0 fields}"
    wants_text = known is not None and known.type == known.TYPE_STRING
    return (
        repr(payload.decode("utf-8"))
        if (wants_text or known is None) and _is_text(payload)
        else payload.hex(" ")
    )


def _varint_value(value: int, known: FieldDescriptor | None) -> str:
    if known is None:
        return str(value)
    if known.type == known.TYPE_BOOL:
        return str(bool(value)).lower()
    if known.type in (known.TYPE_SINT32, known.TYPE_SINT64):
        return str((value >> 1) ^ -(value & 1))  # zigzag
    is_signed = known.type in (known.TYPE_INT32, known.TYPE_INT64)
    return str(value - (1 << 64) if is_signed and value >> 63 else value)


def _fixed_value(payload: bytes, known: FieldDescriptor | None) -> str:
    letter = "d" if len(payload) == _FIXED[1] else "f"
    if known is not None and known.type not in (known.TYPE_DOUBLE, known.TYPE_FLOAT):
        is_signed = known.type in (known.TYPE_SFIXED32, known.TYPE_SFIXED64)
        return str(int.from_bytes(payload, "little", signed=is_signed))
    (number,) = struct.unpack(f"<{letter}", payload)
    return f"{number:.7g}" if letter == "f" else repr(number)

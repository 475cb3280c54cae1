"""Check of notebook 02: a field added so that old readers and old writers keep working."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from energykit.exercises.silence import silence_stderr
from energykit.exercises.verdict import Verdict, right, wrong
from energykit.protoc import ProtoError, compile_proto

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor, FieldDescriptor

__all__ = ["check_new_field"]

_CASES = 20


@silence_stderr()
def check_new_field(
    old: str, new: object, *, message: str = "Reading", field: str | None = None, seed: int = 0
) -> Verdict:
    """Check that a new version of a message adds a field and is compatible with the old both ways.

    Parameters
    ----------
    old, new
        .proto texts; the new one is the learner's.
    message
        Name of the message in both.
    field
        Name of the new field, which holds one number with decimals; None: any field.
    seed
        Of the values that are written with one version and read with the other.
    """
    if not isinstance(new, str):
        return wrong(f"the new version is {new!r}, not a text", "write a .proto, as the old one")
    try:
        before = compile_proto(old, "before").messages
        after = compile_proto(new, "after").messages
    except ProtoError as exc:
        return wrong(f"protoc refuses it: {exc.what} ({exc.where})", "fix that line first")
    if message not in after.DESCRIPTOR.message_types_by_name:
        return wrong(f"message {message} is gone", "old programs ask for it by name: keep it")
    old_type, new_type = getattr(before, message), getattr(after, message)
    changed = _changed_field(old_type.DESCRIPTOR, new_type.DESCRIPTOR, field)
    return _exchanged(old_type, new_type, seed) if changed is None else changed


def _changed_field(old: Descriptor, new: Descriptor, wanted: str | None) -> Verdict | None:
    for name, field in old.fields_by_name.items():
        kept = new.fields_by_name.get(name)
        if kept is None:
            return wrong(
                f"field {name} is gone or has another name",
                "an old reader would find its default there",
            )
        if kept.number != field.number:
            return wrong(
                f"field {name} was {field.number} and is {kept.number}",
                "the number is the field on the wire",
            )
        if (kept.type, kept.is_repeated) != (field.type, field.is_repeated):
            return wrong(
                f"field {name} has another type", "old bytes would be read as something else"
            )
    if set(new.fields_by_name) == set(old.fields_by_name):
        return wrong("there is no new field yet", "add a line with a number that no field has had")
    return None if wanted is None else _misfit(new, wanted)


def _misfit(new: Descriptor, wanted: str) -> Verdict | None:
    """Return why the new field cannot hold a measured value, None where it can."""
    field = new.fields_by_name.get(wanted)
    if field is None:
        return wrong(
            f"the new message has no field {wanted}",
            "programs ask for it by the name that was agreed on",
        )
    if field.is_repeated:
        return wrong(f"field {wanted} is a list", "a reading has one value of each quantity")
    if field.cpp_type not in (field.CPPTYPE_FLOAT, field.CPPTYPE_DOUBLE):
        return wrong(
            f"field {wanted} holds no decimals",
            "it is measured: of which type are power and voltage?",
        )
    return None


def _exchanged(old_type: Any, new_type: Any, seed: int) -> Verdict:
    rng = random.Random(seed)  # test values
    for _ in range(_CASES):
        written = new_type()
        for field in new_type.DESCRIPTOR.fields:
            _set(written, field, rng)
        read = old_type.FromString(written.SerializeToString())
        for name in old_type.DESCRIPTOR.fields_by_name:
            if getattr(read, name) != getattr(written, name):
                return wrong(
                    f"an old reader gets another {name}", "compare the numbers of both versions"
                )
        if new_type.FromString(read.SerializeToString()) != written:
            return wrong(
                "what passes through an old program is changed",
                "unknown fields are kept: look at the types",
            )
    return right("Compatible: old readers get every old field, and pass the new one on untouched.")


def _set(message: Any, field: FieldDescriptor, rng: random.Random) -> None:
    if field.is_repeated or field.message_type:
        return  # not part of the exercise
    if field.type == field.TYPE_BYTES:
        setattr(message, field.name, rng.randbytes(4))
    elif field.cpp_type == field.CPPTYPE_STRING:
        setattr(message, field.name, f"text {rng.random()}")
    elif field.cpp_type != field.CPPTYPE_ENUM:
        setattr(message, field.name, rng.randrange(2))

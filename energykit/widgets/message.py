"""The wire-byte explorer: pick a field of a message, see its bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from energykit import html
from energykit.errors import UsageError
from energykit.widgets.octets import every_field, field_html
from energykit.widgets.panel import Panel, toolkit
from energykit.wire import dissect

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor
    from google.protobuf.message import Message

__all__ = ["WireExplorer", "wire_explorer"]


class WireExplorer(Panel):
    """A picker of fields over the bytes of a message; made by `wire_explorer`."""

    def __init__(self, data: bytes, descriptor: Descriptor | None, title: str) -> None:
        self._data, self._title = data, title
        self._fields = every_field(dissect(data, descriptor))
        labels = [_label(depth, field.number, field.name) for depth, field in self._fields]
        options = [(f"{at + 1}. {label}", at) for at, label in enumerate(labels)]
        self.field = toolkit().Dropdown(
            options=options,
            description="Field",
            disabled=not options,
            tooltip="The field whose bytes are pointed out",
        )
        self.field.add_class("ek-field")
        super().__init__(self.field, name="wire-explorer")
        self.field.observe(lambda _: self.refresh(), names="value")

    def to_html(self) -> html.Html:
        """Return the bytes with the chosen field pointed out, and its parts explained."""
        title = f"{self._title}: {len(self._data)} bytes on the wire"
        if not self._fields:
            return html.card(
                title, "No field is set: a value of 0, false or an empty text takes no bytes."
            )
        return field_html(self._data, self._fields[self.field.value][1], title=title)


def wire_explorer(message: Message | bytes, descriptor: Descriptor | None = None) -> WireExplorer:
    """Return a widget that shows which bytes of a message belong to a field, and what they say.

    Parameters
    ----------
    message
        A protobuf message, or the bytes of one.
    descriptor
        Type of the message where bytes are given; None: fields have numbers and no names.

    Raises
    ------
    energykit.errors.ArtifactError
        The bytes are not a protobuf message.
    energykit.errors.UsageError
        It is neither a message nor bytes.
    energykit.errors.MissingPackageError
        ipywidgets is not installed.
    """
    if isinstance(message, bytes):
        return WireExplorer(
            message, descriptor, descriptor.name if descriptor else "a message of unknown type"
        )
    if not hasattr(message, "SerializeToString"):
        hint = "give a message, or its bytes: message.SerializeToString()"
        raise UsageError(
            f"{type(message).__name__} is not a protobuf message", where="wire_explorer", hint=hint
        )
    own = cast("Descriptor", message.DESCRIPTOR)
    return WireExplorer(message.SerializeToString(deterministic=True), own, own.name)


def _label(depth: int, number: int, name: str) -> str:
    indent = "\N{NO-BREAK SPACE}" * 4 * depth
    return f"{indent}field {number} {name or '(unknown)'}"

"""The bytes of messages on the wire, for people who want to see them."""

from energykit.wire.field import WIRE_TYPES, WireField, dissect, dissect_message
from energykit.wire.view import call_html, dissect_call, wire_html, wire_text

__all__ = [
    "WIRE_TYPES",
    "WireField",
    "call_html",
    "dissect",
    "dissect_call",
    "dissect_message",
    "wire_html",
    "wire_text",
]

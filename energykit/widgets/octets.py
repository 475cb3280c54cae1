"""The bytes of a message with one field pointed out, and what its tag, length and value say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from energykit import html
from energykit.wire import WIRE_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from energykit.wire import WireField

__all__ = ["every_field", "explanation", "field_html", "octets_html"]

_PARTS = {
    "tag": "border-bottom:3px solid #0072B2;",
    "length": "border-bottom:3px dashed #D55E00;",
    "value": "border-bottom:3px double #009E73;",
}
"""Line under the bytes of each part of the chosen field: colour and form; the words stand below."""
_CHOSEN = "font-weight:bold;background:rgba(128,128,128,0.22);"
_MOST_BYTES = 512
_CODES = {name: code for code, name in WIRE_TYPES.items()}


def every_field(fields: Iterable[WireField], depth: int = 0) -> list[tuple[int, WireField]]:
    """Return fields and those inside them, in the order of their bytes, each with its depth."""
    found = []
    for field in fields:
        found += [(depth, field), *every_field(field.children, depth + 1)]
    return found


def octets_html(data: bytes, chosen: WireField | None = None) -> html.Html:
    """Return bytes in hexadecimal, 16 a line, the chosen field's tag, length and value underlined.

    Parameters
    ----------
    data
        A serialised message.
    chosen
        One of its fields.
    """
    parts = _parts(chosen) if chosen else {}
    start, end = _window(len(data), chosen)
    lines = [_line(data, at, min(at + 16, end), parts) for at in range(start, end, 16)]
    before = [f"… {start} bytes before"] if start else []
    after = [f"… {len(data) - end} more bytes"] if end < len(data) else []
    style = "color:inherit;background:transparent;line-height:1.9;margin:0.3em 0;"
    return html.element("pre", html.join([*before, *lines, *after], "\n"), style=style)


def _window(size: int, chosen: WireField | None) -> tuple[int, int]:
    """Return from where to where a long message is shown: so that the chosen field is in it."""
    at = chosen.offset if chosen else 0
    start = 0 if at < _MOST_BYTES else at - at % 16
    return start, min(size, start + _MOST_BYTES)


def _parts(field: WireField) -> dict[int, str]:
    """Return the part that each byte of a field belongs to, by the byte's offset."""
    names = (
        ["tag"] * len(field.tag) + ["length"] * len(field.length) + ["value"] * len(field.payload)
    )
    return dict(enumerate(names, field.offset))


def _line(data: bytes, start: int, end: int, parts: dict[int, str]) -> html.Html:
    cells = [_byte(data[at], parts.get(at)) for at in range(start, end)]
    return html.join([f"{start:04x}  ", html.join(cells, " ")])


def _byte(value: int, part: str | None) -> html.Html:
    text = f"{value:02x}"
    return (
        html.element("span", text, style=_PARTS[part] + _CHOSEN, title=part)
        if part
        else html.escape(text)
    )


def explanation(field: WireField) -> tuple[tuple[str, bytes, str], ...]:
    """Return for tag, length and value of a field: the part's name, its bytes, and what they say.

    Parameters
    ----------
    field
        As `energykit.wire.dissect` returns it.
    """
    code = _CODES[field.wire_type]
    key = field.number * 8 + code
    tag = (
        f"{key} = {field.number} * 8 + {code}: field {field.number}, wire type {code}"
        f" ({field.wire_type})"
    )
    said = [("tag", field.tag, tag)]
    if field.length:
        said.append(("length", field.length, f"{len(field.payload)} bytes of value follow"))
    return (*said, ("value", field.payload, _value(field)))


def _value(field: WireField) -> str:
    how = {
        "VARINT": "seven bits of the number in each byte, the lowest first",
        "I64": "8 bytes, the lowest first",
        "I32": "4 bytes, the lowest first",
        "LEN": (
            "a message inside the message"
            if field.children
            else "the bytes as they are; text is UTF-8"
        ),
    }[field.wire_type]
    return f"{field.value} ({how})"


def field_html(data: bytes, field: WireField, *, title: object) -> html.Html:
    """Return a message's bytes with one field pointed out, and a table of what its parts say.

    Parameters
    ----------
    data
        The serialised message.
    field
        One of its fields.
    title
        A line over it.
    """
    rows = [
        (_name(part), html.element("code", _short(some)), said)
        for part, some, said in explanation(field)
    ]
    name = f"field {field.number}, {field.name or 'of no known name'}"
    table = html.table(("part", "bytes", "says"), rows, caption=name)
    return html.card(title, octets_html(data, field), table)


def _name(part: str) -> html.Html:
    return html.element("span", part, style=_PARTS[part])


def _short(data: bytes) -> str:
    more = f" … {len(data) - 16} more" if len(data) > 16 else ""  # a line of bytes
    return data[:16].hex(" ") + more

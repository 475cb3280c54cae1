"""Bytes on the wire for a person: as text, as a table, and both directions of a stage's call."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from energykit import html
from energykit.wire.field import dissect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.descriptor import Descriptor

    from energykit.results import StageResult
    from energykit.wire.field import WireField

__all__ = ["call_html", "dissect_call", "wire_html", "wire_text"]


def wire_text(fields: tuple[WireField, ...], *, indent: int = 0) -> str:
    """Return fields as text, a line each: offset, bytes, number, name, wire type, value."""
    lines = []
    for field in fields:
        shown = (field.tag + field.length).hex(" ") if field.children else _short(field.data)
        name = field.name or "(unknown)"
        what = f"#{field.number} {name} {field.wire_type} {field.value}"
        lines.append(f"{field.offset:04x}  {'  ' * indent}{shown}  {what}")
        if field.children:
            lines.append(wire_text(field.children, indent=indent + 1))
    return "\n".join(lines)


def wire_html(fields: tuple[WireField, ...], *, title: str = "On the wire") -> html.Html:
    """Return fields as a table of annotated bytes: tag, length and value in columns of their own.

    The fields of an embedded message follow it, indented.

    Parameters
    ----------
    fields
        As `dissect` returns them.
    title
        A line over the table.
    """
    header = ("offset", "tag", "length", "value bytes", "field", "wire type", "reads as")
    return html.card(title, html.table(header, _rows(fields, 0)))


def _rows(fields: tuple[WireField, ...], depth: int) -> Iterator[tuple[object, ...]]:
    for field in fields:
        name = f"{field.number} {field.name or '(unknown)'}"
        indented = html.element(
            "span", name, style=f"padding-left:{depth * 1.5}em;white-space:nowrap;"
        )
        payload = "" if field.children else _short(field.payload, limit=8)
        texts = (f"{field.offset:04x}", field.tag.hex(" "), field.length.hex(" "), payload)
        yield (
            *(html.element("code", text) if text else "" for text in texts),
            indented,
            field.wire_type,
            field.value,
        )
        yield from _rows(field.children, depth + 1)


def _short(data: bytes, limit: int = 24) -> str:
    rest = f" … {len(data) - limit} more" if len(data) > limit else ""
    return data[:limit].hex(" ") + rest


def dissect_call(stage: StageResult) -> tuple[tuple[WireField, ...], tuple[WireField, ...]]:
    """Return the fields of the request and of the response of a stage's call.

    Parameters
    ----------
    stage
        What became of a stage; its bytes are those that were sent and received. Where no response
        came, it has no fields.
    """
    from energykit._proto import energy_pipeline_pb2 as pb  # only here

    request, response = (
        cast("Descriptor", one.DESCRIPTOR) for one in (pb.ExecuteRequest, pb.ExecuteResponse)
    )
    return dissect(stage.request_bytes, request), dissect(stage.response_bytes, response)


def call_html(stage: StageResult) -> html.Html:
    """Return both directions of a stage's call as annotated bytes, field by field.

    Parameters
    ----------
    stage
        What became of a stage.
    """
    request, response = dissect_call(stage)
    sent, came = len(stage.request_bytes), len(stage.response_bytes)
    there = wire_html(request, title=f"request → {stage.address}: ExecuteRequest, {sent} bytes")
    code = stage.error.code if stage.error else "UNKNOWN"
    if not stage.response_bytes:
        return html.join(
            [
                there,
                html.card(
                    "← no response",
                    f"the call ended with the status {code}, which is not a message",
                ),
            ]
        )
    return html.join(
        [there, wire_html(response, title=f"← response: ExecuteResponse, {came} bytes")]
    )

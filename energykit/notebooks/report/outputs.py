"""Outputs of an executed cell as HTML of bounded size that loads nothing."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any

from energykit import html
from energykit.notebooks.report.sanitizer import sanitize_html
from energykit.notebooks.report.widgets import VIEW, widget_html

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["SpaceLeft", "outputs_html", "picture", "shortened", "text_of"]

_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_LONGEST_LINE = 400
_MOST_OUTPUTS = 30


class SpaceLeft:
    """How much more a page may take up.

    Parameters
    ----------
    characters
        Of HTML and of pictures together.
    """

    def __init__(self, characters: int) -> None:
        self._left = characters

    def take(self, part: html.Html, instead: str) -> html.Html:
        """Return a part if it fits; otherwise a note."""
        if len(part) > self._left:
            return html.element("p", instead, class_="note")
        self._left -= len(part)
        return part


def text_of(value: Any) -> str:
    """Return a text that nbformat may hold as lines, without colours and what was overwritten."""
    text = value if isinstance(value, str) else "".join(value)
    lines = _COLOURS.sub("", text).split("\n")
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)


def shortened(text: str, lines: int = 60) -> str:
    """Return a text with its beginning and its end, where it is long.

    Parameters
    ----------
    text
        Any text.
    lines
        How many are kept; the end weighs more, as there is what happened last.
    """
    every = text.splitlines()
    kept = every
    if len(every) > lines:
        first = lines // 4
        kept = [
            *every[:first],
            f"… {len(every) - lines:,} lines left out …",
            *every[first - lines :],
        ]
    return "\n".join(line if len(line) <= _LONGEST_LINE else _cut(line) for line in kept)


def _cut(line: str) -> str:
    return f"{line[:_LONGEST_LINE]} … {len(line) - _LONGEST_LINE:,} characters left out"


def outputs_html(
    outputs: Iterable[dict[str, Any]], states: dict[str, Any], room: SpaceLeft, lines: int = 30
) -> html.Html:
    """Return outputs in their order.

    Parameters
    ----------
    outputs
        As nbformat has them.
    states
        State of the notebook's widgets, by model id.
    room
        What the page still holds; what does not fit is replaced by a note.
    lines
        How many of each text are kept.
    """
    every = _merged(outputs)
    instead = "too large for this report: it is in the executed copy"
    parts = [room.take(_output(one, states, room, lines), instead) for one in every[:_MOST_OUTPUTS]]
    if len(every) > _MOST_OUTPUTS:
        parts.append(
            html.element(
                "p", f"{len(every) - _MOST_OUTPUTS:,} more are in the executed copy", class_="note"
            )
        )
    return html.join(parts)


def _merged(outputs: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put what was printed piece by piece to the same stream into one output."""
    merged: list[dict[str, Any]] = []
    for one in outputs:
        last = merged[-1] if merged else {}
        if one.get("output_type") == last.get("output_type") == "stream" and one.get(
            "name"
        ) == last.get("name"):
            merged[-1] = last | {"text": [*_pieces(last), *_pieces(one)]}
        else:
            merged.append(one)
    return merged


def _pieces(stream: dict[str, Any]) -> list[str]:
    text = stream.get("text", "")
    return [text] if isinstance(text, str) else list(text)


def _output(
    output: dict[str, Any], states: dict[str, Any], room: SpaceLeft, lines: int
) -> html.Html:
    kind = output.get("output_type")
    if kind == "stream":
        return html.element(
            "pre", shortened(text_of(output.get("text", "")), lines), class_=output.get("name")
        )
    if kind == "error":
        trace = text_of("\n".join(output.get("traceback", [])))
        return html.element("pre", shortened(trace, lines), class_="stderr")
    return _data(output.get("data", {}), states, room, lines)


def _data(data: dict[str, Any], states: dict[str, Any], room: SpaceLeft, lines: int) -> html.Html:
    plain = text_of(data.get("text/plain", ""))
    if VIEW in data:
        return widget_html(
            data[VIEW].get("model_id", ""), states, lambda some: outputs_html(some, states, room)
        )
    if "text/html" in data:
        return html.element("div", sanitize_html(text_of(data["text/html"])), class_="rich")
    if "image/svg+xml" in data:
        return picture(text_of(data["image/svg+xml"]).encode(), "svg+xml", plain)
    for kind in ("png", "jpeg"):
        if f"image/{kind}" in data:
            return picture(b64decode(text_of(data[f"image/{kind}"])), kind, plain)
    return html.element("pre", shortened(plain, lines))


def picture(image: bytes | Path, kind: str, alt: str) -> html.Html:
    """Return a picture that the page holds itself.

    Parameters
    ----------
    image
        Its bytes, or its file.
    kind
        ``"png"``, ``"jpeg"`` or ``"svg+xml"``.
    alt
        What it shows.
    """
    content = image if isinstance(image, bytes) else image.read_bytes()
    source = f"data:image/{kind};base64,{b64encode(content).decode('ascii')}"
    return html.element(
        "figure", html.element("img", src=source, alt=alt or "a figure of the notebook")
    )

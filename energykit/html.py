"""Small escaped building blocks for the HTML that records show in a notebook.

Text is escaped unless it already is `Html`. Colours are inherited, so what is built here reads in
light and dark themes; a status is an icon and a word, never a colour alone. Nothing refers to a
resource outside the page.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from html import escape as _escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = [
    "CONTENT_POLICY",
    "ICONS",
    "Appearance",
    "Html",
    "appearance_of",
    "badge",
    "card",
    "details",
    "element",
    "escape",
    "figure",
    "join",
    "set_appearance",
    "table",
]

ICONS = {
    "succeeded": "✔",
    "reused": "↺",
    "failed": "✖",
    "skipped": "»",
    "running": "▶",
    "warning": "⚠",
    "serving": "●",
    "starting": "◌",
    "stopped": "■",
    "not serving": "○",
    "unreachable": "✖",
    "ready": "✔",
    "note": "⚠",
    "trouble": "✖",
    "right": "✔",
    "not yet": "✖",
    "passed": "✔",
    "matches": "✔",
    "changed": "✖",
    "missing": "✖",
    "not recorded": "○",
    "not offered": "○",
    "not asked": "○",
    "timed-out": "✖",
    "kernel-died": "✖",
    "leaked": "✖",
    "refused": "✖",
    "not-run": "»",
}
"""Icon of each status; a status that is not listed gets a bullet."""

_ACCENTS = {
    "succeeded": "#009E73",
    "reused": "#009E73",
    "serving": "#009E73",
    "failed": "#D55E00",
    "unreachable": "#D55E00",
    "stopped": "#999999",
    "warning": "#E69F00",
    "running": "#56B4E9",
    "starting": "#56B4E9",
    "ready": "#009E73",
    "note": "#E69F00",
    "trouble": "#D55E00",
    "right": "#009E73",
    "not yet": "#D55E00",
    "passed": "#009E73",
    "matches": "#009E73",
    "changed": "#D55E00",
    "missing": "#D55E00",
    "timed-out": "#D55E00",
    "kernel-died": "#D55E00",
    "leaked": "#D55E00",
    "refused": "#D55E00",
    "not-run": "#999999",
}
"""Okabe-Ito colours of a badge's border: beside the word, never instead of it."""

_VOID = frozenset({"br", "circle", "col", "hr", "img", "line", "meta", "path", "rect"})
_LINE = "1px solid rgba(128,128,128,0.35)"
_CELL = f"padding:0.25em 0.75em;text-align:left;vertical-align:top;border-bottom:{_LINE};"
_PNG_WIDTH = slice(16, 20)
"""Where the first block of a PNG has its width, four bytes."""
_READABLE_PX = 640
"""A figure that is wider is not shown narrower: its letters would be lower than ten pixels."""
_NUMBER = "text-align:right;font-variant-numeric:tabular-nums;"


class Html(str):
    """Text that is HTML already and is not escaped again; a notebook shows it as such."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return str(self)


CONTENT_POLICY = Html(
    '<meta http-equiv="Content-Security-Policy" content="'
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'\">"
)
"""For the head of a page: nothing runs, and nothing is loaded from elsewhere."""


@dataclass(frozen=True, kw_only=True)
class Appearance:
    """How the records of one class look, kept apart from the class itself."""

    text: Callable[[Any], str]
    """Its `repr`."""
    html: Callable[[Any], Html]
    """What a notebook shows."""


_APPEARANCES: dict[type, Appearance] = {}


def set_appearance(kind: type, *, text: Callable[[Any], str], html: Callable[[Any], Html]) -> None:
    """Say how the records of a class look; the package of the class does so when it is imported.

    Parameters
    ----------
    kind
        The class, whose `__repr__` and `_repr_html_` ask `appearance_of`.
    text, html
        Return a record as text and as HTML.
    """
    _APPEARANCES[kind] = Appearance(text=text, html=html)


def appearance_of(record: object) -> Appearance:
    """Return how a record looks."""
    return _APPEARANCES[type(record)]


def escape(value: object) -> Html:
    """Return a value as HTML text; `Html` is returned as it is.

    Parameters
    ----------
    value
        Anything; its `str` is shown.
    """
    return value if isinstance(value, Html) else Html(_escape(str(value)))


def join(parts: Iterable[object], separator: str = "") -> Html:
    """Return parts, each escaped, with an escaped separator between them."""
    return Html(escape(separator).join(escape(part) for part in parts))


def element(tag: str, /, *children: object, **attributes: object) -> Html:
    """Return one element with its children escaped.

    Parameters
    ----------
    tag
        Name of the element.
    children
        Text or `Html`.
    attributes
        Attributes; a trailing underscore is dropped (``class_``), others become hyphens
        (``aria_label``). An attribute whose value is None or False is left out, True stands alone.

    Examples
    --------
    >>> element("p", "1 < 2", class_="note")
    '<p class="note">1 &lt; 2</p>'
    """
    start = f"<{tag}{''.join(_attribute(name, value) for name, value in attributes.items())}>"
    return Html(start) if tag in _VOID else Html(f"{start}{join(children)}</{tag}>")


def _attribute(name: str, value: object) -> str:
    if value is None or value is False:
        return ""
    name = name.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{_escape(str(value))}"'


def table(header: Sequence[object], rows: Iterable[Sequence[object]], *, caption: str = "") -> Html:
    """Return a table; numbers are set to the right.

    Parameters
    ----------
    header
        Titles of the columns.
    rows
        Cells of each row: text, numbers or `Html`.
    caption
        A title over the table.
    """
    title = (
        element("caption", caption, style="text-align:left;font-weight:bold;") if caption else ""
    )
    head = element(
        "thead", element("tr", *(element("th", cell, scope="col", style=_CELL) for cell in header))
    )
    body = element("tbody", *(element("tr", *map(_cell, row)) for row in rows))
    style = "border-collapse:collapse;color:inherit;background:transparent;margin:0.5em 0;"
    return element("table", title, head, body, style=style)


def _cell(value: object) -> Html:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return element("td", value, style=_CELL + _NUMBER if is_number else _CELL)


def badge(status: str) -> Html:
    """Return a status as an icon and its word.

    Parameters
    ----------
    status
        One of `ICONS`, or any other word.
    """
    icon = element("span", ICONS.get(status, "•"), aria_hidden="true")
    style = (
        "display:inline-block;white-space:nowrap;color:inherit;padding:0 0.5em;border-radius:0.4em;"
        f"border:{_LINE};border-left:0.35em solid {_ACCENTS.get(status, 'currentColor')};"
    )
    return element("span", icon, " ", status, style=style)


def card(title: object, *children: object) -> Html:
    """Return a framed box with a title.

    Parameters
    ----------
    title
        First line, in bold.
    children
        Text or `Html` below it.
    """
    head = element("div", title, style="font-weight:bold;margin-bottom:0.25em;")
    style = (
        "color:inherit;background:transparent;border:1px solid rgba(128,128,128,0.5);"
        "border-radius:0.5em;padding:0.6em 0.9em;margin:0.4em 0;max-width:72em;overflow-x:auto;"
    )
    # what is wider than the page is scrolled, so the keyboard has to reach it
    return element("div", head, *children, style=style, tabindex="0")


def details(summary: object, *children: object, is_open: bool = False) -> Html:
    """Return a part that is folded until its summary is clicked."""
    return element(
        "details", element("summary", summary, style="cursor:pointer;"), *children, open=is_open
    )


def figure(image: bytes | Html, *, alt: str, caption: str = "") -> Html:
    """Return a figure with a text for those who cannot see it.

    Parameters
    ----------
    image
        A PNG, or an inline SVG element.
    alt
        What the figure shows, as a sentence.
    caption
        A line under it; one that says the same as `alt` is not read out twice.
    """
    if isinstance(image, bytes):
        source = f"data:image/png;base64,{b64encode(image).decode('ascii')}"
        content, label = element("img", src=source, alt=alt, style=_image_style(image)), None
    else:
        content, label = element("div", image, role="img", aria_label=alt), alt
    text = (
        element("figcaption", caption, aria_hidden="true" if caption == alt else None)
        if caption
        else ""
    )
    style = "margin:0.5em 0;color:inherit;overflow-x:auto;"
    return element("figure", content, text, aria_label=label, style=style, tabindex="0")


def _image_style(png: bytes) -> str:
    """Return how wide a PNG is shown: as wide as there is room, as long as letters can be read."""
    width_px = int.from_bytes(png[_PNG_WIDTH], "big")
    return f"max-width:100%;min-width:{min(width_px, _READABLE_PX)}px;"

"""HTML that a notebook left, made safe for a report: no scripts, nothing loaded or moved."""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

from energykit.html import Html

__all__ = ["sanitize_html"]

_DROPPED = frozenset(
    {"script", "style", "template", "iframe", "object", "noscript", "title", "textarea", "select"}
)
"""Elements that go with all they hold; of any other unknown element the content stays."""
_VOID = frozenset(
    {"br", "hr", "img", "col", "circle", "line", "path", "rect", "polyline", "polygon"}
)
_HOLDING = """
a abbr b big blockquote caption code dd del details div dl dt em figcaption figure g
h1 h2 h3 h4 h5 h6 i ins kbd li ol p pre s samp small span strong sub summary sup svg
table tbody td text tfoot th thead tr tspan u ul var
"""
_KEPT = _VOID | frozenset(_HOLDING.split())
_HARMLESS = """
alt aria-hidden aria-label colspan cx cy d dominant-baseline fill fill-opacity font-size height
open opacity points r role rowspan rx ry scope stroke stroke-dasharray stroke-linecap stroke-width
style text-anchor title transform viewbox width x x1 x2 y y1 y2
"""
_ATTRIBUTES = frozenset(_HARMLESS.split())
_UNSAFE_STYLE = re.compile(r"url\s*\(|expression|position|@|\\|z-index", re.IGNORECASE)
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|svg\+xml)[;,]")


def sanitize_html(text: str) -> Html:
    """Return HTML with only what is known to be harmless.

    Parameters
    ----------
    text
        HTML from anywhere.
    """
    parser = _Safe()
    parser.feed(text)
    parser.close()
    return Html("".join([*parser.parts, *(f"</{tag}>" for tag in reversed(parser.opened))]))


class _Safe(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.opened: list[str] = []
        self._dropping: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a known element with its harmless attributes."""
        if tag in _DROPPED:
            self._dropping.append(tag)
        if self._dropping or tag not in _KEPT:
            return
        self.parts.append(
            f"<{tag}{''.join(_attribute(tag, name, value or '') for name, value in attrs)}>"
        )
        if tag not in _VOID:
            self.opened.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep ``<br/>`` and its like; ``<g/>`` is closed."""
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close an element that is open, and those left open inside it."""
        if self._dropping:
            if tag == self._dropping[-1]:
                self._dropping.pop()
        elif tag in self.opened:
            while self.opened:
                last = self.opened.pop()
                self.parts.append(f"</{last}>")
                if last == tag:
                    break

    def handle_data(self, data: str) -> None:
        """Keep text, escaped."""
        if not self._dropping:
            self.parts.append(escape(data))


def _attribute(tag: str, name: str, value: str) -> str:
    is_picture = tag == "img" and name == "src" and bool(_PICTURE.match(value))
    is_known = name in _ATTRIBUTES and not (name == "style" and _UNSAFE_STYLE.search(value))
    return (
        f' {name}="{escape(value)}"'
        if is_picture or (is_known and "url(" not in value.lower())
        else ""
    )

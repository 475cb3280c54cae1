"""Check a built site: each link leads to a file and an anchor, nothing comes from elsewhere."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["check_links"]

_LOADED = {("script", "src"), ("link", "href"), ("img", "src"), ("iframe", "src")}
_NOT_LOADED = {"canonical", "edit", "prev", "next", "alternate"}
"""Kinds of ``<link>`` that name a page instead of loading it."""


class _Page(HTMLParser):
    """The anchors of a page, and what it links to."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = {""}
        self.links: list[tuple[str, str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep ids, and links with the line they are in."""
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        for name in ("href", "src"):
            if name in values:
                is_loaded = (tag, name) in _LOADED and values.get("rel") not in _NOT_LOADED
                self.links.append((values[name], f"{self.getpos()[0]}", is_loaded))


def check_links(site: Path) -> list[str]:
    """Return a line for each link that leads nowhere, or that loads something from a network.

    Parameters
    ----------
    site
        Folder of the built pages.
    """
    pages = {path.resolve(): _read_page(path) for path in sorted(site.rglob("*.html"))}
    return [
        f"{path.relative_to(site.resolve())}:{line}: {url}: {fault}"
        for path, page in pages.items()
        for url, line, is_loaded in page.links
        if (fault := _find_fault(path, url, pages, is_loaded=is_loaded))
    ]


def _read_page(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def _find_fault(path: Path, url: str, pages: dict[Path, _Page], *, is_loaded: bool) -> str:
    parts = urlsplit(url)
    if parts.scheme or parts.netloc:
        return "is loaded from a network" if is_loaded and parts.scheme != "data" else ""
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target.is_dir():
        target /= "index.html"
    if not target.exists():
        return "there is no such file"
    anchors = {parts.fragment, unquote(parts.fragment)}  # browsers look for both, in this order
    is_known = target not in pages or not anchors.isdisjoint(pages[target].anchors)
    return "" if is_known or parts.fragment.startswith("__") else "there is no such anchor"

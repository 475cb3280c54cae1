"""Markdown cells: the first and the last say where we are, short ones between, links lead on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from energykit.notebooks.rules.finding import Cell, Finding, StoredNotebook

__all__ = ["PROSE_RULES", "check_prose", "words_in"]

PROSE_RULES = frozenset(
    {"alt-text", "first-cell", "last-cells", "links", "markdown-cells", "url", "words"}
)

MOST_WORDS = 60
GOALS = 3
LAST = 4
"""Key points, clean-up with its words, links."""

_FENCE = re.compile(r"^(`{3,}|~{3,}).*?^\1\s*$", re.MULTILINE | re.DOTALL)
_DETAILS = re.compile(r"<details.*?</details>", re.DOTALL | re.IGNORECASE)
_TABLE = re.compile(r"^\s*\|.*$", re.MULTILINE)
_CODE = re.compile(r"`[^`\n]+`")
_MATHS = re.compile(r"\$\$.*?\$\$|\$[^$\n]+\$", re.DOTALL)
_IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)[^)]*\)")
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s]+)[^)]*\)")
_HEADING = re.compile(r"^#+ .*$", re.MULTILINE)
_TAG = re.compile(r"<[^>]+>")
_LOADED = re.compile(
    r"""<(?:img|script|iframe|video|audio|link)\b[^>]*\b(?:src|href)\s*=\s*["']?(https?://[^"'\s>]+)"""
)


def check_prose(notebook: StoredNotebook) -> Iterator[Finding]:
    """Yield what is wrong with a notebook's Markdown cells."""
    prose = notebook.prose
    if len(prose) < len(notebook.code):
        what = f"{len(prose)} Markdown cells are fewer than {len(notebook.code)} code cells"
        yield notebook.finding(
            "markdown-cells", what, "say before each code cell what we do and why"
        )
    yield from _first(notebook)
    yield from _last(notebook)
    for cell in prose:
        words = words_in(cell.source)
        if words > MOST_WORDS:
            yield notebook.finding(
                "words", f"{words} words are over {MOST_WORDS}", "cut it, or split the cell", cell
            )
        yield from _images(notebook, cell)
        yield from _links(notebook, cell)


def words_in(markdown: str) -> int:
    """Count the words of a cell's prose.

    Code fences, tables, headings and folded hints do not count; code and formulas in a line are a
    word each.
    """
    for pattern in (_FENCE, _DETAILS, _TABLE, _HEADING):
        markdown = pattern.sub("", markdown)
    markdown = _IMAGE.sub("", markdown)
    markdown = _LINK.sub(r"\1", markdown)
    markdown = _CODE.sub("code", markdown)
    markdown = _MATHS.sub("formula", markdown)
    return sum(
        any(character.isalnum() for character in word) for word in _TAG.sub("", markdown).split()
    )


def _first(notebook: StoredNotebook) -> Iterator[Finding]:
    first = notebook.cells[0] if notebook.cells else None
    if first is None or not first.is_markdown:
        yield notebook.finding(
            "first-cell", "the first cell is not Markdown", "start with a title", first
        )
        return
    goals = re.findall(r"^\s*[-*] \*\*\w+", first.source, re.MULTILINE)
    parts = {
        "no title": (re.match(r"# \S", first.source), "start with '# Title'"),
        "no question": (
            re.search(r"\?(\*\*)?\s*$", first.source, re.MULTILINE),
            "ask in bold what we want to know",
        ),
        f"{len(goals)} goals that start with a verb, not {GOALS}": (
            len(goals) == GOALS,
            "write '- **verb** what'",
        ),
        "no number of minutes": (
            re.search(r"\b\d+ minutes?\b", first.source),
            "say how long it takes",
        ),
        "no prerequisites": (
            re.search(r"\b(Before|Prerequisites):", first.source),
            "write 'Before: …'",
        ),
    }
    for what, (is_there, hint) in parts.items():
        if not is_there:
            yield notebook.finding("first-cell", f"the first cell has {what}", hint, first)


def _last(notebook: StoredNotebook) -> Iterator[Finding]:
    last = notebook.cells[-LAST:]
    if not any(
        re.search(r"^#+ Key points", cell.source, re.MULTILINE) for cell in last if cell.is_markdown
    ):
        yield notebook.finding(
            "last-cells", "the last cells have no key points", "add '## Key points' and a list"
        )
    if not any(re.search(r"\bsurvivors\(\)", cell.source) for cell in last if cell.is_code):
        yield notebook.finding(
            "last-cells", "the last cells clean nothing up", "stop what runs, then ek.survivors()"
        )
    end = notebook.cells[-1] if notebook.cells else None
    if end is not None and not (end.is_markdown and re.search(r"\]\([^)]+\.ipynb\)", end.source)):
        hint = "end with links to the previous and next notebook"
        yield notebook.finding("last-cells", "the last cell leads nowhere", hint, end)


def _images(notebook: StoredNotebook, cell: Cell) -> Iterator[Finding]:
    text = _CODE.sub("", _FENCE.sub("", cell.source))
    tags = [tag for tag in _TAG.findall(text) if re.match(r"<img\b", tag, re.IGNORECASE)]
    bare = [tag for tag in tags if not re.search(r"""\balt\s*=\s*["'][^"']""", tag)]
    bare += [f"![]({target})" for alt, target in _IMAGE.findall(text) if not alt.strip()]
    for image in bare:
        yield notebook.finding(
            "alt-text", f"{image} has no alt text", "say what the picture shows", cell
        )
    for source in [
        *_LOADED.findall(text),
        *(to for _, to in _IMAGE.findall(text) if to.startswith("http")),
    ]:
        yield notebook.finding(
            "url", f"{source} is loaded at run time", "bring it with the project", cell
        )


def _links(notebook: StoredNotebook, cell: Cell) -> Iterator[Finding]:
    text = _CODE.sub("", _FENCE.sub("", cell.source))
    targets = [target for _, target in [*_LINK.findall(text), *_IMAGE.findall(text)]]
    targets += re.findall(r"""\b(?:src|href)\s*=\s*["']([^"']+)["']""", text)
    for target in targets:
        file = unquote(target.partition("#")[0])
        if not file or re.match(r"[a-z][a-z0-9+.-]*:", file):
            continue
        if not (notebook.path.parent / file).exists():
            yield notebook.finding("links", f"there is no {target}", "correct the link", cell)

"""What tracebacks and outputs of a cell say: the line at which it failed, the end of its text."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["end_of", "line_of", "source_at", "without_colours"]

_LINES = (
    re.compile(r"Cell In\[\d+\], line (\d+)"),
    re.compile(r"ipykernel_\d+[/\\]\d+\.py\", line (\d+)"),
)
"""How the line of a cell stands in a traceback: IPython's own form first, then Python's (of
exception groups).
"""
_MAGIC = "get_ipython().run_cell_magic("
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_KEPT = 4000
"""How much of a cell's output its verdict holds, in characters."""


def without_colours(text: str) -> str:
    """Return a text as it is without a terminal."""
    return _COLOURS.sub("", text)


def line_of(cell: Any, traceback: str) -> int:
    """Return the line of the cell that a traceback names first; 0 for none, as of a script."""
    text = without_colours(traceback)
    found = next(filter(None, (pattern.search(text) for pattern in _LINES)), None)
    if not found:
        return 0
    is_below_magic = (
        cell.source.startswith("%%") and _MAGIC not in text
    )  # which then ran the rest as a cell
    return int(found.group(1)) + is_below_magic


def source_at(cell: Any, line: int) -> str:
    """Return a line of a cell, from 1; empty where it has none of this number."""
    lines = cell.source.splitlines()
    return lines[line - 1].strip() if 0 < line <= len(lines) else ""


def end_of(outputs: list[Any]) -> str:
    """Return the end of what a cell printed and of its traceback, without colours."""
    texts = [
        "\n".join(one.traceback)
        if one.output_type == "error"
        else one.get("text", one.get("data", {}).get("text/plain"))
        for one in outputs
    ]
    return without_colours(
        "\n".join("".join(text).rstrip("\n") for text in texts if text)[-2 * _KEPT :]
    )[-_KEPT:]

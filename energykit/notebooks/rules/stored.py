"""Stored stripped, ids stable, kernel fixed: a change of the file changes the notebook."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from energykit.notebooks.rules.finding import Cell, Finding, StoredNotebook

__all__ = [
    "KERNEL",
    "LANGUAGE",
    "RUN_METADATA",
    "STORED_RULES",
    "VERSION",
    "as_text",
    "check_stored",
    "is_id",
    "is_left_by_run",
    "is_random",
]

STORED_RULES = frozenset(
    {"counts", "form", "ids", "kernelspec", "nbformat", "outputs", "parameters", "run-metadata"}
)

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
"""The kernel of every notebook."""
LANGUAGE = {"name": "python"}
"""The language, without the version of whoever saved last."""
VERSION = (4, 5)
"""Lowest format: from here on cells have ids."""
RUN_METADATA = ("ExecuteTime", "collapsed", "execution", "papermill", "scrolled")
"""Metadata that runs and editors leave."""
FIX = "run `energykit notebooks check --fix`"

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_RANDOM = re.compile(r"(?=.*\d)[0-9a-f]{8}([0-9a-f]{4,}|(-[0-9a-f]{4}){3}-[0-9a-f]{12})?")


def check_stored(notebook: StoredNotebook) -> Iterator[Finding]:
    """Yield what is wrong with a notebook's stored form."""
    yield from _as_a_whole(notebook)
    for cell in notebook.cells:
        yield from _stripped(notebook, cell)
    yield from _ids(notebook)
    yield from _parameters(notebook)


def is_id(text: str) -> bool:
    """Whether the format allows a cell's id."""
    return _ID.fullmatch(text) is not None


def is_random(text: str) -> bool:
    """Whether an id looks as if an editor had drawn it: the next editor draws another one."""
    return _RANDOM.fullmatch(text) is not None


def as_text(raw: Mapping[str, Any]) -> str:
    """Return a notebook's content as it is stored: keys in order, one line a line of source."""
    cells = [{**cell, "source": _lines(cell.get("source", ""))} for cell in raw["cells"]]
    return json.dumps({**raw, "cells": cells}, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def is_left_by_run(metadata: Mapping[str, Any], name: str) -> bool:
    """Return whether a name of a notebook's metadata was left by a run.

    ``execution`` may hold settings of the notebook, too: ``timeout`` and ``allow_errors``.
    """
    settings = metadata.get(name)
    if name == "execution" and isinstance(settings, dict):
        return not {"timeout", "allow_errors"} & settings.keys()
    return name in {"widgets", *RUN_METADATA}


def _lines(source: str | list[str]) -> list[str]:
    text = source if isinstance(source, str) else "".join(source)
    return [line for line in re.split(r"(?<=\n)", text) if line]


def _as_a_whole(notebook: StoredNotebook) -> Iterator[Finding]:
    version = (notebook.raw.get("nbformat"), notebook.raw.get("nbformat_minor"))
    if not all(isinstance(number, int) for number in version) or version < VERSION:
        yield notebook.finding(
            "nbformat", f"its format is {version[0]}.{version[1]}, cells have ids from 4.5 on", FIX
        )
    if notebook.metadata.get("kernelspec") != KERNEL:
        name = notebook.metadata.get("kernelspec", {}).get("name")
        yield notebook.finding(
            "kernelspec", f"its kernel is {name!r} or carries another name, not 'python3'", FIX
        )
    if notebook.metadata.get("language_info") != LANGUAGE:
        yield notebook.finding("kernelspec", "language_info says more than the language", FIX)
    left = [name for name in sorted(notebook.metadata) if is_left_by_run(notebook.metadata, name)]
    if left:
        yield notebook.finding("run-metadata", f"it holds what a run left: {', '.join(left)}", FIX)
    if notebook.text != as_text(notebook.raw):
        yield notebook.finding(
            "form", "keys or lines are in another order or form than we store", FIX
        )


def _stripped(notebook: StoredNotebook, cell: Cell) -> Iterator[Finding]:
    if cell.raw.get("outputs"):
        yield notebook.finding("outputs", "it holds outputs", FIX, cell)
    if cell.raw.get("execution_count") is not None:
        yield notebook.finding(
            "counts", f"it holds execution count {cell.raw['execution_count']}", FIX, cell
        )
    left = sorted(set(RUN_METADATA) & cell.metadata.keys())
    if left:
        yield notebook.finding(
            "run-metadata", f"it holds what a run left: {', '.join(left)}", FIX, cell
        )


def _ids(notebook: StoredNotebook) -> Iterator[Finding]:
    count = Counter(cell.id for cell in notebook.cells)
    for cell in notebook.cells:
        if not cell.id:
            yield notebook.finding("ids", "it has no id", FIX, cell)
        elif not is_id(cell.id):
            yield notebook.finding(
                "ids", "its id has other characters than A-Z a-z 0-9 - _, or over 64", FIX, cell
            )
        elif is_random(cell.id):
            yield notebook.finding(
                "ids", "its id is a random number", f"name it by what it is, or {FIX}", cell
            )
        elif count[cell.id] > 1:
            yield notebook.finding("ids", f"{count[cell.id]} cells have this id", FIX, cell)


def _parameters(notebook: StoredNotebook) -> Iterator[Finding]:
    tagged = [cell for cell in notebook.code if "parameters" in cell.tags]
    if not tagged:
        hint = "put what a run may set into one cell of assignments and tag it 'parameters'"
        yield notebook.finding("parameters", "no code cell is tagged 'parameters'", hint)
    for cell in tagged[1:]:
        hint = "move its assignments to the first"
        yield notebook.finding("parameters", "a second cell is tagged 'parameters'", hint, cell)
    for cell in notebook.cells:
        if "injected-parameters" in cell.tags:
            yield notebook.finding(
                "parameters", "it holds parameters that a run has set", "remove the cell", cell
            )

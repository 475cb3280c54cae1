"""Fixing what is mechanical in a stored notebook: what a run left, ids, kernel, form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from energykit.notebooks.atomic_file import write_whole
from energykit.notebooks.rules.finding import read_stored
from energykit.notebooks.rules.stored import (
    KERNEL,
    LANGUAGE,
    RUN_METADATA,
    VERSION,
    as_text,
    is_id,
    is_left_by_run,
    is_random,
)

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["fix", "fixed"]

_LONGEST_ID = 40
_TARGET = re.compile(r"\]\([^)]*\)")
_NO_WORDS = re.compile(r"[^a-z0-9]+")


def fix(path: Path) -> bool:
    """Fix a notebook's stored form in place, in one step; return whether it was changed.

    Ids that are missing, not allowed, random or taken are made of the cell's own words; all others
    stay.

    Raises
    ------
    ValueError
        The file cannot be read, or is not a notebook.
    OSError
        It cannot be written; it is as it was.
    """
    notebook = read_stored(path)
    text = as_text(fixed(notebook.raw))
    if text == notebook.text:
        return False
    write_whole(path, text.encode())
    return True


def fixed(raw: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook's content as it should be stored."""
    metadata = {
        key: value
        for key, value in raw.get("metadata", {}).items()
        if not is_left_by_run(raw["metadata"], key)
    }
    taken: set[str] = set()
    kept = {cell.get("id") for cell in raw["cells"] if _is_good(cell.get("id"))}
    return {
        **raw,
        "cells": [_cell(cell, at, kept, taken) for at, cell in enumerate(raw["cells"], 1)],
        "metadata": {**metadata, "kernelspec": KERNEL, "language_info": LANGUAGE},
        "nbformat": VERSION[0],
        "nbformat_minor": max(
            VERSION[1], raw.get("nbformat_minor", 0) if raw.get("nbformat") == VERSION[0] else 0
        ),
    }


def _cell(
    cell: dict[str, Any], number: int, kept: set[str | None], taken: set[str]
) -> dict[str, Any]:
    metadata = {
        key: value for key, value in cell.get("metadata", {}).items() if key not in RUN_METADATA
    }
    name = cell.get("id")
    if not isinstance(name, str) or not _is_good(name) or name in taken:
        name = _new_id(cell, number, kept, taken)
    taken.add(name)
    stripped: dict[str, Any] = (
        {"execution_count": None, "outputs": []} if cell.get("cell_type") == "code" else {}
    )
    return {**cell, "id": name, "metadata": metadata, **stripped}


def _is_good(name: object) -> bool:
    return isinstance(name, str) and is_id(name) and not is_random(name)


def _new_id(cell: dict[str, Any], number: int, kept: set[str | None], taken: set[str]) -> str:
    source = cell.get("source", "")
    lines = (source if isinstance(source, str) else "".join(source)).strip().splitlines()
    words = (
        _NO_WORDS.sub("-", _TARGET.sub("", lines[0]).lower()).strip("-")[:_LONGEST_ID].rstrip("-")
        if lines
        else ""
    )
    name = base = words if _is_good(words) else f"cell-{number:02}"
    while name in taken or name in kept:
        name, number = f"{base}-{number:02}", number + 1
    return name

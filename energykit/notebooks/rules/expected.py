"""Expectations beside a notebook name cells that it has: tools that rewrite it lose their ids."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from energykit.notebooks.rules.stored import is_random

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from energykit.notebooks.rules.finding import Finding, StoredNotebook

__all__ = ["EXPECTED_RULES", "check_expected"]

EXPECTED_RULES = frozenset({"expectations"})
_SHOWN = 3


def check_expected(notebook: StoredNotebook) -> Iterator[Finding]:
    """Yield the files of expectations that name cells which the notebook does not have."""
    ids = {cell.id for cell in notebook.code}
    for file in sorted(notebook.path.parent.glob(f"{notebook.path.stem}*.expected.json")):
        missing = sorted(_named_cells(file) - ids) if _is_of(file, notebook.path) else []
        if missing:
            more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
            names = ", ".join(map(repr, missing[:_SHOWN]))
            what = f"{file.name} names cells that are not there: {names}{more}"
            yield notebook.finding("expectations", f"{what}; {_cause(ids)}", _HINT)


_HINT = "restore the ids, or `energykit notebooks bless` it again"


def _is_of(file: Path, notebook: Path) -> bool:
    """Return whether a file is a notebook's own, or that of one of its parameter sets."""
    rest = file.name.removesuffix(".expected.json").removeprefix(notebook.stem)
    return rest == "" or (rest.startswith(".") and "." not in rest[1:])


def _named_cells(file: Path) -> set[str]:
    try:
        plain: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        records = [record["cell"] for record in plain["records"].values()]
        return {*records, *(figure["cell"] for figure in plain["figures"])} - {""}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return set()  # the run says so


def _cause(ids: set[str]) -> str:
    """Return how the ids were probably lost."""
    if not ids - {""}:
        return "its cells have no ids, as in formats before 4.5"
    if all(name.isdecimal() for name in ids):
        return "its ids are numbers, as nbstripout writes them without --keep-id"
    if any(is_random(name) for name in ids):
        return "its ids look random, as editors and jupytext draw them for new cells"
    return "its cells were renamed or removed"

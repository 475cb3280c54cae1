"""Parameters of a notebook: known by name, typed by their defaults, set in a cell of their own."""

from __future__ import annotations

import ast
import json
import math
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.errors import MissingPackageError, UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["TAG", "defaults_of", "parse_value", "read_parameters", "read_sets", "with_parameters"]

_SET_NAME = re.compile(r"[A-Za-z0-9_-]+")
TAG = "parameters"
"""Tag of the cell that holds the defaults, as papermill has it."""


def defaults_of(notebook: Any, *, where: str = "") -> dict[str, Any] | None:
    """Return the defaults in the cell tagged ``parameters``; None where there is no such cell.

    Only plain assignments of literals count, with or without an annotation; anything else in the
    cell cannot be set from outside.

    Raises
    ------
    energykit.errors.UsageError
        The cell is no plain Python.
    """
    cell = _cell(notebook)
    if cell is None:
        return None
    try:
        nodes = ast.parse(cell["source"]).body
    except SyntaxError as exc:
        hint = "plain assignments, name = value; a magic goes into another cell"
        what = f"line {exc.lineno} of the cell of parameters is no plain Python: {exc.msg}"
        raise UsageError(what, where=where, hint=hint) from exc
    found = {}
    for node in nodes:
        target = node.target if isinstance(node, ast.AnnAssign) else _only_target(node)
        if (
            isinstance(target, ast.Name)
            and isinstance(node, (ast.Assign, ast.AnnAssign))
            and node.value
        ):
            with suppress(ValueError):
                found[target.id] = ast.literal_eval(node.value)
    return found


def _only_target(node: ast.stmt) -> ast.expr | None:
    return node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None


def with_parameters(notebook: Any, given: Mapping[str, Any], *, where: str) -> Any:
    """Set parameters in a notebook: a cell behind the defaults.

    Raises
    ------
    energykit.errors.UsageError
        The notebook has no parameters, not this one, or its default is of another type.
    """
    if not given:
        return notebook
    import nbformat  # optional

    known = defaults_of(notebook, where=where)
    if known is None:
        hint = f"tag the cell with the defaults {TAG!r}"
        raise UsageError("the notebook has no cell of parameters", where=where, hint=hint)
    for name, value in given.items():
        _check(name, value, known, where)
    lines = "\n".join(f"{name} = {_literal(value)}" for name, value in given.items())
    cell = nbformat.v4.new_code_cell(
        f"# set from outside\n{lines}", metadata={"tags": ["injected-parameters"]}
    )
    at = notebook.cells.index(_cell(notebook))
    notebook.cells.insert(at + 1, cell)
    return notebook


def _cell(notebook: Any) -> Any:
    return next((cell for cell in notebook.cells if TAG in cell.metadata.get("tags", [])), None)


def _check(name: str, value: Any, known: Mapping[str, Any], where: str) -> None:
    if name not in known:
        raise UsageError(
            f"the notebook has no parameter {name!r}", where=where, hint=nearest(name, known)
        )
    if not _is_plain(value):
        hint = "numbers, text, true, false, null, lists, and objects with names; in YAML, a date in quotes"
        raise UsageError(f"{name} = {value!r} is no value of JSON", where=where, hint=hint)
    default = known[name]
    is_whole_for_real = type(default) is float and type(value) is int
    if default is not None and type(value) is not type(default) and not is_whole_for_real:
        hint = f"its default is {default!r}"
        raise UsageError(
            f"{name} = {value!r} is no {type(default).__name__}", where=where, hint=hint
        )


def _is_plain(value: Any) -> bool:
    """Return whether JSON has a value as it is: the command that repeats a run could not write another."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(one) for key, one in value.items())
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return value is None or type(value) in {bool, int, float, str}


def _literal(value: Any) -> str:
    """Return a value as Python writes it; numbers for which it has no literal, too."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {_literal(one)}' for key, one in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    is_number = isinstance(value, float) and not math.isfinite(value)
    return f"float({str(value)!r})" if is_number else repr(value)


def parse_value(text: str) -> Any:
    """Return a value as JSON has it; text that is no JSON is text. ``007`` stays text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def read_parameters(path: Path | str) -> dict[str, Any]:
    """Return the parameters in a JSON or YAML file.

    Raises
    ------
    energykit.errors.UsageError
        The file cannot be read, or holds no object.
    energykit.errors.MissingPackageError
        PyYAML is not installed.
    """
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8")
        found = json.loads(text) if file.suffix == ".json" else _yaml(text)
    except (OSError, ValueError) as exc:
        raise UsageError(
            f"cannot be read: {exc}", where=str(file), hint="JSON or YAML, an object"
        ) from exc
    if not isinstance(found, dict):
        raise UsageError(
            "holds no object of parameters", where=str(file), hint='write {"name": value}'
        )
    return found


def read_sets(path: Path | str) -> dict[str, dict[str, Any]]:
    """Return the parameter sets in a JSON or YAML file, by name; a file with one set has no name for it.

    Several stand under ``sets``: ``{"sets": {"small": {"count": 3}, "large": {"count": 300}}}``.

    Raises
    ------
    energykit.errors.UsageError
        The file cannot be read, or a set is no object or has a name that no file could have.
    energykit.errors.MissingPackageError
        PyYAML is not installed.
    """
    found = read_parameters(path)
    if not isinstance(found.get("sets"), dict):
        return {"": found}
    hint = 'write {"sets": {"small": {"name": value}}}'
    if len(found) > 1 or not found["sets"]:
        raise UsageError("holds no sets, or more than sets", where=str(path), hint=hint)
    for name, values in found["sets"].items():
        if not (isinstance(name, str) and _SET_NAME.fullmatch(name) and isinstance(values, dict)):
            hint = "a name of letters, digits, '-' and '_', and an object of parameters"
            raise UsageError(f"{name!r} is no parameter set", where=str(path), hint=hint)
    return dict(found["sets"])


def _yaml(text: str) -> Any:
    try:
        import yaml  # comes with the notebook packages
    except ImportError:
        raise MissingPackageError(
            "pyyaml", extra="notebooks", needed_for="a YAML file of parameters"
        ) from None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as exc:
        raise ValueError(str(exc)) from exc

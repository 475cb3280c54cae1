"""Values of parameters as command lines and files hold them: JSON, YAML, sets by name."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from energykit.errors import MissingPackageError, UsageError

__all__ = ["parse_value", "parse_yaml", "read_parameters", "read_sets"]

_SET_NAME = re.compile(r"[A-Za-z0-9_-]+")


def parse_value(text: str) -> Any:
    """Return a value as JSON has it; text that is not JSON is text. ``007`` stays text."""
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
        found = json.loads(text) if file.suffix == ".json" else parse_yaml(text)
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
    """Return the parameter sets in a JSON or YAML file, by name; the only set has none.

    Several stand under ``sets``: ``{"sets": {"small": {"count": 3}, "large": {"count": 300}}}``.

    Raises
    ------
    energykit.errors.UsageError
        The file cannot be read, or a set is not an object or has a name that no file could have.
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
            raise UsageError(f"{name!r} is not a parameter set", where=str(path), hint=hint)
    return dict(found["sets"])


def parse_yaml(text: str) -> Any:
    """Return the value in YAML text.

    Raises
    ------
    ValueError
        It is not YAML.
    energykit.errors.MissingPackageError
        PyYAML is not installed.
    """
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
